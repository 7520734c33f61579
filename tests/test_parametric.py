"""star_relu, xielu, snake: one value of each parameter or one for each channel, whose gradients
come from the backward's one pass."""

import math

import mpmath
import pytest
import torch
from activations import DTYPES, numbers_of_kernels, same_bits
from layouts import OF_CHANNELS
from parametric import OPS, along_channels, exact, op, parameters, problem, value
from torch.func import grad, jvp

act = torch.ops.act
SHAPES = [(4, 5), (3, 5, 5), (2, 5, 3, 4), (1, 5, 1, 1), (300, 7), (2, 64, 9, 11), (7, 1, 33)]
NAMES = pytest.mark.parametrize("name", OPS)


def _expected(name, g, x, tensors):
    """Value and gradients in float64, and the sums of the magnitudes of their terms."""
    x, *laid_out = (t.double() for t in (x, *(along_channels(p, x) for p in tensors)))
    leaves = [x.clone().requires_grad_()]
    leaves += [p.expand(x.shape).clone().requires_grad_() for p in laid_out]
    y = value(name, *leaves)
    of_x, *of_each = torch.autograd.grad(y, leaves, g.double(), materialize_grads=True)

    def gathered(each, p):
        axes = [d for d in range(x.dim()) if d != 1] if p.numel() > 1 else list(range(x.dim()))
        return (each.sum(axes) if x.dim() else each).reshape(p.shape)

    sums = [gathered(each, p) for each, p in zip(of_each, tensors, strict=True)]
    sizes = [gathered(each.abs(), p) for each, p in zip(of_each, tensors, strict=True)]
    return y.detach(), of_x, sums, sizes


def _check(name, g, x, tensors, results):
    """Value and gradients against float64, within what rounding allows."""
    dtype = x.dtype
    y, (of_x, *of_tensors) = results
    expected, expected_of_x, sums, sizes = _expected(name, g, x, tensors)
    eps = torch.finfo(dtype).eps
    double = dtype == torch.float64  # the reference has its own errors, about pi/2 for example
    size = 4 * x.double().abs() + 4 + 4 * expected.abs()
    assert ((y.double() - expected).abs() <= (4 if double else 1) * eps * size).all()
    scale = (4 + 4 * x.double().abs()) * g.double().abs()
    assert ((of_x.double() - expected_of_x).abs() <= (8 if double else 2) * eps * scale).all()
    # Added in double and rounded once: half an ulp, and the errors of the terms.
    terms = 1e-13 if double else 4 * torch.finfo(torch.float32).eps
    for ours, want, terms_size in zip(of_tensors, sums, sizes, strict=True):
        assert ours.shape == want.shape
        assert ours.dtype == dtype
        assert ((ours.double() - want).abs() <= eps * want.abs() + terms * terms_size).all()


@NAMES
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("which", ["one", "per channel", "mixed"])
def test_value_and_gradients(name, shape, which, dtype, device):
    channels = {"one": 1, "per channel": shape[1], "mixed": (1, shape[1])}[which]
    g, x, tensors = problem(name, shape, channels, dtype, device)
    y = op(name)(x, *tensors)
    assert y.dtype == dtype
    _check(name, g, x, tensors, (y, op(name, "_backward")(g, x, *tensors)))


@NAMES
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("layout", OF_CHANNELS)
@pytest.mark.parametrize("channels", [1, 6, (6, 1)], ids=str)
def test_layouts(name, layout, channels, dtype, device):
    g, x, tensors = problem(name, (3, 6, 8, 9), channels, dtype, device)
    strided = [torch.stack([p, p * 3], 1)[:, 0] for p in tensors]
    x, g = OF_CHANNELS[layout](x), OF_CHANNELS[layout](g)
    y, gradients = op(name)(x, *strided), op(name, "_backward")(g, x, *strided)
    assert same_bits(y, op(name)(x.contiguous(), *tensors))
    plain = op(name, "_backward")(g.contiguous(), x.contiguous(), *tensors)
    assert same_bits(gradients[0], plain[0])
    assert y.stride() == gradients[0].stride() == torch.empty_like(x).stride()
    _check(name, g, x, tensors, (y, gradients))


