"""Gated activations: bits, exact values, layouts, every order, and what surrounds an op."""

import math

import numpy as np
import pytest
import torch
import torch_act
from activations import CASES, DTYPES, FORMULAS, numbers_of_kernels, same_bits
from fused import SMOOTH, SavedBytes, activation_of, samples, widened
from layouts import strided
from operators import arguments
from torch.autograd import gradcheck, gradgradcheck
from torch.nn import functional as F
from torch_act._decompositions import decompositions
from torch_act.accuracy.ulp import describe, error

act = torch.ops.act
ours = torch_act.functional
LAYOUTS = ("first", "second", "interleaved")
layouts = pytest.mark.parametrize("layout", LAYOUTS)
# Sigmoid's product is rounded once, in a formula of its own: glu's.
COMPOSED = [case for case in CASES if case.name != "sigmoid"]


def halves(x, layout, dim):
    """Gate and other factor."""
    if layout == "interleaved":
        index = [slice(None)] * x.dim()
        index[dim] = slice(0, None, 2)
        even = x[tuple(index)]
        index[dim] = slice(1, None, 2)
        return even, x[tuple(index)]
    a, b = x.chunk(2, dim)
    return (a, b) if layout == "first" else (b, a)


def joined(gate, other, layout, dim):
    if layout == "interleaved":
        dim %= gate.dim()
        return torch.stack([gate, other], dim + 1).flatten(dim, dim + 1)
    return torch.cat([gate, other] if layout == "first" else [other, gate], dim)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", COMPOSED, ids=str)
def test_bits_are_those_of_the_activation_and_a_product(case, dtype):
    """Computed in float32 or float64 throughout, and rounded once at the end."""
    keywords = activation_of(case)
    x, g = samples((6, 40), dtype), samples((6, 20), dtype, seed=1)
    for layout in LAYOUTS:
        gate, other, gradient = widened(*halves(x, layout, 1), g)
        expected = (case.value(gate) * other).to(dtype)
        assert same_bits(act.gated(x, layout=layout, **keywords), expected)
        assert same_bits(act.gated_pair(*halves(x, layout, 1), **keywords), expected)
        of_gate = case.backward(gradient * other, gate).to(dtype)
        of_other = (gradient * case.value(gate)).to(dtype)
        found = act.gated_backward(g, x, layout=layout, **keywords)
        assert same_bits(found, joined(of_gate, of_other, layout, 1))
        pair = act.gated_pair_backward(g, *halves(x, layout, 1), **keywords)
        assert all(map(same_bits, pair, (of_gate, of_other)))


@numbers_of_kernels
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_exact(case, dtype):
    """Against ball arithmetic: the activation's own error, and half an ulp of each product."""
    points = np.linspace(-9, 9, 400).astype(np.float32).astype(np.float64)
    factors = np.float32(np.random.default_rng(3).uniform(0.5, 2, 400)).astype(np.float64)
    exact = case.reference(dtype).at(points, 5e-324)
    gate, other = torch.tensor(points).to(dtype), torch.tensor(factors).to(dtype)
    ones, keywords = torch.ones(400, dtype=dtype), activation_of(case)

    def check(found, order, bound, floor=0.0):
        # The product of a float32 with the two parts of the exact value, in twice their precision.
        high = exact.high[order] * factors
        low = exact.low[order] * factors
        low = low + (np.longdouble(exact.high[order]) * factors - high).astype(np.float64)
        apart = error(found.double().numpy(), high, low, dtype, floor * np.ones(400))
        assert apart.max() <= bound, describe(apart, points, found.double().numpy(), high)

    check(act.gated_pair(gate, other, **keywords), 0, 2.6)
    of_gate, of_other = act.gated_pair_backward(ones, gate, other, **keywords)
    check(of_gate, 1, 3.1, floor=0.1)
    assert torch.equal(of_other, act.gated_pair(gate, ones, **keywords)) or case.name == "sigmoid"


