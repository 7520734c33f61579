"""rrelu: a fixed slope in evaluation, in training a random one for each negative element."""

import math
from contextlib import nullcontext

import numpy as np
import pytest
import torch
import torch_act
from activations import COMPUTED_IN, DTYPES, FORMULAS, NUMPY, same_bits
from samples import sample
from torch_act.accuracy.ulp import error

rrelu = torch.ops.act.rrelu


def _train(x, lower=1 / 8, upper=1 / 3, **keywords):
    return rrelu(x, lower, upper, True, **keywords)


def _generator_state(device):
    return torch.cuda.get_rng_state(device) if "cuda" in device else torch.get_rng_state()


def _slopes(size, lower, upper, device, dtype=torch.float32, seed=0):
    """The slopes themselves: what -1 becomes."""
    torch.manual_seed(seed)
    return -_train(torch.full((size,), -1.0, dtype=dtype, device=device), lower, upper)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("bounds", [(1 / 8, 1 / 3), (0.0, 0.0), (0.25, 0.25), (-0.5, 2.0)], ids=str)
def test_evaluation_uses_the_mean_slope(bounds, dtype, device):
    slope = (bounds[0] + bounds[1]) / 2
    kinked_at_0 = next(case for case in FORMULAS if case.name == "leaky_relu")
    points = sample(kinked_at_0, COMPUTED_IN[dtype])
    x = torch.from_numpy(points).to(device, dtype)
    x = x[x.isfinite()]
    result = rrelu(x, *bounds).double().cpu().numpy()
    inputs = x.double().cpu().numpy()
    exact = np.where(inputs > 0, inputs, inputs * slope)
    # The mean of two rounded bounds, times x: a unit each in the computing type, then half a unit
    # of the result.
    halves = dtype in (torch.bfloat16, torch.float16)
    assert error(result, exact, 0 * exact, dtype).max() <= (0.51 if halves else 2)
    assert same_bits(rrelu(x, *bounds), rrelu(x, *bounds, training=False))
    torch.manual_seed(1)
    state = _generator_state(device)
    rrelu(x, *bounds)
    assert torch.equal(_generator_state(device), state), "evaluation must not draw random numbers"


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_training(dtype, device):
    x = torch.randn(40_000, dtype=COMPUTED_IN[dtype], device=device).to(dtype)
    lower, upper = 0.1, 0.6
    y = _train(x, lower, upper)
    assert y.dtype == dtype
    assert same_bits(y[x > 0], x[x > 0])
    negative = x < 0
    slopes = (y.double() / x.double())[negative]
    slack = torch.finfo(dtype).eps
    normal = x[negative].abs() > 100 * torch.finfo(dtype).tiny
    assert (slopes[normal] >= lower * (1 - slack)).all()
    assert (slopes[normal] <= upper * (1 + slack)).all()
    assert len(slopes.unique()) > (100 if slack > 1e-3 else 10_000)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_distribution(dtype, device):
    lower, upper, size = -0.5, 1.5, 200_000
    slopes = _slopes(size, lower, upper, device, dtype).double()
    at_lower, below_upper = (NUMPY[dtype](b) for b in (lower, upper))
    assert (slopes >= at_lower).all()
    assert (slopes < below_upper).all()
    uniform = ((slopes - lower) / (upper - lower)).sort().values
    deviation = 1 / math.sqrt(12)
    assert abs(uniform.mean() - 0.5) < 5 * deviation / math.sqrt(size)
    assert abs(uniform.var() - deviation**2) < 5 * math.sqrt(1 / 180 / size)
    ranks = (torch.arange(size, dtype=torch.float64, device=device) + 0.5) / size
    assert (uniform - ranks).abs().max() < 2.0 / math.sqrt(size)  # Kolmogorov–Smirnov, p < 1e-3
    for lag in (1, 2, 3, 4, 8, 256):
        a, b = slopes[:-lag] - 0.5, slopes[lag:] - 0.5
        assert abs((a * b).mean() / slopes.var()) < 5 / math.sqrt(size)


def test_seed_and_generator(device):
    x = -torch.rand(1000, device=device)
    torch.manual_seed(3)
    first, second = _train(x), _train(x)
    torch.manual_seed(3)
    assert same_bits(_train(x), first)
    assert same_bits(_train(x), second)
    assert not same_bits(first, second), "each call draws anew"

    generator = torch.Generator(device).manual_seed(3)
    state = _generator_state(device)
    own, later = _train(x, generator=generator), _train(x, generator=generator)
    assert torch.equal(_generator_state(device), state), "the default generator must be left alone"
    assert same_bits(_train(x, generator=torch.Generator(device).manual_seed(3)), own)
    assert not same_bits(own, later)
    assert not same_bits(_train(x, generator=torch.Generator(device).manual_seed(4)), own)


