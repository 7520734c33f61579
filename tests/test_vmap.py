"""torch.func.vmap: every op, every place of the vmapped dimension, nested, with derivatives.

The fallback, which calls the op once for each sample, warns: that warning is an error here.
"""

import pytest
import torch
import torch_act.functional as F
from activations import CASES, FORMULAS, same_bits
from torch.func import grad, jacfwd, jacrev, vmap

pytestmark = pytest.mark.filterwarnings("error:There is a performance drop")

act = torch.ops.act
PLACES = [(0, 0), (1, 2), (-1, 0), (2, -1)]  # (in_dims, out_dims) for tensors of three dimensions


def _by_sample(function, in_dims, out_dims, *tensors):
    """What vmap means: the function sample by sample."""
    size = next(t.shape[d] for t, d in zip(tensors, in_dims, strict=True) if d is not None)
    results = [
        function(
            *(t if d is None else t.select(d, k) for t, d in zip(tensors, in_dims, strict=True))
        )
        for k in range(size)
    ]
    if isinstance(results[0], tuple):
        return tuple(torch.stack(column, out_dims) for column in zip(*results, strict=True))
    return torch.stack(results, out_dims)


def _same(ours, expected):
    if isinstance(ours, tuple):
        return all(_same(a, b) for a, b in zip(ours, expected, strict=True))
    return same_bits(ours, expected)


def _check(function, in_dims, out_dims, *tensors):
    ours = vmap(function, in_dims=in_dims, out_dims=out_dims)(*tensors)
    assert _same(ours, _by_sample(function, in_dims, out_dims, *tensors))