@layouts
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_dims_and_strides(layout, dtype, device):
    x = torch.randn(4, 6, 8, 10, device=device).to(dtype)
    views = strided(x)
    for dim in range(-4, 4):
        gate, other = (half.contiguous() for half in halves(x, layout, dim))
        y = act.gated(x, "silu", layout=layout, dim=dim)
        assert torch.equal(y, act.gated_pair(gate, other, "silu"))
        g = torch.randn_like(y)
        gradient = act.gated_backward(g, x, "silu", layout=layout, dim=dim)
        pair = act.gated_pair_backward(g, gate, other, "silu")
        assert torch.equal(gradient, joined(*pair, layout, dim))
        for label, v in views.items():
            assert torch.equal(act.gated(v, "silu", layout=layout, dim=dim), y), label
            found = act.gated_backward(g, v, "silu", layout=layout, dim=dim)
            assert torch.equal(found, gradient), label
            assert found.stride() == torch.empty_like(v).stride()


@pytest.mark.parametrize("size", [2, 30, 1022, 2048, 70_002])
@layouts
def test_every_length(size, layout, device):
    """Blocks, tails, and what is large enough to be asked for ahead."""
    for dtype in (torch.float32, torch.bfloat16):
        x = torch.randn(9, size, device=device).to(dtype)
        y = act.gated(x, "gelu_tanh", layout=layout)
        gate, other = (half.contiguous() for half in halves(x, layout, 1))
        assert torch.equal(y, act.gated_pair(gate, other, "gelu_tanh"))
        g = torch.randn_like(y)
        found = act.gated_backward(g, x, "gelu_tanh", layout=layout)
        pair = act.gated_pair_backward(g, gate, other, "gelu_tanh")
        assert torch.equal(found, joined(*pair, layout, 1))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_sigmoid_is_glu(dtype, device):
    x, g = torch.randn(8, 66, device=device).to(dtype), torch.randn(8, 33, device=device).to(dtype)
    assert torch.equal(act.gated(x, "sigmoid", layout="second"), act.glu(x))
    gradient = act.gated_backward(g, x, "sigmoid", layout="second")
    assert torch.equal(gradient, act.glu_backward(g, x, -1))


def test_named_forms_are_the_models_own(device):
    """As transformers' Phi-3, diffusers and gpt-oss write them."""
    x = torch.randn(5, 12, device=device)
    a, b = x.chunk(2, -1)
    close = torch.testing.assert_close
    close(ours.swiglu(x), F.silu(a) * b)
    close(ours.geglu(x, layout="second"), a * F.gelu(b))
    close(ours.geglu(x, approximate="tanh"), F.gelu(a, approximate="tanh") * b)
    close(ours.reglu(x), F.relu(a) * b)
    close(ours.swiglu(x, layout="interleaved"), F.silu(x[..., ::2]) * x[..., 1::2])
    close(ours.gated(x, "elu", parameters=[0.5]), F.elu(a, 0.5) * b)
    close(ours.gated_pair(a, b, "silu"), F.silu(a) * b)


def test_modules(device):
    x = torch.randn(4, 6, 8, device=device)
    nn = torch_act.nn
    assert torch.equal(nn.SwiGLU()(x), ours.swiglu(x))
    assert torch.equal(nn.ReGLU(layout="second", dim=1)(x), ours.reglu(x, layout="second", dim=1))
    geglu = nn.GEGLU(approximate="tanh", layout="interleaved")
    assert torch.equal(geglu(x), ours.geglu(x, approximate="tanh", layout="interleaved"))
    gated = nn.Gated("hardtanh", layout="second", dim=1, parameters=[-2, 3])
    assert torch.equal(
        gated(x), ours.gated(x, "hardtanh", layout="second", dim=1, parameters=[-2, 3])
    )
    assert repr(gated) == "Gated('hardtanh', layout='second', dim=1, parameters=(-2, 3))"
    assert repr(nn.SwiGLU()) == "SwiGLU(layout='first', dim=-1)"


@layouts
@pytest.mark.parametrize("case", SMOOTH, ids=str)
def test_every_order(case, layout, device):
    keywords = {"layout": layout, "dim": 0, **activation_of(case)}
    x = torch.randn(6, 3, dtype=torch.float64, requires_grad=True, device=device)
    g = torch.randn(3, 3, dtype=torch.float64, requires_grad=True, device=device)

    def function(v):
        return act.gated(v, **keywords)

    assert gradcheck(function, x, check_forward_ad=True, check_batched_grad=True)
    assert gradgradcheck(function, x, check_fwd_over_rev=True)
    assert gradcheck(
        lambda g, v: act.gated_backward(g, v, **keywords), (g, x), check_forward_ad=True
    )

    def gradient(v):
        return torch.autograd.grad(function(v).sin().sum(), v, create_graph=True)[0]

    if layout == "first":
        assert gradgradcheck(gradient, x)


