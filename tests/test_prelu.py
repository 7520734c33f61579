"""prelu: one weight or one for each channel, and the weight's gradient from the same pass."""

import math

import numpy as np
import pytest
import torch
from activations import COMPUTED_IN, DTYPES, same_bits
from layouts import OF_CHANNELS

prelu, prelu_backward = torch.ops.act.prelu, torch.ops.act.prelu_backward

# The second size is the channel count; 5 appears twice on purpose: indexing the wrong dimension
# must show.
SHAPES = [
    (4, 5),
    (3, 5, 5),
    (2, 5, 3, 4),
    (2, 3, 5, 4, 3),
    (1, 5, 1, 1),
    (300, 7),
    (2, 64, 9, 11),
    (7, 1, 33),
]


def _problem(shape, weights, device, dtype=torch.float32):
    wide = COMPUTED_IN[dtype]
    x, g = torch.randn(2, *shape, dtype=wide, device=device).to(dtype)
    weight = torch.linspace(-0.5, 1.75, weights, dtype=wide, device=device).to(dtype)
    return x, g, weight


def _along_channels(weight, x):
    return (
        weight.view(1, -1, *[1] * (x.dim() - 2)) if x.dim() > 1 and weight.numel() > 1 else weight
    )


def _exact_weight_gradient(g, x, weight):
    """The sums of g·x over x ≤ 0, rounded once to float64, and those of the terms' magnitudes."""
    terms = torch.where(x > 0, 0, g.double() * x.double())
    channels = terms.transpose(0, 1).flatten(1) if weight.numel() > 1 else terms.reshape(1, -1)
    sums = [math.fsum(row) for row in channels.tolist()]
    return np.array(sums), channels.abs().sum(1).cpu().numpy()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("per_channel", [False, True], ids=["one weight", "per channel"])
def test_value_and_gradients(shape, per_channel, dtype, device):
    x, g, weight = _problem(shape, shape[1] if per_channel else 1, device, dtype)
    wide = COMPUTED_IN[dtype]
    slope = _along_channels(weight, x).to(wide)
    positive = x > 0
    assert same_bits(
        prelu(x, weight), torch.where(positive, x.to(wide), x.to(wide) * slope).to(dtype)
    )

    grad_input, grad_weight = prelu_backward(g, x, weight)
    assert same_bits(
        grad_input + 0, torch.where(positive, g.to(wide), g.to(wide) * slope).to(dtype) + 0
    )
    exact, magnitude = _exact_weight_gradient(g, x, weight)
    assert grad_weight.shape == weight.shape
    assert grad_weight.dtype == dtype
    off = np.abs(grad_weight.double().cpu().numpy() - exact)
    # Summed in double and rounded once; the sums of float64 tensors carry their own rounding
    # errors.
    assert (off <= torch.finfo(dtype).eps * np.abs(exact) + 1e-14 * magnitude).all()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_is_close_to_torch(shape, dtype, device):
    for weights in (1, shape[1]):
        x, g, weight = _problem(shape, weights, device, dtype)
        results = []
        for function in (prelu, torch.nn.functional.prelu):
            leaves = x.clone().requires_grad_(), weight.clone().requires_grad_()
            value = function(*leaves)
            results.append((value.detach(), *torch.autograd.grad(value, leaves, g)))
        ours, theirs = results
        assert same_bits(ours[0], theirs[0])
        assert same_bits(ours[1] + 0, theirs[1] + 0)
        # torch sums rounded products: compared with the size of the terms.
        tolerance = 4 * torch.finfo(dtype).eps * (g * x).abs().double().sum().item()
        assert torch.allclose(ours[2].double(), theirs[2].double(), rtol=0, atol=tolerance)


@pytest.mark.parametrize("shape", [(), (0,), (6,), (0, 5), (3, 5, 0)], ids=str)
def test_few_dimensions_and_empty(shape, device):
    x = torch.randn(shape, device=device)
    for weight in (torch.tensor([0.25], device=device), torch.tensor(0.25, device=device)):
        value = prelu(x, weight)
        assert same_bits(value, torch.where(x > 0, x, 0.25 * x))
        grad_input, grad_weight = prelu_backward(torch.ones_like(x), x, weight)
        assert grad_input.shape == x.shape
        assert grad_weight.shape == weight.shape
        assert torch.allclose(grad_weight, x.clamp_max(0).sum().reshape(weight.shape))
    if len(shape) > 1:
        grad_input, grad_weight = prelu_backward(
            torch.ones_like(x), x, torch.rand(5, device=device)
        )
        assert grad_input.shape == x.shape
        assert torch.equal(grad_weight, torch.zeros(5, device=device))


