"""A swapped BERT, shipped: for AOTInductor with our kernels, as ONNX without them.

    pip install transformers onnxruntime 'torch-act[onnx]'
    python examples/serve.py

The model has random weights: nothing is downloaded.
"""

import tempfile
import warnings
from pathlib import Path

import onnxruntime
import torch
import torch_act
from torch_act.onnx import translation_table
from transformers import BertConfig, BertForSequenceClassification

warnings.simplefilter("ignore")  # those of the libraries about their own future
torch.manual_seed(0)
sizes = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
config = BertConfig(vocab_size=1000, intermediate_size=256, **sizes)
model = BertForSequenceClassification(config).eval()
print(torch_act.swap(model))


class Logits(torch.nn.Module):
    """Tokens to numbers: what is shipped takes and gives tensors."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, tokens):
        return self.model(tokens).logits


shipped = Logits(model)
tokens = (torch.randint(0, 1000, (2, 16)),)


def largest_difference(result):
    with torch.no_grad():
        return (torch.as_tensor(result) - shipped(*tokens)).abs().max().item()


def nodes(program):
    return [node.op_type for node in program.model.graph]


with tempfile.TemporaryDirectory() as folder, torch.no_grad():
    exported = torch.export.export(shipped, tokens)
    ours = {str(node.target) for node in exported.graph.nodes if "act." in str(node.target)}
    print("exported, with", ", ".join(sorted(ours)))
    package = torch._inductor.aoti_compile_and_package(
        exported, package_path=str(Path(folder, "bert.pt2"))
    )
    loaded = torch._inductor.aoti_load_package(package)
    print(f"AOTInductor: {largest_difference(loaded(*tokens)):.1e} from eager")

    table = translation_table()
    program = torch.onnx.export(
        shipped, tokens, dynamo=True, custom_translation_table=table, verbose=False
    )
    file = Path(folder, "bert.onnx")
    program.save(file)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    (logits,) = session.run(None, {session.get_inputs()[0].name: tokens[0].numpy()})
    print(f"onnxruntime: {largest_difference(logits):.1e} from eager")

    torch_act.unswap(model)
    plain = torch.onnx.export(
        shipped, tokens, dynamo=True, custom_translation_table=table, verbose=False
    )
    assert nodes(plain) == nodes(program)
    activations = [name for name in nodes(program) if name in ("Gelu", "Tanh")]
    print("ONNX, swapped and unswapped alike:", ", ".join(activations))