@pytest.mark.parametrize("case", SMOOTH, ids=str)
def test_every_order_of_pairs(case, device):
    gate, other, g = (
        torch.randn(5, dtype=torch.float64, requires_grad=True, device=device) for _ in range(3)
    )
    keywords = activation_of(case)

    def function(a, b):
        return act.gated_pair(a, b, **keywords)

    assert gradcheck(function, (gate, other), check_forward_ad=True, check_batched_grad=True)
    assert gradgradcheck(function, (gate, other), check_fwd_over_rev=True)
    backward = act.gated_pair_backward
    inputs = (g, gate, other)
    assert gradcheck(lambda *t: backward(*t, **keywords), inputs, check_forward_ad=True)
    # A gradient that nobody asked for.
    assert gradcheck(lambda a: function(a, other.detach()), gate, check_forward_ad=True)
    assert gradcheck(lambda b: function(gate.detach(), b), other, check_forward_ad=True)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_the_graph_of_the_gradient_changes_no_bit(dtype, device):
    for name in ("silu", "relu", "gelu"):
        x = torch.randn(4, 10, device=device).to(dtype).requires_grad_()
        g = torch.randn(4, 5, device=device).to(dtype)
        plain, composed = (
            torch.autograd.grad(act.gated(x, name), x, g, create_graph=graph)[0]
            for graph in (False, True)
        )
        assert torch.equal(plain, composed)


def test_gradient_where_the_derivative_is_zero(device):
    """relu's is 0 there, whatever comes from above, as in torch."""
    x = torch.tensor([-1.0, 2.0, math.inf, 3.0], device=device)
    g = torch.tensor([math.inf, 1.0], device=device)
    gradient = act.gated_backward(g, x, "relu")
    assert gradient[0] == 0
    assert gradient[1] == 3


@layouts
def test_vmap(layout, device):
    x = torch.randn(3, 4, 5, 6, device=device)
    for in_dim, dim in ((0, -1), (1, 2), (3, 0), (2, 1)):
        size = x.movedim(in_dim, 0).shape[1:][dim]
        if size % 2:
            continue

        def function(v, dim=dim):
            return act.gated(v, "mish", layout=layout, dim=dim)

        found = torch.func.vmap(function, in_dims=in_dim)(x)
        rows = torch.stack([function(v) for v in x.unbind(in_dim)])
        assert torch.equal(found, rows)
        each = torch.func.vmap(torch.func.grad(lambda v: function(v).sum()), in_dims=in_dim)(x)
        v = x.clone().requires_grad_()
        torch.stack([function(row) for row in v.unbind(in_dim)]).sum().backward()
        assert torch.equal(each, v.grad.movedim(in_dim, 0))
    tangent = torch.func.jvp(lambda v: act.gated(v, "mish", layout=layout), (x,), (x,))[1]
    assert tangent.shape == (3, 4, 5, 3)


@pytest.mark.parametrize("in_dims", [(0, 0), (1, 0), (0, None), (None, 1)], ids=str)
def test_vmap_of_pairs(in_dims, device):
    def batch(dim):
        sizes = [4] if dim is None else [3, 4] if dim == 0 else [4, 3]
        return torch.randn(sizes, device=device)

    def sample(tensor, dim, index):
        return tensor if dim is None else tensor.select(dim, index)

    pair = [batch(dim) for dim in in_dims]
    found = torch.func.vmap(lambda a, b: act.gated_pair(a, b, "silu"), in_dims)(*pair)
    for index in range(3):
        a, b = (sample(t, d, index) for t, d in zip(pair, in_dims, strict=True))
        assert torch.equal(found[index], act.gated_pair(a, b, "silu"))

    def gradients(a, b):
        return torch.func.grad(lambda a, b: act.gated_pair(a, b, "silu").sum(), (0, 1))(a, b)

    of_samples = torch.func.vmap(gradients, in_dims)(*pair)
    for index in range(3):
        a, b = (sample(t, d, index) for t, d in zip(pair, in_dims, strict=True))
        expected = act.gated_pair_backward(torch.ones_like(a), a, b, "silu")
        assert all(torch.equal(f[index], e) for f, e in zip(of_samples, expected, strict=True))