LAYOUTS = {
    **OF_CHANNELS,
    "expanded channels": lambda x: x[:, :1].expand(-1, 6, -1, -1),
}


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("weights", [1, 6])
def test_layouts(layout, weights, dtype, device):
    x, g, weight = _problem((3, 6, 8, 9), weights, device, dtype)
    weight = torch.stack([weight, weight * 3], 1)[:, 0]  # strided weights, too
    x, g = LAYOUTS[layout](x), LAYOUTS[layout](g)
    value, (grad_input, grad_weight) = prelu(x, weight), prelu_backward(g, x, weight)
    plain = prelu_backward(g.contiguous(), x.contiguous(), weight.clone())
    assert same_bits(value, prelu(x.contiguous(), weight.clone()))
    assert same_bits(grad_input, plain[0])
    assert value.stride() == grad_input.stride() == torch.empty_like(x).stride()
    exact, magnitude = _exact_weight_gradient(g, x, weight)
    off = np.abs(grad_weight.double().cpu().numpy() - exact)
    assert (off <= torch.finfo(dtype).eps * np.abs(exact) + 1e-14 * magnitude).all()


def test_variants(device):
    x, _, weight = _problem((4, 5, 6), 5, device)
    expected = prelu(x, weight)
    assert same_bits(prelu(x, weight, out=torch.empty_like(x)), expected)
    assert same_bits(torch.ops.act.prelu_(x.clone(), weight), expected)
    with pytest.raises(RuntimeError, match=r"overlap|single memory location"):
        torch.ops.act.prelu_(torch.randn(3, 1, device=device).expand(3, 5), weight)


@pytest.mark.parametrize("shape", [(6,), (4, 3), (2, 3, 4), (2, 3, 2, 2)], ids=str)
@pytest.mark.parametrize("per_channel", [False, True], ids=["one weight", "per channel"])
def test_gradcheck(shape, per_channel, device):
    x = torch.randn(shape, dtype=torch.float64, device=device)
    x = torch.where(x.abs() < 0.1, x + 0.3, x).requires_grad_()
    channels = shape[1] if per_channel and len(shape) > 1 else 1
    weight = torch.linspace(
        -0.4, 0.9, channels, dtype=torch.float64, device=device
    ).requires_grad_()
    for function in (prelu, lambda x, w: torch.ops.act.prelu_(x.clone(), w)):
        assert torch.autograd.gradcheck(function, (x, weight), check_forward_ad=True)
        assert torch.autograd.gradgradcheck(function, (x, weight))


@pytest.mark.parametrize("which", [0, 1])
def test_one_gradient_alone(which, device):
    x, g, weight = _problem((4, 5), 5, device)
    both = prelu_backward(g, x, weight)
    inputs = [x, weight]
    inputs[which].requires_grad_()
    assert same_bits(torch.autograd.grad(prelu(*inputs), inputs[which], g)[0] + 0, both[which] + 0)


def test_special_numbers(device):
    x = torch.tensor([math.nan, math.inf, -math.inf, 0.0, -0.0, -2.0], device=device)
    half = torch.tensor([0.5], device=device)
    expected = torch.tensor([math.nan, math.inf, -math.inf, 0, -0.0, -1], device=device)
    assert same_bits(prelu(x, half), expected)
    at_zero_slope = prelu(x, torch.tensor([0.0], device=device))
    assert at_zero_slope[0].isnan()
    assert at_zero_slope[1:].tolist() == [math.inf, 0, 0, 0, 0]
    grad_input, _ = prelu_backward(torch.ones_like(x), x, half)
    assert grad_input[0].isnan()
    assert grad_input[1:].tolist() == [1, 0.5, 0.5, 0.5, 0.5]
    assert prelu(x, torch.tensor([math.nan], device=device))[[0, 2, 5]].isnan().all()
    assert prelu_backward(torch.ones_like(x), x, half)[1].isnan().all()
    assert prelu_backward(torch.ones_like(x[1:3]), x[1:3], half)[1].item() == -math.inf