@pytest.mark.parametrize("dims", PLACES, ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_pointwise(case, dims, device):
    in_dim, out_dim = dims
    u, g, x = torch.randn(3, 4, 5, 6, device=device)
    _check(case.value, (in_dim,), out_dim, x)
    _check(case.backward, (in_dim, in_dim), out_dim, g, x)
    _check(case.double_backward, (in_dim, in_dim, in_dim), out_dim, u, g, x)
    y = x.clone()
    assert vmap(case.in_place, in_dims=in_dim, out_dims=in_dim)(y).data_ptr() == y.data_ptr()
    assert same_bits(y, case.value(x))


@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_pointwise_operands_vmapped_differently(case, device):
    x, g, u = (
        torch.randn(4, 5, 6, device=device),
        torch.randn(5, 6, device=device),
        torch.randn(5, 6, 4, device=device),
    )
    _check(case.backward, (None, 0), 0, g, x)
    _check(case.backward, (-1, None), 1, u, g)
    _check(case.double_backward, (-1, None, 0), 0, u, g, x)
    _check(
        lambda x: case.backward(g[0, 0], x), (0,), 0, torch.randn(7, device=device)
    )  # samples without dims


def test_out_under_vmap(device):
    x, out = torch.randn(4, 5, device=device), torch.empty(5, 4, device=device)
    for case in FORMULAS:
        vmap(lambda x, out, case=case: case.out(x, out), in_dims=(0, 1), out_dims=1)(x, out)
        assert same_bits(out, case.value(x).T)
    vmap(lambda x, out: act.softmax(x, 0, out=out), in_dims=(0, 1))(x, out)
    assert same_bits(out, act.softmax(x, 1).T)
    with pytest.raises(RuntimeError, match="can't be resized"):
        vmap(lambda x, out: act.gelu(x, out=out))(x, torch.empty(4, 3, device=device))
    with pytest.raises(RuntimeError, match="vmap"):
        vmap(lambda x: act.gelu(x, out=torch.empty(5, device=device)))(x)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
@pytest.mark.parametrize("dims", PLACES, ids=str)
@pytest.mark.parametrize("dim", [0, 1, -1, -2])
def test_softmax(name, dims, dim, device):
    op, backward = getattr(act, name), getattr(act, name + "_backward")
    in_dim, out_dim = dims
    x, g = torch.randn(2, 4, 5, 6, device=device)
    _check(lambda x: op(x, dim), (in_dim,), out_dim, x)
    _check(lambda x: op(x.bfloat16(), dim, dtype=torch.float32), (in_dim,), out_dim, x)
    y = x.softmax(0)
    _check(lambda g, y: backward(g, y, dim, torch.float32), (in_dim, in_dim), out_dim, g, y)
    _check(
        lambda g, y: backward(g, y, dim, torch.float32),
        (None, in_dim),
        out_dim,
        g.select(in_dim, 0),
        y,
    )


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
def test_softmax_of_samples_without_dims(name, device):
    op, backward = getattr(act, name), getattr(act, name + "_backward")
    x = torch.randn(5, device=device)
    for dim in (0, -1):
        _check(lambda x, dim=dim: op(x, dim), (0,), 0, x)
        _check(lambda g, y, dim=dim: backward(g, y, dim, torch.float32), (0, 0), 0, x, op(x, 0))
    with pytest.raises(IndexError, match=f"act::{name}"):
        vmap(lambda x: op(x, 1))(x)


@pytest.mark.parametrize("dims", PLACES, ids=str)
@pytest.mark.parametrize("dim", [0, 1, -1, -2])
def test_glu(dims, dim, device):
    in_dim, out_dim = dims
    x = torch.randn(4, 6, 8, device=device)
    _check(lambda x: act.glu(x, dim), (in_dim,), out_dim, x)
    g = vmap(lambda x: act.glu(x, dim), in_dims=in_dim, out_dims=0)(x)
    _check(lambda g, x: act.glu_backward(g, x, dim), (0, in_dim), out_dim, g, x)
    _check(lambda g, x: act.glu_backward(g, x, dim), (None, in_dim), out_dim, g[0], x)


def test_glu_errors_count_without_the_vmapped_dimension(device):
    with pytest.raises(RuntimeError, match="at least one dimension"):
        vmap(lambda x: act.glu(x))(torch.randn(4, device=device))
    with pytest.raises(IndexError, match=r"expected dim in \[-1, 0\]"):
        vmap(lambda x: act.glu(x, 1))(torch.randn(4, 4, device=device))


# Shapes of one sample and of its weight.
PRELU = [((), ()), ((), (1,)), ((5,), (1,)), ((5,), ()), ((2, 3), (3,)), ((2, 3), (1,))]
PRELU += [((2, 3, 4), (3,)), ((1, 3, 4, 2), (3,)), ((2, 3, 2, 2, 2), (3,)), ((2, 3, 4), ())]


@pytest.mark.parametrize("which", ["self", "weight", "both"])
@pytest.mark.parametrize("shapes", PRELU, ids=str)
def test_prelu(shapes, which, device):
    def tensor(shape, vmapped, place):
        if not vmapped:
            return torch.randn(shape, device=device), None
        place = min(place, len(shape))
        return torch.randn(*shape[:place], 7, *shape[place:], device=device), place

    for place in (0, 1, 2):
        x, x_dim = tensor(shapes[0], which != "weight", place)
        w, w_dim = tensor(shapes[1], which != "self", place)
        _check(act.prelu, (x_dim, w_dim), 0, x, w)
        for g_place in (0, None):
            g, g_dim = tensor(shapes[0], g_place is not None, 0)
            ours = vmap(act.prelu_backward, in_dims=(g_dim, x_dim, w_dim))(g, x, w)
            expected = _by_sample(act.prelu_backward, (g_dim, x_dim, w_dim), 0, g, x, w)
            torch.testing.assert_close(ours, expected)
        if x_dim is not None:
            y = x.clone()
            vmap(act.prelu_, in_dims=(x_dim, w_dim), out_dims=x_dim)(y, w)
            assert same_bits(y, _by_sample(act.prelu, (x_dim, w_dim), x_dim, x, w))


def test_prelu_errors(device):
    with pytest.raises(RuntimeError, match="expected weight to have 1 or 3 elements"):
        vmap(act.prelu, in_dims=(0, None))(
            torch.randn(4, 2, 3, device=device), torch.randn(4, device=device)
        )
    with pytest.raises(RuntimeError, match="expected weight to have 1 or 1 elements"):
        vmap(act.prelu, in_dims=(0, None))(
            torch.randn(4, 3, device=device), torch.randn(3, device=device)
        )
    with pytest.raises(RuntimeError, match="not vmapped over"):
        vmap(act.prelu_, in_dims=(None, 0))(
            torch.randn(3, device=device), torch.randn(4, 1, device=device)
        )


def _rrelu(x):
    return F.rrelu(x, 0.1, 0.9, training=True)


@pytest.mark.parametrize("in_dim", [0, 1, 2])
def test_rrelu_same(in_dim, device):
    """Every sample gets the slopes that it would get alone."""
    x = torch.randn(4, 5, 6, device=device)
    torch.manual_seed(3)
    ours = vmap(_rrelu, in_dims=in_dim, randomness="same")(x)
    for k in range(x.shape[in_dim]):
        torch.manual_seed(3)
        assert same_bits(ours[k], _rrelu(x.select(in_dim, k).contiguous()))


def test_rrelu_different(device):
    minus_one = -torch.ones(1000, device=device)
    slopes = -vmap(_rrelu, randomness="different")(minus_one.expand(8, 1000))
    assert len(slopes.unique()) > 7500
    shared = -vmap(lambda _: _rrelu(minus_one), randomness="different")(
        torch.zeros(8, device=device)
    )
    assert len(shared.unique()) > 7500, "each sample draws, even from what is not vmapped"
    nested = vmap(vmap(_rrelu, randomness="different"), randomness="different")
    assert len(nested(minus_one.expand(2, 4, 1000)).unique()) > 7500
    outer = vmap(vmap(_rrelu, randomness="same"), randomness="different")
    slopes = outer(minus_one.expand(2, 4, 1000))
    assert (slopes == slopes[:, :1]).all()
    assert (slopes[0] != slopes[1]).any()


def test_rrelu_error(device):
    with pytest.raises(RuntimeError, match="randomness"):
        vmap(_rrelu)(torch.randn(3, 4, device=device))
    assert vmap(lambda x: F.rrelu(x))(torch.randn(3, 4, device=device)).shape == (
        3,
        4,
    )  # evaluation draws nothing


@pytest.mark.parametrize("randomness", ["same", "different"])
def test_rrelu_gradient_draws_the_same_slopes(randomness, device):
    x = torch.randn(4, 50, device=device)
    torch.manual_seed(5)
    gradient = vmap(grad(lambda x: _rrelu(x).sum()), randomness=randomness)(x)
    torch.manual_seed(5)
    slopes = vmap(_rrelu, randomness=randomness)(x) / x
    assert torch.allclose(gradient, slopes, rtol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16], ids=str)
