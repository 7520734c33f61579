"""The decompositions of the ops with learned parameters, against their kernels."""

import math
from itertools import product

import pytest
import torch
from activations import DTYPES, HALF_DTYPES, units_apart
from parametric import BETA, OPS, parameters
from test_decompositions import BOUNDS, TABLE
from torch.fx.experimental.proxy_tensor import make_fx
from torch_act.accuracy.ulp import spacing

act = torch.ops.act
NAMES = pytest.mark.parametrize("name", OPS)


def op(name, suffix=""):
    return getattr(act, name + suffix).default


def both(name, x, *tensors, g=None):
    """Value and gradients, by decomposition and by kernel."""
    g = torch.ones_like(x) if g is None else g
    return [
        (of[op(name)](x, *tensors), *of[op(name, "_backward")](g, x, *tensors))
        for of in (TABLE, {o: o for o in TABLE})
    ]


def size(name, order, x, first, second, result):
    """Of the terms that a result is the sum of, where they can cancel; as `exact` in parametric.py,
    but for star_relu, whose bias cancels nothing here."""
    if name == "xielu" and order == 0:
        terms = torch.where(x < -1, (second - BETA).abs().maximum(second) * x, BETA * x)
        return torch.where(x > 0, 0, terms.abs())
    if name == "xielu" and order == 1:
        return torch.full_like(x, BETA)
    if name == "snake" and order < 2:
        return x.abs() if order == 0 else (result - 1).abs().clamp_min(1)
    return torch.zeros_like(x)


def points(name, dtype):
    """Of every binade up to 2^11 radians, each with parameters of its own: as the channels of one
    sample."""
    generator = torch.Generator().manual_seed(3)

    def uniform(like):
        return torch.rand(like.shape, generator=generator, dtype=torch.float64)

    exponents = torch.arange(-60, 10).double().repeat_interleave(50)
    binades = (1 + uniform(exponents)) * 2**exponents
    x = torch.cat([binades, -binades, torch.linspace(-30, 30, 20001).double()]).to(dtype)
    return x[None], *((0.3 + 2 * uniform(x)).to(dtype) for _ in OPS[name])


def assert_within_bounds(name, arguments, found, kernel, record):
    """Value and derivatives, in ulp of the kernel's."""
    x, *p = (t.double().flatten() for t in arguments)
    dtype = arguments[0].dtype
    for k, (ours, want) in enumerate(zip(found, kernel, strict=True)):
        ours, want, order = ours.double().flatten(), want.double().flatten(), min(k, 1)
        unit = spacing(want.abs().maximum(size(name, k, x, *p, want)), dtype)
        apart = (ours - want).abs().numpy() / unit
        record(f"order {order}, ulp of {dtype}", name, apart.max())
        worst = apart.argmax()
        assert apart.max() <= BOUNDS[order], (k, x[worst], [t[worst] for t in p])


@NAMES
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_within_bounds(name, dtype, measured):
    arguments = points(name, dtype)
    assert_within_bounds(
        name,
        arguments,
        *both(name, *arguments),
        lambda kind, *n: measured(f"decomposed, {kind}", *n),
    )


def test_what_cancels_keeps_its_digits():
    """star_relu's bias, close to -scale·x²: the errors of the products are what is left."""
    x = torch.linspace(0.5, 3, 999)
    scale = torch.linspace(0.7, 1.3, 999)
    bias = -(scale * x * x) * (1 + 2.0**-20)
    ours, kernel = both("star_relu", x[None], scale, bias)
    torch.testing.assert_close(ours[0], kernel[0], rtol=2.0**-22, atol=0)


@NAMES
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_edges_are_the_kernels(name, dtype):
    special = [math.nan, math.inf, -math.inf, 0.0, -0.0, -1e-6, torch.finfo(dtype).max, -30.0, 1e-3]
    x = torch.tensor([special], dtype=dtype).T.contiguous()  # rows without channels
    for values in product((0.0, 0.5, 2.0, math.nan), repeat=2):
        ours, kernel = both(name, x, *(torch.tensor([v], dtype=dtype) for v in values))
        close = {"rtol": 8 * torch.finfo(dtype).eps, "atol": 0, "equal_nan": True}
        for found, want in zip(ours[:2], kernel[:2], strict=True):
            torch.testing.assert_close(found, want, **close)
            assert torch.equal(found.signbit()[want == 0], want.signbit()[want == 0])


@NAMES
@pytest.mark.parametrize("dtype", HALF_DTYPES, ids=str)
def test_every_half_is_rounded_once(name, dtype):
    x = torch.arange(-32768, 32768, dtype=torch.int32).to(torch.int16).view(dtype)
    ours, kernel = both(name, x, *parameters(name, 1, dtype, "cpu"))
    for found, want in zip(ours[:2], kernel[:2], strict=True):
        apart = units_apart(found, want)
        assert apart.max() <= 1
        assert (apart > 0).sum() <= 65536 // 200


@NAMES
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize(
    "shape", [(), (0,), (7,), (4, 5), (2, 5, 6), (0, 5), (3, 5, 0), (2, 5, 3, 4)], ids=str
)
def test_parameters_of_channels(name, shape, dtype):
    """One for all, or one for each; their gradients are sums, of float64."""
    generator = torch.Generator().manual_seed(1)
    x, g = torch.randn(2, *shape, generator=generator, dtype=torch.float64).to(dtype)
    for channels in (1, 5, (1, 5)) if len(shape) > 1 else (1,):
        tensors = parameters(name, channels, dtype, "cpu")
        for found, want in zip(*both(name, x, *tensors, g=g), strict=True):
            assert found.dtype == dtype
            assert found.stride() == want.stride()
            torch.testing.assert_close(found, want, rtol=8 * torch.finfo(dtype).eps, atol=1e-6)


@NAMES
def test_double_backward_is_decomposed(name):
    """It is composed of torch's ops and of those of the table: none of ours is left."""
    x = torch.randn(2, 3, dtype=torch.float64)
    tensors = parameters(name, 3, torch.float64, "cpu")

    def second(x, *tensors):
        leaves = [t.detach().requires_grad_() for t in (x, *tensors)]
        first = torch.autograd.grad(op(name)(*leaves).sin().sum(), leaves, create_graph=True)
        return torch.autograd.grad(sum(g.cos().sum() for g in first), leaves)

    graph = make_fx(second, decomposition_table=TABLE)(x, *tensors)
    assert not [n for n in graph.graph.nodes if str(n.target).startswith("act")]
    torch.testing.assert_close(graph(x, *tensors), second(x, *tensors))


@pytest.mark.parametrize("eps", [-3.0, -0.6, 0.0])
def test_numbers_of_xielu(eps):
    """A wide region with a constant exponential, one that ends further down, and none."""
    x, one = torch.linspace(-4, 1, 201), torch.ones(1)
    for found, want in zip(*both("xielu", x, one, 2 * one, 0.25, eps), strict=True):
        torch.testing.assert_close(found, want, rtol=1e-6, atol=1e-7)
