"""The value of a gradient is that of its kernel, whether or not the gradient is differentiated."""

import pytest
import torch
from activations import FORMULAS, same_bits
from fused import activation_of
from operators import OVERLOADS, arguments
from torch.autograd import forward_ad

act = torch.ops.act
DTYPES = [torch.float32, torch.float64, torch.bfloat16]
# Every op that has a gradient: values, and backward ops, whose own gradients are of second order.
FUNCTIONS = [
    (overload, dtype)
    for overload in OVERLOADS
    if not any(argument.alias_info for argument in overload._schema.arguments)
    and not overload._schema.name.endswith(("philox_state", "_slope_bits"))
    for dtype in DTYPES[: 2 if "add_gumbel" in str(overload) else 3]  # takes no half types
]
FUSED = ("gated", "gated_pair", "bias_act")


def problem(overload, dtype, device):
    """The op as a function of its floating-point tensors, and those, large enough for a last bit to
    show; bits say how large the tensors are."""
    generator = torch.Generator().manual_seed(len(overload._schema.name))
    tensors, others = {}, {"input_dtype": dtype}
    positional, _ = arguments(overload)
    for value, argument in zip(positional, overload._schema.arguments, strict=False):
        if not isinstance(value, torch.Tensor):
            continue
        if not value.is_floating_point():
            others[argument.name] = value.to(device)
            continue
        if value.dim() == 2 and "_from_bits" not in overload._schema.name:
            value = 2 * torch.randn(64, value.shape[1], generator=generator)
        computed = argument.name == "slopes" and dtype.itemsize == 2
        tensors[argument.name] = value.to(device, torch.float32 if computed else dtype)

    def function(*values):
        torch.manual_seed(7)
        named = dict(zip(tensors, values, strict=True))
        positional, keywords = arguments(overload, **named, **others)
        return overload(*positional, **keywords)

    return function, list(tensors.values())


def gradients(function, tensors, create_graph):
    leaves = [tensor.detach().requires_grad_() for tensor in tensors]
    results = function(*leaves)
    results = results if isinstance(results, tuple) else (results,)
    outputs = [result for result in results if result.requires_grad]
    generator = torch.Generator().manual_seed(11)
    weights = [torch.randn(y.shape, generator=generator).to(y.device, y.dtype) for y in outputs]
    weights = [weight.requires_grad_(create_graph) for weight in weights]
    return torch.autograd.grad(
        outputs, leaves, weights, create_graph=create_graph, allow_unused=True
    )


def check(function, tensors):
    plain = gradients(function, tensors, create_graph=False)
    differentiable = gradients(function, tensors, create_graph=True)
    with forward_ad.dual_level():
        duals = [forward_ad.make_dual(t, torch.ones_like(t)) for t in tensors]
        under_forward = gradients(function, duals, create_graph=True)
        under_forward = [
            g if g is None else forward_ad.unpack_dual(g).primal for g in under_forward
        ]
    assert any(gradient is not None for gradient in plain)
    for one, *others in zip(plain, differentiable, under_forward, strict=True):
        for other in others:
            assert (one is None) == (other is None)
            assert one is None or same_bits(one, other.detach())


@pytest.mark.parametrize(("overload", "dtype"), FUNCTIONS, ids=str)
def test_every_op(overload, dtype, device):
    check(*problem(overload, dtype, device))


@pytest.mark.parametrize("name", FUSED)
@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_every_activation_of_the_fused_ops(case, name, device):
    keywords = activation_of(case)
    second = (6,) if name == "bias_act" else (64, 6)
    tensors = [2 * torch.randn(64, 6, device=device)]
    if name != "gated":
        tensors.append(torch.randn(second, device=device))
    check(lambda *t: getattr(act, name)(*t, **keywords), tensors)


@pytest.mark.parametrize("overload", dict.fromkeys(overload for overload, _ in FUNCTIONS), ids=str)
def test_what_is_saved_is_released(overload):
    """After the backward, so that no graph that is kept holds its tensors."""
    function, tensors = problem(overload, torch.float32, "cpu")
    results = function(*(tensor.requires_grad_() for tensor in tensors))
    (result, *_) = results if isinstance(results, tuple) else (results,)
    result.sum().backward()
    if overload.name() == "act::add_gumbel":  # saves nothing
        return result.sum().backward()
    with pytest.raises(RuntimeError, match="second time"):
        result.sum().backward()