@pytest.mark.parametrize("meta", [False, True], ids=["real", "meta"])
def test_errors(meta, device):
    device = "meta" if meta else device
    x, g = torch.randn(2, 4, 5, device=device)

    def raises(call, *texts):
        with pytest.raises(RuntimeError) as caught:
            call()
        assert "act::prelu" in str(caught.value)
        assert all(text in str(caught.value) for text in texts), str(caught.value)

    for weight, texts in (
        (torch.rand(3, device=device), ("5", "3", "[4, 5]")),
        (torch.rand(4, device=device), ("5", "4")),  # as many as rows: still wrong
        (torch.rand(1, 5, device=device), ("[1, 5]",)),
        (torch.rand(5, dtype=torch.float64, device=device), ("Float", "Double")),
        (torch.ones(5, dtype=torch.int32, device=device), ("Float", "Int")),
    ):
        raises(lambda weight=weight: prelu(x, weight), *texts)
        raises(lambda weight=weight: prelu_backward(g, x, weight), *texts)
        raises(lambda weight=weight: torch.ops.act.prelu_(x, weight), *texts)
    raises(lambda: prelu(torch.randn(5, device=device), torch.rand(5, device=device)), "5")
    raises(
        lambda: prelu(
            torch.ones(4, 5, dtype=torch.int64, device=device), torch.rand(5, device=device)
        ),
        "Long",
    )
    raises(lambda: prelu_backward(g[:2], x, torch.rand(5, device=device)), "grad_output")
    raises(
        lambda: prelu_backward(g.double(), x, torch.rand(5, device=device)), "grad_output", "Double"
    )


@pytest.mark.parametrize("layout", ["expanded", "every second", "offset"])
def test_weight_of_any_layout(layout, device):
    """Its elements are told apart by address inside the kernel: an expanded weight has only one."""
    weight = {
        "expanded": torch.tensor([0.25], device=device).expand(3),
        "every second": torch.tensor([0.1, 9.0, 0.2, 9.0, 0.3, 9.0], device=device)[::2],
        "offset": torch.tensor([9.0, 0.1, 0.2, 0.3], device=device)[1:],
    }[layout]
    x, g = torch.randn(5, 3, 4, device=device), torch.randn(5, 3, 4, device=device)
    for memory in (x, x.transpose(0, 1).contiguous().transpose(0, 1)):
        ours = torch.ops.act.prelu_backward(g, memory, weight)
        expected = torch.ops.act.prelu_backward(g, memory, weight.contiguous())
        assert torch.equal(ours[0], expected[0])
        assert torch.equal(ours[1], expected[1])
        theirs = (g * memory.clamp(max=0)).sum((0, 2))
        torch.testing.assert_close(ours[1], theirs)


# Long enough rows are computed with their one weight as a number; 64 to 256 of them, by dtype.
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("columns", [1, 31, 64, 100, 256, 1024, 1025, 5000])
def test_rows_of_one_weight(columns, dtype, device):
    weight = torch.tensor([0.25, 0, -0.0, -1.5, math.inf, math.nan], dtype=dtype, device=device)
    x = torch.randn(2, len(weight), columns, dtype=COMPUTED_IN[dtype], device=device).to(dtype)
    special = torch.tensor([math.nan, math.inf, -math.inf, 0.0, -0.0], dtype=dtype, device=device)
    third = x.view(-1)[::3]
    third.copy_(special.repeat(len(third))[: len(third)])
    wide = torch.stack((x, x), -1)
    for input in (x, wide[..., 0]):
        of_channels = [prelu(x[:, c], weight[c]) for c in range(len(weight))]
        result = prelu(input, weight)
        assert same_bits(result, torch.stack(of_channels, 1))
        target = input.clone(memory_format=torch.preserve_format)
        assert same_bits(torch.ops.act.prelu_(target, weight), result)
    assert torch.ops.act.prelu_(wide[..., 0], weight).data_ptr() == wide.data_ptr()
    assert same_bits(wide[..., 0].contiguous(), result)
    assert same_bits(wide[..., 1].contiguous(), x)