def test_saved_for_backward():
    """The input alone. torch saves the activated half besides."""
    x = torch.randn(64, 128, requires_grad=True)
    gate, other = torch.randn(2, 64, 64).unbind(0)
    gate, other = gate.clone().requires_grad_(), other.clone().requires_grad_()
    with SavedBytes() as ours_of_one:
        act.gated(x, "silu")
    with SavedBytes() as torchs_of_one:
        a, b = x.chunk(2, 1)
        F.silu(a) * b
    with SavedBytes() as ours_of_two:
        act.gated_pair(gate, other, "silu")
    with SavedBytes() as torchs_of_two:
        F.silu(gate) * other
    half = 64 * 64 * 4
    assert (ours_of_one.total, torchs_of_one.total) == (2 * half, 3 * half)
    assert (ours_of_two.total, torchs_of_two.total) == (2 * half, 3 * half)


def test_empty_and_out(device):
    for shape in ((0,), (0, 4), (4, 0)):
        for layout in LAYOUTS:
            x = torch.randn(shape, requires_grad=True, device=device)
            act.gated(x, "gelu", layout=layout).sum().backward()
            assert x.grad.shape == x.shape
    x, out = torch.randn(3, 8, device=device), torch.empty(0, device=device)
    assert act.gated.out(x, "silu", dim=1, out=out) is out
    assert torch.equal(out, act.gated(x, "silu"))
    gate, other = x.chunk(2, 1)
    expected = act.gated_pair(gate, other, "silu")
    act.gated_pair.out(gate, other, "silu", out=gate)  # each element is read before
    assert torch.equal(gate, expected)


def test_thread_count_changes_no_bit():
    threads = torch.get_num_threads()
    x, g = torch.randn(300, 1000), torch.randn(300, 500)
    results = []
    for count in (1, 2):
        torch.set_num_threads(count)
        results.append(
            [act.gated(x, "silu", layout=layout) for layout in LAYOUTS]
            + [act.gated_backward(g, x, "silu", layout=layout) for layout in LAYOUTS]
        )
    torch.set_num_threads(threads)
    assert all(map(torch.equal, *results))


def test_bad_input(device):
    x, out = torch.randn(2, 6, device=device), torch.full((2, 3), 7.0, device=device)
    refused = [
        (
            RuntimeError,
            "act::gated: expected an even size of dimension 1, got 5",
            x[:, :5],
            "silu",
            {},
        ),
        (IndexError, r"act::gated: expected dim in \[-2, 1\], got 2", x, "silu", {"dim": 2}),
        (RuntimeError, "act::gated: expected a tensor of torch.float32", x.long(), "silu", {}),
        (RuntimeError, "at least one dimension", x[0, 0], "silu", {}),
        (
            ValueError,
            "expected activation to be one of 'relu', .*'gelu_tanh'.*got 'swish'",
            x,
            "swish",
            {},
        ),
        (ValueError, "got 'gelu_exact'", x, "gelu_exact", {}),
        (ValueError, "got 'prelu'", x, "prelu", {}),
        (ValueError, "expected layout to be 'first'.*got 'last'", x, "silu", {"layout": "last"}),
        (ValueError, "at most 0 parameters for silu, got 1", x, "silu", {"parameters": [1.0]}),
        (ValueError, "threshold, which has no default for threshold", x, "threshold", {}),
        (ValueError, "act::celu: expected alpha", x, "celu", {"parameters": [0.0]}),
    ]
    for kind, message, tensor, activation, keywords in refused:
        with pytest.raises(kind, match=message):
            act.gated.out(tensor, activation, **keywords, out=out)
        with pytest.raises(kind, match=message):
            act.gated(tensor, activation, **keywords)
        with pytest.raises(kind, match=message):
            act.gated(tensor.to("meta"), activation, **keywords)
    assert (out == 7).all()
    with pytest.raises(RuntimeError, match="expected other to have the shape"):
        act.gated_pair(x, x[:1], "silu")
    with pytest.raises(RuntimeError, match="expected other to have the dtype"):
        act.gated_pair(x, x.double(), "silu")
    with pytest.raises(RuntimeError, match="expected grad_output to have the shape"):
        act.gated_backward(x, x, "silu")
    with pytest.raises(RuntimeError, match="expected out to have dtype"):
        act.gated.out(x, "silu", out=out.double())
    with pytest.raises(RuntimeError, match="don't support automatic differentiation"):
        act.gated.out(x.requires_grad_(), "silu", out=out)


