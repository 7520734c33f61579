"""glu: values, gradients of every order, dims, layouts, edges."""

import math

import mpmath
import pytest
import torch
import torch_act  # noqa: F401  registers the operators
from devices import skip_stand_in
from layouts import strided
from torch.autograd import gradcheck, gradgradcheck
from torch.nn import functional as F

glu, glu_backward = torch.ops.act.glu, torch.ops.act.glu_backward
DTYPES = [torch.float32, torch.float64, torch.bfloat16, torch.float16]
SHAPES = [(2,), (6, 4), (4, 70), (3, 8, 66), (2, 4, 6, 10), (300, 2), (2, 300)]


def exact(x, dim):
    a, b = x.double().chunk(2, dim)
    return a * torch.sigmoid(b)


def exact_backward(g, x, dim):
    a, b = x.double().chunk(2, dim)
    above, below = torch.sigmoid(b), torch.sigmoid(-b)
    return torch.cat([g.double() * above, g.double() * a * above * below], dim)


def within(result, reference, ulps):
    info = torch.finfo(result.dtype)
    magnitude = reference.abs().clamp(min=info.tiny)
    spacing = torch.exp2(torch.floor(torch.log2(magnitude))) * info.eps
    return ((result.double() - reference).abs() <= ulps * spacing).all()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_values_and_gradients(shape, dtype, device):
    half = dtype in (torch.bfloat16, torch.float16)
    for dim in range(-len(shape), len(shape)):
        if shape[dim] % 2:
            continue
        x = torch.randn(shape, device=device).mul(8).to(dtype)
        y = glu(x, dim)
        assert y.dtype == dtype
        assert within(y, exact(x, dim), 0.501 if half else 5)
        g = torch.randn(y.shape, device=device).to(dtype)
        assert within(glu_backward(g, x, dim), exact_backward(g, x, dim), 0.501 if half else 6)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_layout(dtype, device):
    x = torch.randn(4, 6, 8, 10, device=device).to(dtype)
    g = {dim: torch.randn(exact(x, dim).shape, device=device).to(dtype) for dim in range(4)}
    views = strided(x)
    for dim in range(4):
        y, grad = glu(x, dim), glu_backward(g[dim], x, dim)
        for label, v in views.items():
            assert torch.equal(glu(v, dim), y), label
            assert torch.equal(glu_backward(g[dim], v, dim), grad), label
            assert glu(v, dim).stride() == F.glu(v, dim).stride(), label


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_gradcheck(dim, device):
    x = torch.randn(4, 6, 2, dtype=torch.float64, requires_grad=True, device=device)
    assert gradcheck(lambda v: glu(v, dim), (x,), check_forward_ad=True)
    assert gradgradcheck(lambda v: glu(v, dim), (x,), check_fwd_over_rev=True)
    g = torch.randn(exact(x, dim).shape, dtype=torch.float64, requires_grad=True, device=device)
    assert gradcheck(lambda g, v: glu_backward(g, v, dim), (g, x), check_forward_ad=True)


def exact_derivatives(b):
    """Of the sigmoid: the first three."""
    slope = mpmath.sech(b / 2) ** 2 / 4
    return slope, -slope * mpmath.tanh(b / 2), slope * (1 - 6 * slope)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("op", ["glu", "gated", "gated_pair"])
def test_higher_derivatives_in_the_gate(op, dtype, device):
    """By whichever factors: to the last digits in saturation and, for the second one, beside 0."""
    points = [1e-6, -1e-4, 1e-3, -1e-2, 0.1, -1, 2, 5, -9, 14, 20, -30, 40, 80]
    b = torch.tensor(points, dtype=dtype, device=device).requires_grad_()
    a = torch.ones_like(b).requires_grad_()
    y = {
        "glu": lambda: glu(torch.cat([a, b]), 0),
        "gated": lambda: torch.ops.act.gated(torch.cat([b, a]), "sigmoid", dim=0),
        "gated_pair": lambda: torch.ops.act.gated_pair(b, a, "sigmoid"),
    }[op]()

    def by(t, v):
        return torch.autograd.grad(t.sum(), v, create_graph=True)[0]

    mpmath.mp.prec = 200
    exact = [exact_derivatives(mpmath.mpf(number)) for number in b.tolist()]
    for order, ulps, found in (
        (0, 3, by(y, b)),
        (0, 3, by(by(y, a), b)),
        (0, 3, by(by(y, b), a)),
        (1, 3, by(by(y, b), b)),
        (1, 3, by(by(by(y, a), b), b)),
        (1, 3, by(by(by(y, b), a), b)),
        (1, 3, by(by(by(y, b), b), a)),
        (2, 9, by(by(by(y, b), b), b)),
    ):
        for number, ours, wanted in zip(points, found.tolist(), exact, strict=True):
            size = abs(wanted[order]) * torch.finfo(dtype).eps
            assert abs(ours - wanted[order]) <= ulps * size, (number, ours, float(wanted[order]))