def test_variants_draw_alike(device):
    x = torch.randn(500, device=device)
    torch.manual_seed(9)
    expected = _train(x)
    torch.manual_seed(9)
    y = x.clone()
    assert same_bits(torch.ops.act.rrelu_(y, 1 / 8, 1 / 3, True), expected)
    assert same_bits(y, expected)
    torch.manual_seed(9)
    out = torch.empty(500, device=device)
    assert rrelu(x, 1 / 8, 1 / 3, True, out=out) is out
    assert same_bits(out, expected)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_slopes_belong_to_elements_not_to_memory(dtype, device):
    """The element at a logical place gets the same slope in every layout."""
    x = torch.randn(4, 6, 10, 12, device=device).to(dtype)
    torch.manual_seed(2)
    expected = _train(x)
    wide = torch.zeros(4, 6, 10, 24, dtype=dtype, device=device)
    wide[..., ::2] = x
    for same in (
        x.to(memory_format=torch.channels_last),
        x.transpose(1, 3).contiguous().transpose(1, 3),
        wide[..., ::2],
        x.clone().flatten().view(4, 6, 10, 12),
    ):
        torch.manual_seed(2)
        result = _train(same)
        assert same_bits(result, expected)
        assert result.stride() == torch.empty_like(same).stride()
    torch.manual_seed(2)
    assert same_bits(_train(x.flatten()[:77]), expected.flatten()[:77]), (
        "nor do they depend on the length"
    )
    for size in (*range(20), 31, 32, 33, 63, 64, 65, 255, 256, 257, 1023, 1024, 1025):
        torch.manual_seed(2)
        assert same_bits(_train(x.flatten()[:size]), expected.flatten()[:size])


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_the_state_gives_the_slopes_on_every_device(dtype, device):
    """What a checkpoint or another device does with the same seed and offset."""
    x, g = torch.randn(2, 3, 1000, dtype=COMPUTED_IN[dtype]).to(dtype)
    there = x.to(device), g.to(device)
    for state in (
        torch.tensor([1234, 8]),
        torch.tensor([-(2**63), 2**63 - 1]),
        torch.tensor([[7, 0], [7, 1], [8, 2**40]]),  # one for each row
    ):
        value, gradient = _with_state(x, g, state)
        value_there, gradient_there = _with_state(*there, state.to(device))
        assert same_bits(value_there.cpu(), value)
        assert same_bits(gradient_there.cpu(), gradient)


def _with_state(x, g, state):
    act = torch.ops.act
    return act.rrelu_with_state(x, state, 0.1, 0.6), act.rrelu_backward(g, x, state, 0.1, 0.6)


@pytest.mark.parametrize("in_place", [False, True], ids=["out of place", "in place"])
@pytest.mark.parametrize("layout", ["contiguous", "channels_last", "sliced"])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("bounds", [(0.2, 0.9), (-0.5, 1.5)], ids=str)
def test_gradient_has_the_slopes_of_the_forward(bounds, dtype, layout, in_place, device):
    x = torch.randn(4, 6, 10, 12, dtype=COMPUTED_IN[dtype], device=device).to(dtype)
    if layout == "channels_last":
        x = x.to(memory_format=torch.channels_last)
    elif layout == "sliced":
        x = x[:, :, ::2, 1:]
    leaf = x.clone().requires_grad_()
    y = torch.ops.act.rrelu_(leaf * 1, *bounds, True) if in_place else _train(leaf, *bounds)
    g = torch.randn_like(x)
    (gradient,) = torch.autograd.grad(y, leaf, g)
    slopes = torch.where(x > 0, 1, y.detach().double() / x.double())
    off = (gradient.double() - g.double() * slopes).abs()
    # y and the gradient are each rounded once or twice, their ratio is off by as much.
    unit = 3 * torch.finfo(dtype).eps * (g.double() * slopes).abs() + 1e-4 * torch.finfo(dtype).eps
    tiny = x.abs() < 1e-3  # quotients of numbers that a half type cannot hold
    assert (off <= unit)[~tiny].all()


