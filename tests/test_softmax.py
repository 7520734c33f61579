"""softmax, log_softmax, softmin: values, gradients of every order, dims, layouts, dtypes, edges."""

import functools

import numpy as np
import pytest
import torch
from devices import skip_stand_in
from torch.autograd import forward_ad, gradcheck, gradgradcheck

MEMBERS = ["softmax", "log_softmax", "softmin"]
DTYPES = [torch.float32, torch.float64, torch.bfloat16, torch.float16]
HALF = [torch.bfloat16, torch.float16]
# Short rows, rows of a group, one block, several blocks; lanes below, at and above a panel's width.
SHAPES = [
    (7,),
    (5, 3),
    (1, 64),
    (33, 17),
    (9, 100),
    (70, 16),
    (4, 2048),
    (3, 5000),
    (3, 5, 7),
    (2, 40, 65),
]

member = pytest.mark.parametrize("name", MEMBERS)


def op(name):
    return getattr(torch.ops.act, name)


def backward(name):
    return getattr(torch.ops.act, name + "_backward")


def torch_op(name):
    return getattr(torch.nn.functional, name)


def same_bits(a, b):
    return (
        a.shape == b.shape
        and a.dtype == b.dtype
        and torch.equal(a.nan_to_num(nan=1234.5), b.nan_to_num(nan=1234.5))
        and torch.equal(a.isnan(), b.isnan())
    )


def exact(name, x, dim):
    """In 80-bit arithmetic, the largest exponential apart: 1 + rest loses nothing of the rest."""
    v = np.moveaxis(x.double().cpu().numpy().astype(np.longdouble), dim, -1)
    v = -v if name == "softmin" else v
    largest = v.max(-1, keepdims=True)
    e = np.exp(v - largest)
    rest = e.copy()
    np.put_along_axis(rest, v.argmax(-1)[..., None], 0, -1)
    rest = rest.sum(-1, keepdims=True)
    y = (v - largest) - np.log1p(rest) if name == "log_softmax" else e / (1 + rest)
    return np.moveaxis(y, -1, dim)


def ulps(result, reference, dtype):
    info = torch.finfo(dtype)
    magnitude = np.maximum(np.abs(reference), np.longdouble(info.tiny))
    spacing = np.exp2(np.floor(np.log2(magnitude))) * info.eps
    return float((np.abs(result.double().cpu().numpy() - reference) / spacing).max())


@member
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("scale", [1, 30, 1000])
def test_values(name, shape, scale, device):
    # Measured over these and many more: 2.62 in float32, 1.80 in float64 (torch: 67 and more).
    x = torch.randn(shape, dtype=torch.float64, device=device) * scale
    for dim in range(len(shape)):
        for dtype, bound in ((torch.float32, 3), (torch.float64, 2)):
            v = x.to(dtype)
            assert ulps(op(name)(v, dim), exact(name, v, dim), dtype) <= bound
        for dtype in HALF:
            v = x.to(dtype)
            reference = exact(name, v, dim)
            assert ulps(op(name)(v, dim), reference, dtype) <= 0.502
            y = op(name)(v, dim, dtype=torch.float32)
            assert y.dtype == torch.float32
            assert ulps(y, reference, torch.float32) <= 3


@member
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_gradients(name, shape, dtype, device):
    wide = torch.float64
    tolerance = {torch.float64: 1e-13, torch.float32: 2e-6}.get(dtype, torch.finfo(dtype).eps)
    for dim in range(len(shape)):
        x, g = (
            torch.randn(shape, device=device).to(dtype),
            torch.randn(shape, device=device).to(dtype),
        )
        y = op(name)(x, dim)
        ours = backward(name)(g, y, dim, dtype)
        assert ours.dtype == dtype
        # The reference starts from the same rounded output.
        yw, gw = y.to(wide), g.to(wide)
        if name == "log_softmax":
            terms = yw.exp() * gw.sum(dim, keepdim=True)
            reference, size = gw - terms, gw.abs() + yw.exp() * gw.abs().sum(dim, keepdim=True)
        else:
            sign = -1 if name == "softmin" else 1
            total = (gw * yw).sum(dim, keepdim=True)
            reference = sign * yw * (gw - total)
            size = yw * (gw.abs() + (gw * yw).abs().sum(dim, keepdim=True))
        # Below the smallest normal number, half precision has only its subnormal spacing left.
        spacing = torch.finfo(dtype).tiny * torch.finfo(dtype).eps
        assert ((ours.to(wide) - reference).abs() <= tolerance * size + spacing).all()