def test_special_values(device):
    inf, nan = float("inf"), float("nan")
    a = torch.tensor([1.0, -2.0, inf, 1.0, nan, 1.0, inf], device=device)
    b = torch.tensor([-inf, inf, 0.0, nan, 0.0, -100.0, -inf], device=device)
    y = glu(torch.cat([a, b]), 0)
    torch.testing.assert_close(
        y, F.glu(torch.cat([a, b]), 0), equal_nan=True, rtol=1e-6, atol=1e-42
    )
    assert y[5] > 0  # torch: 0


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_gradient_of_the_gate_beside_factors_of_every_size(dtype, device):
    """None of them vanishes, nor is left over from where σ'(b) is 0."""
    info = torch.finfo(dtype)
    a = torch.logspace(math.log10(info.tiny), math.log10(info.max) - 1, 60, dtype=torch.float64)
    gates = torch.tensor([0.0, -1.25, 6.5, -40.0, 75.0, -200.0, -2000.0], dtype=torch.float64)
    x = torch.cartesian_prod(a, gates).T.reshape(-1).to(dtype).to(device)
    g = torch.ones_like(x[: len(x) // 2])
    ours, expected = (f(g, x, 0)[len(g) :] for f in (glu_backward, exact_backward))
    assert within(ours, expected, 0.501 if dtype.itemsize == 2 else 6)


def test_empty_and_out(device):
    for shape in ((0,), (0, 4), (4, 0)):
        x = torch.randn(shape, requires_grad=True, device=device)
        glu(x, -1).sum().backward()
        assert x.grad.shape == x.shape
    x = torch.randn(3, 8, device=device)
    out = torch.empty(0, device=device)
    assert glu.out(x, 1, out=out) is out
    assert torch.equal(out, glu(x, 1))


def test_thread_count_changes_no_bit():
    threads = torch.get_num_threads()
    x, g = torch.randn(300, 1000), torch.randn(300, 500)
    results = []
    for count in (1, 2):
        torch.set_num_threads(count)
        results.append((glu(x, 1), glu_backward(g, x, 1)))
    torch.set_num_threads(threads)
    for one, other in zip(*results, strict=True):
        assert torch.equal(one, other)


def test_bad_input(device):
    with pytest.raises(RuntimeError, match="act::glu: expected an even size of dimension 1, got 3"):
        glu(torch.randn(2, 3, device=device), 1)
    with pytest.raises(
        RuntimeError, match="act::glu: expected a tensor with at least one dimension"
    ):
        glu(torch.tensor(1.0, device=device))
    with pytest.raises(IndexError, match=r"act::glu: expected dim in \[-2, 1\], got 2"):
        glu(torch.randn(2, 4, device=device), 2)
    with pytest.raises(RuntimeError, match=r"act::glu: expected a tensor of torch\.float32"):
        glu(torch.ones(2, 4, dtype=torch.int64, device=device))
    x = torch.randn(2, 4, device=device)
    with pytest.raises(RuntimeError, match="act::glu: expected out to have dtype"):
        glu.out(x, 1, out=torch.empty(2, 2, dtype=torch.float64, device=device))
    with pytest.raises(RuntimeError, match="don't support automatic differentiation"):
        glu.out(x.requires_grad_(), 1, out=torch.empty(2, 2, device=device))


def test_opcheck(device):
    skip_stand_in(device, "opcheck knows no such device")
    torch.library.opcheck(glu.default, (torch.randn(4, 6, requires_grad=True, device=device), 1))
    torch.library.opcheck(
        glu_backward.default,
        (torch.randn(4, 3, device=device), torch.randn(4, 6, device=device), 1),
    )