def test_names_and_parameters(device):
    x = torch.randn(4, 6, device=device)
    gate, other = x.chunk(2, 1)
    assert torch.equal(act.gated(x, "gelu_none"), act.gated(x, "gelu"))
    torch.testing.assert_close(
        act.gated(x, "softplus", parameters=[2.0]), act.softplus(gate, 2.0) * other
    )
    torch.testing.assert_close(
        act.gated(x, "threshold", parameters=[0.1, 7.0]), act.threshold(gate, 0.1, 7.0) * other
    )
    assert torch.equal(ours.gated(x, "elu", parameters=(1,)), ours.gated(x, "elu"))
    with pytest.raises(TypeError):
        ours.gated(x, "elu", parameters=["a"])
    with pytest.raises(TypeError):
        ours.gated(x, "elu", parameters=1)


def test_autocast(device):
    """As the composed form: nothing is converted, but two dtypes are brought to the wider one."""
    x = torch.randn(4, 6, device=device)
    gate, other = x.bfloat16().chunk(2, 1)
    with torch.autocast(x.device.type, torch.bfloat16):
        assert act.gated(x, "silu").dtype == torch.float32
        assert act.gated(x.bfloat16(), "silu").dtype == torch.bfloat16
        mixed = act.gated_pair(gate, other.float(), "silu")
    assert torch.equal(mixed, act.gated_pair(gate.float(), other.float(), "silu"))


def test_jagged():
    rows = [torch.randn(size, 6) for size in (2, 3)]
    x = torch.nested.nested_tensor(rows, layout=torch.jagged, requires_grad=True)
    y = act.gated(x, "silu")
    g = torch.ones_like(y)
    (gradient,) = torch.autograd.grad(y, x, g)
    for row, result, of_row in zip(rows, y.unbind(), gradient.unbind(), strict=True):
        assert torch.equal(result, act.gated(row, "silu"))
        assert torch.equal(of_row, act.gated_backward(torch.ones(len(row), 3), row, "silu"))
    pair = act.gated_pair(x, x, "silu")
    torch.autograd.grad(pair, x, torch.ones_like(pair))
    assert torch.equal(pair.values(), act.gated_pair(x.values(), x.values(), "silu"))
    for dim in (0, 1):
        with pytest.raises(NotImplementedError, match="jagged"):
            act.gated(x, "silu", dim=dim)


@pytest.mark.parametrize("suffix", ["", "_backward"])
@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_decompositions(case, suffix):
    x, g = samples((4, 12), torch.float32), samples((4, 6), torch.float32, seed=1)
    for layout in LAYOUTS:
        overload = getattr(act, "gated" + suffix).default
        args, kwargs = arguments(overload, self=x, grad_output=g)
        kwargs |= {"layout": layout, "parameters": activation_of(case)["parameters"]}
        args = tuple(activation_of(case)["activation"] if a == "silu" else a for a in args)
        found, expected = decompositions()[overload](*args, **kwargs), overload(*args, **kwargs)
        torch.testing.assert_close(found, expected, rtol=3e-6, atol=1e-6, equal_nan=True)
        assert found.stride() == expected.stride()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_compile(layout):
    """One graph for all sizes; the ops are in it, forward and backward."""

    def step(x):
        return act.gated(x, "silu", layout=layout).square().sum()

    torch._dynamo.reset()
    compiled = torch.compile(step, fullgraph=True, dynamic=True, backend="aot_eager")
    for rows in (3, 4, 7):
        x = torch.randn(rows, 2 * rows, requires_grad=True)
        v = x.detach().clone().requires_grad_()
        compiled(x).backward()
        step(v).backward()
        assert torch.equal(x.grad, v.grad)