@member
@pytest.mark.parametrize("dtype", HALF, ids=str)
def test_half_gradient_of_float_output(name, dtype, device):
    x = torch.randn(6, 50, device=device).to(dtype).requires_grad_()
    y = op(name)(x, -1, dtype=torch.float32)
    g = torch.randn(6, 50, device=device)
    (grad,) = torch.autograd.grad(y, x, g)
    reference = backward(name)(g, y.detach(), -1, torch.float32).to(dtype)
    assert same_bits(grad, reference)


@member
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_gradcheck(name, dim, device):
    x = torch.randn(3, 4, 2, dtype=torch.float64, requires_grad=True, device=device)
    f = functools.partial(op(name), dim=dim)
    assert gradcheck(f, (x,), check_forward_ad=True, check_batched_grad=False)
    assert gradgradcheck(f, (x,), check_fwd_over_rev=True, check_rev_over_rev=True)


@member
def test_backward_op_is_differentiable(name, device):
    g = torch.randn(3, 4, dtype=torch.float64, requires_grad=True, device=device)
    y = torch.randn(3, 4, dtype=torch.float64, device=device).softmax(1).requires_grad_()
    f = lambda g, y: backward(name)(g, y, 1, torch.float64)  # noqa: E731
    assert gradcheck(f, (g, y), check_forward_ad=True)
    assert gradgradcheck(f, (g, y))


@member
def test_forward_ad(name, device):
    x, t = torch.randn(2, 4, 5, dtype=torch.float64, device=device)
    with forward_ad.dual_level():
        ours = forward_ad.unpack_dual(op(name)(forward_ad.make_dual(x, t), 1)).tangent
        torchs = forward_ad.unpack_dual(torch_op(name)(forward_ad.make_dual(x, t), 1)).tangent
    torch.testing.assert_close(ours, torchs)


@member
def test_saved_memory_is_the_output(name, device):
    saved = []
    x = torch.randn(8, 16, requires_grad=True, device=device)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.append(t) or t, lambda t: t):
        y = op(name)(x, 1)
    assert [t.data_ptr() for t in saved] == [y.data_ptr()]


def layouts(x, device):
    """The same values, each time somewhere else in memory."""
    yield "contiguous", x.contiguous()
    for dim in range(x.dim()):
        yield f"transposed {dim}", x.transpose(0, dim).contiguous().transpose(0, dim)
    wide = torch.empty([2 * size for size in x.shape], dtype=x.dtype, device=device)
    sliced = wide[tuple(slice(None, None, 2) for _ in x.shape)]
    yield "sliced", sliced.copy_(x)
    shifted = torch.empty(x.numel() + 1, dtype=x.dtype, device=device)[1:].view(x.shape)
    yield "shifted", shifted.copy_(x)
    flipped = torch.empty([2 * size for size in x.shape], dtype=x.dtype, device=device)[
        ..., : x.shape[-1]
    ]
    yield "gaps", flipped[tuple(slice(size) for size in x.shape)].copy_(x)


@member
@pytest.mark.parametrize(
    "shape",
    [(70, 33), (3, 40, 65), (5, 2, 2050), (2100, 9), (300, 3), (70, 300), (40, 8200)],
    ids=str,
)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_layout_changes_no_bit(name, shape, dtype, device):
    x, g = (
        torch.randn(shape, device=device).mul(5).to(dtype),
        torch.randn(shape, device=device).to(dtype),
    )
    for dim in range(len(shape)):
        y = op(name)(x, dim)
        grad = backward(name)(g, y, dim, dtype)
        for label, v in layouts(x, device):
            result = op(name)(v, dim)
            assert result.is_contiguous(), label
            assert same_bits(result, y), label
        for label, v in layouts(g, device):
            assert same_bits(backward(name)(v, y, dim, dtype), grad), label
        # The same rows, elsewhere in the tensor and along another dim.
        moved = op(name)(x.movedim(dim, -1).contiguous(), -1).movedim(-1, dim)
        assert same_bits(moved.contiguous(), y)
        assert (
            same_bits(op(name)(x.narrow(0, 1, shape[0] - 1), dim), y.narrow(0, 1, shape[0] - 1))
            or dim == 0
        )