@NAMES
@pytest.mark.parametrize("shape", [(), (0,), (6,), (0, 5), (3, 5, 0)], ids=str)
def test_few_dimensions_and_empty(name, shape, device):
    g, x, _ = problem(name, shape, 1, torch.float32, device)
    for tensors in (
        parameters(name, 1, torch.float32, device),
        tuple(p[0] for p in parameters(name, 1, torch.float32, device)),
    ):
        _check(name, g, x, tensors, (op(name)(x, *tensors), op(name, "_backward")(g, x, *tensors)))
    if len(shape) > 1:
        tensors = parameters(name, 5, torch.float32, device)
        for gradient in op(name, "_backward")(g, x, *tensors)[1:]:
            assert torch.equal(gradient, torch.zeros(5, device=device))


@numbers_of_kernels
@NAMES
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_accuracy_over_all_binades(name, dtype):
    """At most 2 ulp of the result, or, where terms cancel, of the larger one."""
    mpmath.mp.prec = 1300
    bits, lowest = (24, -126) if dtype == torch.float32 else (53, -1022)
    generator = torch.Generator().manual_seed(7)
    exponents = torch.arange(-40, 11).double().repeat_interleave(12)
    x = (1 + torch.rand(exponents.shape, generator=generator).double()) * 2**exponents
    x = torch.cat([x, -x]).to(dtype)
    tensors = [
        (0.3 + 2 * torch.rand(x.shape, generator=generator).double()).to(dtype) for _ in OPS[name]
    ]
    # As the channels of one sample: each element has parameters of its own.
    y = op(name)(x[None], *tensors)[0]
    of_x, *of_tensors = op(name, "_backward")(torch.ones_like(x)[None], x[None], *tensors)
    found = torch.stack([y, of_x[0], *of_tensors], 1).tolist()
    for numbers, *inputs in zip(found, x.tolist(), *(t.tolist() for t in tensors), strict=True):
        results, sizes = exact(name, dtype, *inputs)
        for order, (ours, want) in enumerate(zip(numbers, results, strict=True)):
            size = max(abs(want), abs(sizes[order])) if order < 2 else abs(want)
            exponent = lowest if size == 0 else max(int(mpmath.floor(mpmath.log(size, 2))), lowest)
            off = abs(mpmath.mpf(ours) - want) / mpmath.mpf(2) ** (exponent - bits + 1)
            # 2^10·2.3 radians: the argument of the sine is exact to 2^-39 of one in float.
            assert off <= 2, (order, inputs, ours, float(want), float(off))


@numbers_of_kernels
@pytest.mark.parametrize(
    ("dtype", "range_", "allowed"),
    [(torch.float32, 22, 2.0**-25), (torch.float64, 51, 2.0**-54)],
    ids=["float32", "float64"],
)
def test_sine_to_the_end_of_its_range(dtype, range_, allowed):
    mpmath.mp.prec = 300
    one = torch.ones(1, dtype=dtype)
    generator = torch.Generator().manual_seed(3)
    x = 2.0**range_ * (1 - torch.rand(400, generator=generator, dtype=torch.float64) / 2)
    slope = act.snake_backward(torch.ones(400, dtype=dtype), x.to(dtype), one, one)[0]
    for number, ours in zip(x.to(dtype).tolist(), slope.tolist(), strict=True):
        want = 1 + mpmath.sin(2 * mpmath.mpf(number))
        assert abs(ours - want) <= allowed * 8, (number, ours, float(want))
    far = torch.tensor([2.0**range_ * 1.01, math.inf, -math.inf], dtype=dtype)
    assert same_bits(act.snake(far, one, one), far)
    slope = act.snake_backward(torch.ones_like(far), far, one, one)[0]
    assert slope.tolist() == [1, 1, 1]


