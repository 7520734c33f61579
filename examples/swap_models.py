"""Our activations in seven architectures: gradients, compiled code, and taken out again.

    pip install transformers timm
    python examples/swap_models.py

The models have random weights: nothing is downloaded. timm needs a torchvision that was built for
this torch; without it, its models are left out.
"""

import warnings
from collections.abc import Callable

import torch
import torch_act

warnings.simplefilter("ignore")  # those of the libraries about their own future
torch.set_num_threads(1)


def bert():
    from transformers import BertConfig, BertForSequenceClassification

    sizes = {"hidden_size": 128, "num_hidden_layers": 4, "num_attention_heads": 4}
    return BertForSequenceClassification(BertConfig(intermediate_size=512, **sizes))


def gpt2():
    from transformers import GPT2Config, GPT2LMHeadModel

    return GPT2LMHeadModel(GPT2Config(n_embd=128, n_layer=4, n_head=4, use_cache=False))


def llama():
    from transformers import LlamaConfig, LlamaForCausalLM

    sizes = {"hidden_size": 128, "num_hidden_layers": 4, "num_attention_heads": 4}
    return LlamaForCausalLM(LlamaConfig(intermediate_size=344, use_cache=False, **sizes))


def of_timm(name):
    import timm

    return timm.create_model(name)


TEXT, IMAGES = torch.randint(0, 1000, (2, 32)), torch.randn(2, 3, 224, 224)
MODELS: dict[str, tuple[Callable, torch.Tensor]] = {
    "BERT": (bert, TEXT),
    "GPT-2": (gpt2, TEXT),
    "Llama": (llama, TEXT),
    "ResNet-18": (lambda: of_timm("resnet18"), IMAGES),
    "ViT tiny": (lambda: of_timm("vit_tiny_patch16_224"), IMAGES),
    "MobileNetV3": (lambda: of_timm("mobilenetv3_small_100"), IMAGES),
    "EfficientNet-B0": (lambda: of_timm("efficientnet_b0"), IMAGES),
}


def step(model, inputs):
    """Output and gradients."""
    model.zero_grad()
    output = model(inputs)
    output = output if isinstance(output, torch.Tensor) else output.logits
    output.square().mean().backward()
    return output.detach(), [p.grad.clone() for p in model.parameters() if p.grad is not None]


def largest_difference(ours, theirs):
    """Relative to the largest element, as rounding errors of a whole network are."""
    pairs = zip(ours, theirs, strict=True)
    return max(((a - b).abs().max() / b.abs().max().clamp(min=1e-6)).item() for a, b in pairs)


def calls_of_ours(model, inputs):
    """How many of our operators are in the graphs that torch.compile makes of the model."""
    found = 0

    def backend(graph, _):
        nonlocal found
        found += sum(str(node.target).startswith("act.") for node in graph.graph.nodes)
        return graph

    torch._dynamo.reset()
    with torch.no_grad():
        torch.compile(model, backend=backend)(inputs)
    return found


print("model            swapped  left  output    gradients  active    compiled: ops of ours")
for name, (build, inputs) in MODELS.items():
    torch.manual_seed(0)
    try:
        model = build().eval()
    except (ImportError, RuntimeError) as missing:
        print(f"{name:15}  cannot be imported: {missing}")
        continue
    value, gradients = step(model, inputs)
    with torch_act.active():  # the model as it is: what it calls in torch.nn.functional is ours
        routed, _ = step(model, inputs)
    report = torch_act.swap(model)
    ours, our_gradients = step(model, inputs)
    compiled = calls_of_ours(model, inputs)
    torch_act.unswap(model)
    assert torch.equal(step(model, inputs)[0], value)
    print(
        f"{name:15}  {len(report.exchanged):7}  {len(report.left):4}",
        f"{largest_difference([ours], [value]):8.1e}",
        f"{largest_difference(our_gradients, gradients):9.1e}",
        f"{largest_difference([routed], [value]):8.1e}",
        compiled,
        sep="  ",
    )
print("each gives what it gave before, to the bit, once ours are taken out again")