@member
def test_expanded_input(name, device):
    x = torch.randn(5, 1, 7, device=device).expand(5, 40, 7)
    for dim in range(3):
        assert same_bits(op(name)(x, dim), op(name)(x.contiguous(), dim))


@member
@pytest.mark.parametrize(
    "shape", [(3000, 100), (1500, 200), (2100, 2000)], ids=["far, narrow", "far", "past the caches"]
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_layout_changes_no_bit_of_large_results(name, shape, dtype, device):
    x = torch.randn(shape, device=device).mul(5).to(dtype)
    y = op(name)(x.t().contiguous(), 1).t()
    assert same_bits(op(name)(x, 0), y.contiguous())
    assert same_bits(op(name)(x.t().contiguous().t(), 0), y.contiguous())
    wide = torch.stack([x, x.neg()], -1).flatten(1)
    assert same_bits(op(name)(wide[:, ::2], 0), y.contiguous())
    assert same_bits(op(name)(x.t(), 1), y.t().contiguous())


@member
@pytest.mark.parametrize("shape", [(2, 5, 6, 7), (1, 64, 9, 10), (1, 3, 40, 40)], ids=str)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_channels_last(name, shape, dtype, device):
    x = torch.randn(shape, device=device).to(dtype)
    y = x.contiguous(memory_format=torch.channels_last)
    for dim in range(4):
        assert same_bits(op(name)(y, dim), op(name)(x, dim))


@member
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_dim_of_size_1(name, dtype, device):
    """One element: what the row of it and one that weighs nothing would give."""
    inf, nan = float("inf"), float("nan")
    x = torch.cat([torch.randn(300), torch.tensor([0.0, -0.0, inf, -inf, nan, 3e4, 1e-7])])
    x = x.to(device, dtype)
    result = op(name)(x[:, None], 1)[:, 0]
    assert same_bits(result, op(name)(x[None], 0)[0])
    assert torch.equal(result.isnan(), ~x.isfinite())
    assert (result[x.isfinite()] == (0 if name == "log_softmax" else 1)).all()
    assert (result[x.isfinite()].signbit() == (name == "log_softmax")).all()

    y = torch.randn_like(x)
    y[:3] = torch.tensor([1, -0.0, 80])
    nothing = torch.zeros_like(x)
    for g in (x, torch.randn_like(x)):
        pair = backward(name)(torch.stack([g, nothing], 1), torch.stack([y, nothing], 1), 1, dtype)
        for dim in (0, 1):
            single = backward(name)(g.unsqueeze(dim), y.unsqueeze(dim), dim, dtype)
            assert same_bits(single.flatten(), pair[:, 0])


@member
def test_thread_count_changes_no_bit(name, device):
    threads = torch.get_num_threads()
    for shape, dim in (((2000, 100), 1), ((300, 700), 0), ((3, 50000), 1)):
        x, g = torch.randn(2, *shape, device=device)
        results = []
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            y = op(name)(x, dim)
            results.append((y, backward(name)(g, y, dim, x.dtype)))
        torch.set_num_threads(threads)
        for y, grad in results[1:]:
            assert same_bits(y, results[0][0])
            assert same_bits(grad, results[0][1])


@pytest.mark.parametrize("n", [1, 2, 3, 15, 16, 17, 31, 33, 64, 65, 2047, 2048, 2049, 4097])
@member
def test_lengths_around_blocks(name, n, device):
    for shape, dim in (((3, n), 1), ((n, 3), 0), ((n, 100), 0), ((20, n), 1)):
        x = torch.randn(shape, device=device)
        assert ulps(op(name)(x, dim), exact(name, x, dim), torch.float32) <= 3


@member
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize(
    ("shape", "dim"), [((6, 20), 1), ((20, 70), 0), ((4, 5000), 1), ((5000, 6), 0)]
)
def test_special_rows(name, shape, dim, dtype, device):
    inf = float("inf")
    sign = -1 if name == "softmin" else 1
    x = torch.randn(shape, device=device).to(dtype)
    rows = x.movedim(dim, -1)
    rows[0] = -inf * sign
    rows[1, 3] = inf * sign
    rows[2, -1] = float("nan")
    rows[-1, 2:] = -inf * sign
    y = op(name)(x, dim).movedim(dim, -1)
    assert y[:3].isnan().all()
    assert torch.equal(y.isnan(), torch_op(name)(x, dim).movedim(dim, -1).isnan())
    assert torch.equal(y[-1, 2:], torch.full_like(y[-1, 2:], -inf if name == "log_softmax" else 0))
    # torch's own half precision is off by several units here; its float64 by few enough.
    theirs = torch_op(name)(x.double(), dim).movedim(dim, -1).to(dtype)
    rtol = max(4 * torch.finfo(dtype).eps, 1e-13)
    torch.testing.assert_close(y, theirs, rtol=rtol, atol=torch.finfo(dtype).tiny, equal_nan=True)


@member
def test_far_apart(name, device):
    sign = -1 if name == "softmin" else 1
    for big in (300.0, 1e4, 1e38):
        for other in (0.0, -big, big - 1):
            x = torch.tensor([[big, other, other, big]], device=device) * sign
            assert ulps(op(name)(x, 1), exact(name, x, 1), torch.float32) <= 2
            many = torch.full((1, 5000), other, device=device) * sign
            many[0, 4000] = big * sign
            assert ulps(op(name)(many, 1), exact(name, many, 1), torch.float32) <= 3


def test_sum_keeps_its_digits(device):
    # Each of the small ones is lost in a float sum that holds the large one already.
    x = torch.full((1, 4_000_000), -17.0, device=device)
    x[0, 0] = 0
    for name in ("softmax", "log_softmax"):
        assert ulps(op(name)(x, 1), exact(name, x, 1), torch.float32) <= 3
        assert ulps(op(name)(x.t(), 0), exact(name, x.t(), 0), torch.float32) <= 3


def test_dominated_row_keeps_the_rest(device):
    for gap in (1.0, 20.0, 60.0, 87.0):
        x = torch.tensor([[0.0, -gap, -gap - 1]], device=device)
        for v in (x, x.double()):
            assert ulps(torch.ops.act.log_softmax(v, 1), exact("log_softmax", v, 1), v.dtype) <= 4


@member
def test_degenerate_shapes(name, device):
    for shape, dim in (
        ((0,), 0),
        ((0, 3), 0),
        ((0, 3), 1),
        ((3, 0), 1),
        ((2, 0, 4), 1),
        ((2, 0, 4), 2),
    ):
        x = torch.randn(shape, requires_grad=True, device=device)
        y = op(name)(x, dim)
        assert y.shape == x.shape
        y.sum().backward()
        assert x.grad.shape == x.shape
    for dim in (0, -1):
        x = torch.tensor(3.0, requires_grad=True, device=device)
        y = op(name)(x, dim)
        assert y.item() == (0.0 if name == "log_softmax" else 1.0)
        y.backward()
        assert x.grad.item() == 0.0
    assert torch.equal(
        op(name)(torch.randn(4, 1, 3, device=device), 1),
        torch_op(name)(torch.zeros(4, 1, 3, device=device), 1),
    )


@member
def test_dtype_argument(name, device):
    integers = torch.tensor([[1, 2, 3], [3, 3, 9]], device=device)
    for source in (torch.int64, torch.uint8, torch.bool):
        for target in DTYPES:
            y = op(name)(integers.to(source), 1, dtype=target)
            assert same_bits(y, op(name)(integers.to(source).to(target), 1))
    x = torch.randn(3, 4, dtype=torch.float64, requires_grad=True, device=device)
    y = op(name)(x, 1, dtype=torch.float32)
    assert same_bits(y.detach(), op(name)(x.detach().float(), 1))
    y.sum().backward()
    assert x.grad.dtype == torch.float64


@member
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_out(name, dtype, device):
    x = torch.randn(6, 7, device=device).to(dtype)
    y = op(name)(x, 0)
    out = torch.empty(0, dtype=dtype, device=device)
    assert op(name).out(x, 0, out=out) is out
    assert same_bits(out, y)
    out = torch.empty(7, 6, dtype=dtype, device=device).t()
    op(name).out(x, 0, out=out)
    assert same_bits(out.contiguous(), y)
    assert out.stride() == (1, 6)
    again = x.clone()
    op(name).out(again, 0, out=again)
    assert same_bits(again, y)


@member
def test_out_errors(name, device):
    x = torch.randn(4, 4, device=device)
    before = x.clone()
    with pytest.raises(
        RuntimeError, match=rf"act::{name}: expected out to have dtype .*Float.*Double"
    ):
        op(name).out(x, 0, out=torch.empty(4, 4, dtype=torch.float64, device=device))
    with pytest.raises(RuntimeError, match="don't support automatic differentiation"):
        op(name).out(x.clone().requires_grad_(), 0, out=torch.empty(4, 4, device=device))
    with pytest.raises(RuntimeError, match="memory"):
        op(name).out(x[:3], 0, out=x[1:])
    with pytest.raises(RuntimeError, match="memory"):
        op(name).out(x, 0, out=torch.empty(1, 4, device=device).expand(4, 4))
    assert torch.equal(x, before)


@member
def test_bad_input(name, device):
    x = torch.randn(2, 3, device=device)
    for dim in (2, -3, 5):
        with pytest.raises(IndexError, match=rf"act::{name}: expected dim in \[-2, 1\], got {dim}"):
            op(name)(x, dim)
    with pytest.raises(IndexError, match=r"expected dim in \[-1, 0\], got 1"):
        op(name)(torch.tensor(1.0, device=device), 1)
    for dtype in (torch.int64, torch.bool, torch.uint8):
        with pytest.raises(
            RuntimeError, match=rf"act::{name}: expected a tensor of torch.float32.*got"
        ):
            op(name)(x.to(dtype), 1)
    with pytest.raises(RuntimeError, match=f"act::{name}: expected"):
        op(name)(x.to(torch.complex64), 1)
    with pytest.raises(
        RuntimeError, match=rf"act::{name}: expected dtype to be torch.float32.*got Int"
    ):
        op(name)(x, 1, dtype=torch.int32)
    y = op(name)(x, 1)
    with pytest.raises(RuntimeError, match="grad_output to have the shape"):
        backward(name)(torch.randn(3, 2, device=device), y, 1, torch.float32)
    with pytest.raises(RuntimeError, match="grad_output to have the dtype"):
        backward(name)(torch.randn(2, 3, device=device).double(), y, 1, torch.float32)
    with pytest.raises(RuntimeError, match="expected input_dtype"):
        backward(name)(torch.randn(2, 3, device=device), y, 1, torch.float64)


@member
def test_opcheck(name, device):
    skip_stand_in(device, "opcheck knows no such device")
    x = torch.randn(3, 4, requires_grad=True, device=device)
    torch.library.opcheck(op(name).default, (x, 1))
    torch.library.opcheck(
        op(name).default, (torch.randn(3, 4, device=device).bfloat16(), 0), {"dtype": torch.float32}
    )
    y = op(name)(x, 1).detach()
    torch.library.opcheck(
        backward(name).default, (torch.randn(3, 4, device=device), y, 1, torch.float32)
    )


@member
def test_vmap(name, device):
    x = torch.randn(5, 3, 4, device=device)
    for dim in (0, 1, -1):
        ours = torch.vmap(lambda v, dim=dim: op(name)(v, dim))(x)
        assert same_bits(ours, torch.stack([op(name)(v, dim) for v in x]))


# The batching rules of torch.func.vmap are torch's fallback, which says so.
@pytest.mark.filterwarnings("ignore:There is a performance drop")
@member
def test_functorch(name, device):
    x = torch.randn(3, 4, dtype=torch.float64, device=device)
    ours = torch.func.hessian(lambda v: op(name)(v, 1).pow(3).sum())(x)
    theirs = torch.func.hessian(lambda v: torch_op(name)(v, 1).pow(3).sum())(x)
    torch.testing.assert_close(ours, theirs)
