"""swap, compare and active on architectures of transformers, diffusers and timm, without weights.

The libraries are no requirements: where one is missing, its tests are skipped. timm needs a
torchvision that was built for this torch.
"""

import copy
import importlib
import inspect
import pickle

import pytest
import torch
import torch_act
from torch_act.swapping.correspondences import NAMED

pytestmark = [
    # Of the libraries and of torch's compiler, at their imports.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


def library(name):
    """The module, or a skip that says what is missing."""
    try:
        return importlib.import_module(name)
    except (ImportError, RuntimeError) as error:  # torchvision for another torch: a RuntimeError
        pytest.skip(f"{name} cannot be imported: {error}")


def bert():
    transformers = library("transformers")
    config = transformers.BertConfig(
        vocab_size=99,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
    )
    model = transformers.BertForSequenceClassification(config)
    return model, {"input_ids": tokens()}, {"GELUActivation": 2, "Tanh": 1}


def gpt2():
    transformers = library("transformers")
    config = transformers.GPT2Config(
        vocab_size=99, n_embd=32, n_layer=2, n_head=2, bos_token_id=1, eos_token_id=2
    )
    model = transformers.GPT2LMHeadModel(config)
    return model, {"input_ids": tokens(), "use_cache": False}, {"NewGELUActivation": 2}


def llama():
    transformers = library("transformers")
    config = transformers.LlamaConfig(
        vocab_size=99,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
    )
    model = transformers.LlamaForCausalLM(config)
    return model, {"input_ids": tokens(), "use_cache": False}, {"SiLUActivation": 2}


def feed_forward():
    attention = library("diffusers.models.attention")
    kinds = ["gelu", "gelu-approximate", "geglu", "swiglu", "linear-silu"]
    blocks = [attention.FeedForward(32, activation_fn=kind) for kind in kinds]
    model = torch.nn.Sequential(*blocks)
    expected = {"GELU": 2, "GEGLU": 1, "SiLU": 2}
    return model, {"input": torch.randn(2, 5, 32)}, expected


def _timm(name, expected, **arguments):
    model = library("timm").create_model(name, num_classes=7, **arguments)
    return model, {"x": torch.randn(2, 3, 64, 64)}, expected


def resnet():
    return _timm("resnet18", {"ReLU": 17})


def vit():
    arguments = {"img_size": 64, "embed_dim": 48, "num_heads": 3, "depth": 3}
    return _timm("vit_tiny_patch16_224", {"GELU": 3}, **arguments)


def mobilenet():
    return _timm("mobilenetv3_small_050", {"Hardswish": 19, "ReLU": 14, "Hardsigmoid": 9})


def efficientnet():
    return _timm("efficientnet_b0", {"SiLU": 49, "Sigmoid": 16})


ARCHITECTURES = [bert, gpt2, llama, feed_forward, resnet, vit, mobilenet, efficientnet]


def tokens():
    return torch.randint(0, 99, (2, 9), generator=torch.Generator().manual_seed(1))


def build(architecture):
    torch.manual_seed(0)
    model, inputs, expected = architecture()
    # Without dropout and the like, which would draw differently in a copy.
    return model.eval(), inputs, expected


def result(model, inputs):
    output = model(**inputs)
    return output if isinstance(output, torch.Tensor) else output["logits"]


def gradients(model, inputs):
    model.zero_grad()
    result(model, inputs).square().mean().backward()
    return {name: p.grad for name, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_architecture(architecture):
    """Swapped is what is expected; forward, backward, a copy and compiled code agree."""
    model, inputs, expected = build(architecture)
    value, grads = result(model, inputs).detach(), gradients(model, inputs)
    kinds = {name: type(module) for name, module in model.named_modules()}
    keys = list(model.state_dict())
    report = torch_act.swap(model)
    counts = {}
    for exchange in report.exchanged:
        kind = exchange.was.rpartition(".")[2]
        counts[kind] = counts.get(kind, 0) + 1
    assert counts == expected
    assert report.left == []
    assert list(model.state_dict()) == keys

    ours = result(model, inputs).detach()
    torch.testing.assert_close(ours, value, rtol=1e-3, atol=1e-5)
    new = gradients(model, inputs)
    assert new.keys() == grads.keys()
    for name, grad in new.items():
        scale = grads[name].abs().max().item()
        torch.testing.assert_close(grad, grads[name], rtol=1e-3, atol=1e-3 * scale + 1e-7)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert torch.equal(result(twin, inputs), ours)
        torch_act.unswap(twin)
        assert {name: type(module) for name, module in twin.named_modules()} == kinds

    torch_act.unswap(model)
    assert {name: type(module) for name, module in model.named_modules()} == kinds
    assert torch.equal(result(model, inputs), value)


@pytest.mark.parametrize("architecture", [bert, gpt2, llama, feed_forward, vit, mobilenet])
def test_compiled(architecture):
    """In the compiled graphs are our ops, and the numbers are those without compilation."""
    model, inputs, _ = build(architecture)
    torch_act.swap(model)
    ops = []

    def backend(graph, example):
        ops.extend(str(node.target) for node in graph.graph.nodes)
        return graph

    torch._dynamo.reset()
    compiled = torch.compile(model, backend=backend)
    torch.testing.assert_close(result(compiled, inputs), result(model, inputs))
    assert any(op.startswith("act.") for op in ops)
    assert not any(
        f"function {name}>" in op for op in ops for name in ("gelu", "silu", "hardswish")
    )
    torch._dynamo.reset()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_compare(architecture, capsys):
    model, inputs, expected = build(architecture)
    table = torch_act.compare(model, **inputs)
    assert len(table.modules) == sum(expected.values())
    assert table.model.difference < 1e-3
    for row in table.modules:
        assert row.saved_bytes[1] <= row.saved_bytes[0]
    assert table.model.saved_bytes[1] <= table.model.saved_bytes[0]
    assert str(table) in capsys.readouterr().out


@pytest.mark.parametrize("architecture", [bert, gpt2, llama, feed_forward, vit, mobilenet])
def test_active(architecture):
    """What F is called for in unchanged models: close to torch, and in the trace ours."""
    model, inputs, _ = build(architecture)
    value = result(model, inputs)
    with torch_act.active(), torch.profiler.profile() as profile:
        ours = result(model, inputs)
    torch.testing.assert_close(ours, value, rtol=1e-3, atol=1e-5)
    assert any(event.key.startswith("act::") for event in profile.key_averages())


@pytest.mark.parametrize("name", NAMED)
def test_named_class_exists(name):
    """A typo in the table would go unnoticed: the class would be left."""
    module, _, kind = name.rpartition(".")
    library(name.partition(".")[0])
    found = getattr(library(module), kind)
    assert f"{found.__module__}.{found.__qualname__}" == name or found.__name__ == "GELUTanh"


def _arguments(kind):
    """Of the constructor: widths, where it asks for any."""
    if kind.__name__ == "ClippedGELUActivation":
        return (-10, 10)
    parameters = inspect.signature(kind).parameters.values()
    return [8 for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]


@pytest.mark.parametrize("name", [name for name, entry in NAMED.items() if entry.replacement()])
def test_named_class_computes_the_same(name):
    """In float64, where the two ways to write a formula differ least."""
    module, _, kind = name.rpartition(".")
    library(name.partition(".")[0])
    kind = getattr(library(module), kind)
    theirs = kind(*_arguments(kind)).double().eval()
    torch.manual_seed(0)
    for parameter in theirs.parameters():  # as after training: frequency and magnitude differ
        torch.nn.init.uniform_(parameter, 0.5, 1.5)
    x = torch.randn(125, 8, 8, dtype=torch.float64, requires_grad=True)

    def value_and_gradients():
        y = theirs(x * 3)
        return y.detach(), *torch.autograd.grad(y.square().sum(), [x, *theirs.parameters()])

    before = value_and_gradients()
    assert torch_act.swap(theirs).exchanged
    tolerance = {"FP32SiLU": 1e-6, "BloomGelu": 1e-7}.get(kind.__name__, 1e-10)
    for one, other in zip(value_and_gradients(), before, strict=True):
        torch.testing.assert_close(one, other, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(
    "kind", ["Sigmoid", "Tanh", "Swish", "HardSwish", "HardSigmoid", "HardMish"]
)
def test_in_place_stays_in_place(kind):
    activations = library("timm.layers.activations")
    module = getattr(activations, kind)(inplace=True)
    torch_act.swap(module)
    x = torch.randn(5)
    y = module(x)
    assert y.data_ptr() == x.data_ptr()


@pytest.mark.parametrize(
    "name",
    [
        *("swish", "mish", "sigmoid", "tanh", "gelu", "gelu_tanh", "quick_gelu"),
        *("hard_swish", "hard_sigmoid", "hard_mish"),
    ],
)
@pytest.mark.parametrize("inplace", [True, False])
def test_functions_of_timm(name, inplace):
    module = torch.nn.Module()
    theirs = module.act = getattr(library("timm.layers.activations"), name)
    assert torch_act.swap(module).names == {"act"}
    assert module.act is not theirs
    x = torch.randn(100)
    one, other = x.clone(), x.clone()
    torch.testing.assert_close(module.act(one, inplace=inplace), theirs(other, inplace=inplace))
    torch.testing.assert_close(one, other)


@pytest.mark.parametrize(
    "name", ["swish_me", "mish_me", "hard_swish_me", "hard_sigmoid_me", "hard_mish_me"]
)
def test_functions_of_timm_with_autograd_of_their_own(name):
    module = torch.nn.Module()
    theirs = module.act = getattr(library("timm.layers.activations_me"), name)
    assert torch_act.swap(module).names == {"act"}
    x = torch.randn(100, requires_grad=True)
    for function in (lambda y: y, lambda y: torch.autograd.grad(y.sum(), x)[0]):
        torch.testing.assert_close(function(module.act(x)), function(theirs(x)))


NOT_OURS = {"linear", "sqrtsoftplus"}


def test_every_name_of_act2fn():
    """Swapped, or left with a reason: none is overlooked."""
    activations = library("transformers.activations")
    for name in activations.ACT2CLS:
        report = torch_act.swap(activations.ACT2FN[name])
        assert len(report.exchanged) + len(report.left) == 1, name
        assert bool(report.left) == (name in NOT_OURS), name