def _curvature_of_snake(x, alpha, beta):
    """The derivatives of 1 + alpha·sin(2·alpha·x)/beta in x, alpha and beta."""
    x, alpha, beta = map(mpmath.mpf, (x, alpha, beta))
    sine, cosine = mpmath.sin(2 * alpha * x), mpmath.cos(2 * alpha * x)
    return (
        2 * alpha**2 / beta * cosine,
        (sine + 2 * alpha * x * cosine) / beta,
        -alpha / beta**2 * sine,
    )


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
def test_second_derivatives_of_snake(dtype, mode, device):
    """To the end of float32, whose products are exact in float64; there as far as the rounded
    product alpha·x is a known angle, and finite to the end."""
    mpmath.mp.prec = 300
    last = 20 if dtype == torch.float64 else 128
    generator = torch.Generator().manual_seed(3)
    exponents = torch.arange(-20, last).double().repeat_interleave(3)
    size = exponents.shape

    def between(low, high):
        return (low + (high - low) * torch.rand(size, generator=generator).double()).to(dtype)

    x = ((1 + torch.rand(size, generator=generator).double() / 4) * 2**exponents).to(dtype)
    x = x * (1 - 2 * (torch.arange(len(x)) % 2))
    alpha, beta = between(0.3, 2.3), between(8, 9)
    # As the channels of one sample: each element has parameters of its own.
    leaves = [t.to(device).requires_grad_() for t in (x[None], alpha, beta)]
    if mode == "reverse":
        (slope,) = torch.autograd.grad(act.snake(*leaves).sum(), leaves[0], create_graph=True)
        found = torch.autograd.grad(slope.sum(), leaves)
    else:

        def gradients(x):
            return torch.func.grad(lambda *t: act.snake(*t).sum(), (0, 1, 2))(x, *leaves[1:])

        leaves = [t.detach() for t in leaves]
        found = jvp(gradients, (leaves[0],), (torch.ones_like(leaves[0]),))[1]
    found = torch.stack([t.reshape(-1).double() for t in found], 1)
    assert found.isfinite().all()
    eps = torch.finfo(dtype).eps
    for numbers, *inputs in zip(
        found.tolist(), *(t.tolist() for t in (x, alpha, beta)), strict=True
    ):
        wanted = _curvature_of_snake(*inputs)
        # What float64 loses of the angle counts against the whole swing of the sine.
        lost = abs(inputs[0] * inputs[1]) if dtype == torch.float64 else 0
        swing = 2 * inputs[1] ** 2 / inputs[2]
        for ours, want, unit in zip(
            numbers, wanted, (swing, swing * (1 + abs(inputs[0])), swing), strict=True
        ):
            allowed = 0.51 * eps * abs(want) + 4 * 2**-52 * (1 + lost) * unit
            assert abs(ours - want) <= allowed, (inputs, ours, float(want))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_second_derivative_of_snake_at_the_end(dtype, device):
    """Where alpha·x overflows its sine is 0 and its cosine 1, as for the kernels."""
    largest = torch.finfo(dtype).max
    x = torch.tensor([largest, -largest, math.inf, -math.inf, math.nan], dtype=dtype, device=device)
    two = torch.full((1,), 2, dtype=dtype, device=device)

    def slope(x):
        return grad(lambda x: act.snake(x, two, two).sum())(x)

    x.requires_grad_()
    (second,) = torch.autograd.grad(slope(x).sum(), x)
    assert second[:2].isfinite().all()
    assert second[2:4].tolist() == [4, 4]
    assert second[4].isnan()
    tangent = jvp(lambda x: act.snake(x, two, two), (x.detach(),), (torch.ones_like(x),))[1]
    assert tangent[:4].isfinite().all()
    assert tangent[2:4].tolist() == [1, 1]
    assert tangent[4].isnan()


@NAMES
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64], ids=str)
def test_autocast(name, dtype, device):
    """The parameters follow the input."""
    _, x, _ = problem(name, (4, 5), 5, dtype, device)
    leaves = [p.requires_grad_() for p in parameters(name, 5, torch.float32, device)]
    with torch.autocast(torch.device(device).type, dtype=torch.bfloat16):
        y = op(name)(x, *leaves)
    assert y.dtype == dtype
    assert same_bits(y, op(name)(x, *(p.to(dtype) for p in leaves)))
    y.sum().backward()
    assert all(p.grad.dtype == torch.float32 for p in leaves)