def test_rrelu_jacobian(dtype, device):
    """A batch of gradients shares the slopes; in forward mode every tangent draws the same ones."""
    x = torch.randn(12, device=device).to(dtype)
    for jacobian in (jacrev(_rrelu), jacfwd(_rrelu, randomness="same")):
        torch.manual_seed(2)
        slopes = jacobian(x)
        torch.manual_seed(2)
        leaf = x.clone().requires_grad_()
        (expected,) = torch.autograd.grad(_rrelu(leaf).sum(), leaf)
        assert same_bits(slopes, expected.diag())


def test_rrelu_in_place_and_float16(device):
    x = -torch.ones(4, 50, dtype=torch.float16, device=device)
    torch.manual_seed(1)
    expected = vmap(_rrelu, randomness="different")(x)
    torch.manual_seed(1)
    y = x.clone()
    vmap(lambda x: F.rrelu(x, 0.1, 0.9, True, inplace=True), randomness="different")(y)
    assert same_bits(y, expected)


@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_nested_with_derivatives(case, device):
    """Per-sample gradients and Hessians in a vmap of a vmap equal those of single numbers."""
    x = torch.randn(2, 3, 4, dtype=torch.float64, device=device)
    first = vmap(vmap(vmap(grad(case.value))))(x)
    second = vmap(vmap(vmap(grad(grad(case.value)))))(x)
    assert torch.allclose(first, case.derivative(x), rtol=1e-13, atol=1e-15)
    assert torch.allclose(second, case.second_derivative(x), rtol=1e-12, atol=1e-14)
    row = x[0, 0]
    assert torch.allclose(jacrev(case.value)(row), case.derivative(row).diag(), atol=1e-15)
    assert torch.allclose(jacfwd(case.value)(row), case.derivative(row).diag(), atol=1e-15)
    hessian = torch.func.hessian(lambda x: case.value(x).sum())(row)
    assert torch.allclose(hessian, case.second_derivative(row).diag(), atol=1e-14)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: F.softmax(x, -1),
        lambda x: F.log_softmax(x, 0),
        lambda x: F.softmin(x, 1),
        lambda x: F.glu(x, 1),
        lambda x: F.prelu(x, torch.tensor([0.3, -0.2], dtype=x.dtype, device=x.device)),
    ],
    ids=["softmax", "log_softmax", "softmin", "glu", "prelu"],
)
def test_jacobians_agree(function, device):
    x = torch.randn(3, 2, dtype=torch.float64, device=device)
    numeric = torch.autograd.functional.jacobian(function, x)
    assert torch.allclose(jacrev(function)(x), numeric)
    assert torch.allclose(jacfwd(function)(x), numeric)
    batch = torch.randn(4, 3, 2, dtype=torch.float64, device=device)
    stacked = torch.stack([jacrev(function)(x) for x in batch])
    assert torch.allclose(vmap(jacrev(function))(batch), stacked)
    assert torch.allclose(vmap(jacfwd(function))(batch), stacked)
    assert torch.allclose(
        torch.func.hessian(lambda x: function(x).square().sum())(x),
        torch.autograd.functional.hessian(lambda x: function(x).square().sum(), x),
    )