def test_gradcheck(device):
    x = torch.randn(40, dtype=torch.float64, device=device)
    x = torch.where(x.abs() < 0.1, x + 0.3, x).requires_grad_()

    def train(x):
        return _train(x, 0.2, 0.9, generator=torch.Generator(device).manual_seed(8))

    def train_in_place(x):
        return torch.ops.act.rrelu_(
            x.clone(), 0.2, 0.9, True, generator=torch.Generator(device).manual_seed(8)
        )

    for function in (
        train,
        train_in_place,
        lambda x: rrelu(x, 0.2, 0.9),
        lambda x: torch.ops.act.rrelu_(x * 1),
    ):
        assert torch.autograd.gradcheck(function, x, check_forward_ad=True)
        assert torch.autograd.gradgradcheck(function, x)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_equal_bounds_are_exact(dtype, device):
    x = torch.randn(1000, device=device).to(dtype)
    assert same_bits(_train(x, 0.25, 0.25), torch.ops.act.leaky_relu(x, 0.25))
    assert same_bits(rrelu(x, 0.25, 0.25), torch.ops.act.leaky_relu(x, 0.25))


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_special_numbers(dtype, training, device):
    for length in (1, 7, 40):
        for number in (math.nan, math.inf, -math.inf, 0.0, -0.0):
            x = torch.full((length,), number, dtype=dtype, requires_grad=True, device=device)
            y = rrelu(x, 0.25, 0.5, training)
            assert same_bits(y.detach(), x.detach())
            y.sum().backward()
            if math.isnan(number):
                assert x.grad.isnan().all()
            else:
                bounds = (1, 1) if number > 0 else (0.25, 0.5)
                assert ((x.grad >= bounds[0]) & (x.grad <= bounds[1])).all()
        zero_slope = rrelu(
            torch.full((length,), -math.inf, dtype=dtype, device=device), 0.0, 0.0, training
        )
        assert (zero_slope == 0).all()


def _saved(function):
    """The result, and the storages saved for its backward with their sizes."""
    kept = []  # a freed tensor's address could be given to the next
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t) or t, lambda t: t):
        result = function()
    return result, {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in kept}


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_saved_bytes(dtype, device):
    """Slopes in the type computed in, at most torch's bytes; a GPU draws again."""
    x = torch.randn(4096, dtype=COMPUTED_IN[dtype], device=device).to(dtype).requires_grad_()
    y, saved = _saved(lambda: _train(x))
    if "cuda" in device:
        assert saved.pop(x.data_ptr()) == x.nbytes
        assert list(saved.values()) == [16], "a seed and an offset"
    else:
        assert x.data_ptr() not in saved
        assert list(saved.values()) == [COMPUTED_IN[dtype].itemsize * 4096]
    for kind, tensor in (("input", x), ("output", y)):
        with torch_act.saved_as(kind):
            y, saved = _saved(lambda: _train(x))
        kept = y if kind == "output" else tensor
        assert saved.pop(kept.data_ptr()) == x.nbytes
        assert list(saved.values()) == [16]
    with torch_act.saved_as("output"):
        _, saved = _saved(lambda: _train(x, -0.5, 0.5))
    assert x.data_ptr() in saved, "a negative slope hides the input's sign"
    in_place, saved = _saved(lambda: torch.ops.act.rrelu_(x * 1, 0.1, 0.2, True))
    saved.pop(in_place.data_ptr())
    assert sum(saved.values()) == 16


SPECIAL = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1e-40, -1e-40, 3.0, -3.0]