@NAMES
def test_variants(name, device):
    _, x, tensors = problem(name, (4, 5, 6), 5, torch.float32, device)
    expected = op(name)(x, *tensors)
    assert same_bits(op(name)(x, *tensors, out=torch.empty_like(x)), expected)
    assert same_bits(op(name, "_")(x.clone(), *tensors), expected)
    with pytest.raises(RuntimeError, match=r"overlap|single memory location"):
        op(name, "_")(torch.randn(3, 1, device=device).expand(3, 5), *tensors)


@NAMES
def test_number_of_threads(name):
    g, x, tensors = problem(name, (5, 37, 1500), 37, torch.float32, "cpu")
    before, results = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            results.append((op(name)(x, *tensors), *op(name, "_backward")(g, x, *tensors)))
    finally:
        torch.set_num_threads(before)
    for others in results[1:]:
        assert all(map(same_bits, others, results[0]))


def test_special_numbers(device):
    x = torch.tensor([math.nan, math.inf, -math.inf, 0.0, -0.0], device=device)
    one, half = torch.ones(1, device=device), torch.full((1,), 0.5, device=device)
    zero, two = torch.zeros(1, device=device), torch.full((1,), 2.0, device=device)

    def both(name, *tensors):
        y, slope = op(name)(x, *tensors), op(name, "_backward")(torch.ones_like(x), x, *tensors)
        assert y[0].isnan()
        assert slope[0][0].isnan()
        return y[1:].tolist(), slope[0][1:].tolist()

    assert both("star_relu", two, half) == ([math.inf, 0.5, 0.5, 0.5], [math.inf, 0, 0, 0])
    assert both("star_relu", zero, half)[0] == [0.5, 0.5, 0.5, 0.5]
    values, slopes = both("xielu", one, two)
    assert values[:2] == [math.inf, math.inf]
    assert slopes == [math.inf, -1.5, -1.5, -1.5]
    # alpha_n = beta: what is left at -inf is -alpha_n.
    assert both("xielu", zero, half)[0][:2] == [math.inf, -0.5]
    assert both("snake", two, half) == ([math.inf, -math.inf, 0, 0], [1, 1, 1, 1])
    nan = torch.full((1,), math.nan, device=device)
    for name in OPS:
        finite = torch.tensor([0.5, -0.5], device=device)
        assert op(name)(finite, nan, nan).isnan().any()
    assert torch.ops.act.snake(torch.ones(2, device=device), nan, one).isnan().all()


@NAMES
@pytest.mark.parametrize("meta", [False, True], ids=["real", "meta"])
def test_errors(name, meta, device):
    device = "meta" if meta else device
    x, g = torch.randn(2, 4, 5, device=device)
    good = torch.rand(5, device=device)

    def raises(call, *texts):
        with pytest.raises(RuntimeError) as caught:
            call()
        assert f"act::{name}" in str(caught.value)
        assert all(text in str(caught.value) for text in texts), str(caught.value)

    for bad, *texts in (
        (torch.rand(3, device=device), "5", "3", "[4, 5]"),
        (torch.rand(4, device=device), "5", "4"),  # as many as rows: still wrong
        (torch.rand(1, 5, device=device), "[1, 5]"),
        (torch.rand(5, dtype=torch.float64, device=device), "Float", "Double"),
    ):
        for k, parameter in enumerate(OPS[name]):
            tensors = [bad if k == i else good for i in range(2)]
            raises(lambda tensors=tensors: op(name)(x, *tensors), parameter, *texts)
            raises(lambda tensors=tensors: op(name, "_")(x, *tensors), parameter, *texts)
            raises(lambda tensors=tensors: op(name, "_backward")(g, x, *tensors), parameter, *texts)
    raises(lambda: op(name)(torch.ones(4, 5, dtype=torch.int64, device=device), good, good), "Long")
    raises(lambda: op(name, "_backward")(g[:2], x, good, good), "grad_output")


def test_eps_of_xielu(device):
    x, one = torch.linspace(-2, 0, 9, device=device), torch.ones(1, device=device)
    with pytest.raises(ValueError, match="eps"):
        act.xielu(x, one, one, 0.5, 1e-3)
    # A wide region with a constant exponential, and none.
    for eps in (-0.6, 0.0):
        expected = (torch.expm1(x.double().clamp_max(eps)) - x.double()) + 0.25 * x.double()
        torch.testing.assert_close(act.xielu(x, one, one, 0.25, eps), expected.float())