@pytest.mark.parametrize("layout", ["contiguous", "channels_last", "sliced", "expanded"])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("bounds", [(0.2, 0.9), (-0.5, 1.5), (0.0, 0.0)], ids=str)
def test_slopes_give_the_gradient_of_drawing_again(bounds, dtype, layout, device):
    """To the bit, at every order, and the result is that of the op without slopes."""
    x = torch.randn(4, 6, 10, 12, dtype=COMPUTED_IN[dtype], device=device).to(dtype)
    x.view(-1)[: len(SPECIAL)] = torch.tensor(SPECIAL, dtype=dtype, device=device)
    g = torch.randn(4, 6, 10, 12, device=device).to(dtype)
    if layout == "channels_last":
        x = x.to(memory_format=torch.channels_last)
    elif layout == "sliced":
        x, g = x[:, :, ::2, 1:], g[:, :, ::2, 1:]
    elif layout == "expanded":
        x = x[:, :1].expand(4, 6, 10, 12)
    state = torch.ops.act.philox_state(x, generator=torch.Generator(device).manual_seed(3))
    y, slopes = torch.ops.act.rrelu_with_slopes(x, state, *bounds)
    assert slopes.dtype == COMPUTED_IN[dtype]
    assert slopes.stride() == y.stride() == torch.empty_like(x).stride()
    assert same_bits(y, torch.ops.act.rrelu_with_state(x, state, *bounds))
    again = torch.ops.act.rrelu_backward(g, x, state, *bounds)
    multiplied = torch.ops.act.rrelu_backward_from_slopes(g, slopes)
    assert same_bits(multiplied, again)
    assert multiplied.stride() == torch.empty_like(g).stride()
    for kind in ("input", "bits", None):
        leaf = x.clone().requires_grad_()
        with torch_act.saved_as(kind) if kind else nullcontext():
            z = torch.ops.act.rrelu_with_state(leaf, state, *bounds)
        assert same_bits(torch.autograd.grad(z, leaf, g)[0], again)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_large_results(dtype, device):
    """Written past the caches, by several threads: the same numbers."""
    x = torch.randn((1 << 22) + 37, dtype=COMPUTED_IN[dtype], device=device).to(dtype)[5:]
    state = torch.tensor([7, 0], device=device)
    y, slopes = torch.ops.act.rrelu_with_slopes(x, state, 0.1, 0.9)
    assert same_bits(y, torch.ops.act.rrelu_with_state(x, state, 0.1, 0.9))
    g = torch.ones_like(x)
    gradient = torch.ops.act.rrelu_backward_from_slopes(g, slopes)
    assert same_bits(gradient, slopes.to(dtype))
    assert same_bits(gradient, torch.ops.act.rrelu_backward(g, x, state, 0.1, 0.9))


def test_slopes_gradcheck(device):
    x = torch.randn(40, dtype=torch.float64, device=device)
    x = torch.where(x.abs() < 0.1, x + 0.3, x).requires_grad_()
    state = torch.tensor([8, 0], device=device)

    def train(x):
        return torch.ops.act.rrelu_with_slopes(x, state, 0.2, 0.9)[0]

    slopes = torch.ops.act.rrelu_with_slopes(x.detach(), state, 0.2, 0.9)[1]
    g = torch.randn(40, dtype=torch.float64, device=device, requires_grad=True)
    for function, argument in (
        (train, x),
        (lambda g: torch.ops.act.rrelu_backward_from_slopes(g, slopes), g),
    ):
        assert torch.autograd.gradcheck(
            function, argument, check_forward_ad=True, check_batched_grad=True
        )
        assert torch.autograd.gradgradcheck(function, argument)


def test_forward_mode_has_the_slopes_of_the_forward(device):
    x, tangent = torch.randn(2, 50, device=device).unbind()
    for dtype in DTYPES:
        torch.manual_seed(4)
        primal, result = torch.func.jvp(_train, (x.to(dtype),), (tangent.to(dtype),))
        leaf = x.to(dtype).requires_grad_()
        torch.manual_seed(4)
        y = _train(leaf)
        assert same_bits(primal, y.detach())
        assert same_bits(result, torch.autograd.grad(y, leaf, tangent.to(dtype))[0])


@pytest.mark.parametrize(
    ("slopes", "message"),
    [
        (torch.ones(5, dtype=torch.bfloat16), "slopes of Float.*BFloat16"),
        (torch.ones(5, dtype=torch.float64), "slopes of Float.*Double"),
        (torch.ones(4), "grad_output's shape"),
    ],
    ids=str,
)
def test_slopes_of_another_kind(slopes, message):
    for dtype in (torch.float32, torch.bfloat16):
        with pytest.raises(RuntimeError, match=message):
            torch.ops.act.rrelu_backward_from_slopes(torch.ones(5, dtype=dtype), slopes)


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (1,)], ids=str)
def test_few_elements(shape, device):
    for training in (False, True):
        x = torch.full(shape, -2.0, device=device)
        y = rrelu(x, 0.25, 0.5, training)
        assert y.shape == shape
        assert ((y <= -0.5) & (y >= -1.0)).all()
        assert torch.ops.act.rrelu_(x.clone(), 0.25, 0.5, training).shape == shape


@pytest.mark.parametrize(
    "dtype", [torch.int32, torch.bool, torch.complex64, torch.float8_e4m3fn], ids=str
)
@pytest.mark.parametrize("training", [False, True])
def test_unsupported_dtype(dtype, training, device):
    x = torch.tensor([0, 1], device=device).to(dtype)
    with pytest.raises(RuntimeError, match=r"(?i)act::rrelu.*float32.*float16"):
        rrelu(x, 0.25, 0.5, training)
    with pytest.raises(RuntimeError, match=r"(?i)act::rrelu.*float32.*float16"):
        torch.ops.act.rrelu_(x, 0.25, 0.5, training)
