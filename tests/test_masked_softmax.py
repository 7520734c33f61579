"""Softmax over the elements that a mask keeps: values, gradients, layouts, edges."""

import numpy as np
import pytest
import torch
import torch_act
from masked_softmax import absent, case, filled, member, op

F = torch_act.functional
DTYPES = [torch.float32, torch.float64, torch.bfloat16, torch.float16]
HALF = [torch.bfloat16, torch.float16]
# Panels, groups of rows, whole blocks, rows of several blocks.
SHAPES = [(7,), (5, 3), (9, 100), (70, 16), (2, 5000), (300, 40), (2, 40, 65)]


def exact(name, x, mask, temperature, dim):
    """In 80 bits, of the quotients as they are rounded."""
    wide = torch.where(mask, x, 0).to(torch.float32 if x.dtype in HALF else x.dtype)
    # On the CPU: torch's CUDA kernel multiplies by the reciprocal of a number.
    logits = (wide.cpu() / temperature).double().numpy().astype(np.longdouble)
    logits = -logits if name == "softmin" else logits
    logits = np.where(mask.cpu().numpy(), logits, -np.inf)
    shifted = logits - logits.max(dim, keepdims=True)
    e = np.exp(shifted)
    # The largest exponential apart: 1 + rest loses nothing of the rest.
    np.put_along_axis(e, np.expand_dims(shifted.argmax(dim), dim), 0, dim)
    rest = e.sum(dim, keepdims=True)
    return shifted - np.log1p(rest) if name == "log_softmax" else np.exp(shifted) / (1 + rest)


@member
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_values(name, shape, dtype, device):
    x, mask = case(shape, dtype, device)
    for dim in range(len(shape)):
        for temperature in (1.0, 0.5, 3.0):
            y = op(name)(x, dim, mask=mask, temperature=temperature)
            want = exact(name, x, mask, temperature, dim)
            result = y.double().cpu().numpy()
            kept = mask.cpu().numpy()
            assert (result[~kept] == absent(name)).all()
            eps, tiny = torch.finfo(dtype).eps, torch.finfo(dtype).tiny
            # Half of a half type's unit, and what float32 adds to it.
            units = 0.502 if dtype in HALF else 3 if dtype == torch.float32 else 5
            scale = np.exp2(np.floor(np.log2(np.maximum(np.abs(want[kept]), tiny))))
            assert (np.abs(result[kept] - want[kept]) <= units * eps * scale).all()


@member
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_is_the_unmasked_op_of_what_is_kept(name, shape, device):
    """Bit for bit: the sums add the same numbers in the same order."""
    for dtype in (torch.float32, torch.float64):
        x, mask = case(shape, dtype, device)
        for dim in range(len(shape)):
            y = op(name)(x, dim, mask=mask)
            assert torch.equal(y, getattr(torch.ops.act, name)(filled(name, x, mask), dim))
            quotient = getattr(torch.ops.act, name)(
                filled(name, (x.cpu() / 0.7).to(device), mask), dim
            )
            assert torch.equal(op(name)(x, dim, mask=mask, temperature=0.7), quotient)


@member
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_gradients(name, shape, dtype, device):
    x, mask = case(shape, dtype, device)
    generator = torch.Generator().manual_seed(1)
    g = torch.randn(shape, generator=generator).to(device, dtype)
    for dim in range(len(shape)):
        y = op(name)(x, dim, mask=mask, temperature=0.7)
        rubbish = torch.where(mask, g, torch.nan)
        backward = getattr(torch.ops.act, f"masked_{name}_backward")
        ours = backward(rubbish, y, dim, 0.7, dtype)
        assert (ours[~mask] == 0).all()
        # The reference starts from the same rounded output.
        wide, gradient = y.double(), torch.where(mask, g, 0).double()
        if name == "log_softmax":
            want = gradient - wide.exp() * gradient.sum(dim, keepdim=True)
            size = gradient.abs() + wide.exp() * gradient.abs().sum(dim, keepdim=True)
        else:
            product = gradient * wide
            want = wide * (gradient - product.sum(dim, keepdim=True))
            size = wide * (gradient.abs() + product.abs().sum(dim, keepdim=True))
        want = (-want if name == "softmin" else want) / 0.7
        units = 8 if dtype == torch.float64 else 4  # 4.8: the reference adds no better than we do
        bound = units * torch.finfo(dtype).eps * size / 0.7 + torch.finfo(dtype).tiny
        assert ((ours.double() - want).abs() <= bound)[mask].all()


def masks(device):
    yield "full", torch.rand(4, 6, 33, device=device) < 0.5
    yield "keys", torch.rand(4, 1, 33, device=device) < 0.5
    yield "last alone", torch.rand(33, device=device) < 0.5
    yield "queries", torch.rand(6, 1, device=device) < 0.5
    yield "one", torch.tensor(True, device=device)
    yield "none", torch.tensor(False, device=device)
    yield "transposed", (torch.rand(33, 6, 4, device=device) < 0.5).permute(2, 1, 0)
    yield "every second", (torch.rand(4, 6, 66, device=device) < 0.5)[..., ::2]
    yield "expanded", (torch.rand(1, 6, 1, device=device) < 0.5).expand(4, 6, 33)


@member
def test_masks_are_read_as_they_lie(name, device):
    x = torch.randn(4, 6, 33, device=device)
    for layout in (
        x,
        x.permute(2, 0, 1).contiguous().permute(1, 2, 0),
        x.repeat(1, 1, 2)[..., ::2],
    ):
        x = layout[..., :33]
        for kind, mask in masks(device):
            for dim in range(3):
                whole = mask.expand(4, 6, 33).contiguous()
                want = op(name)(x.contiguous(), dim, mask=whole)
                assert torch.equal(op(name)(x, dim, mask=mask), want), (kind, dim)
                out = torch.empty(33, 6, 4, device=device).permute(2, 1, 0)
                assert op(name)(x, dim, mask=mask, out=out) is out
                assert torch.equal(out, want)


@member
def test_rows_without_elements(name, device):
    x = torch.randn(3, 8, device=device, requires_grad=True)
    mask = torch.ones(3, 8, dtype=torch.bool, device=device)
    mask[1] = False
    zero = op(name)(x, 1, mask=mask)
    assert (zero[1] == absent(name)).all()
    (gradient,) = torch.autograd.grad(zero, x, torch.full_like(zero, torch.nan))
    assert (gradient[1] == 0).all()
    assert gradient[0].isnan().all()
    nan = op(name)(x, 1, mask=mask, empty="nan")
    assert nan[1].isnan().all()
    assert torch.equal(nan[::2], zero[::2])
    (gradient,) = torch.autograd.grad(nan, x, torch.ones_like(nan))
    assert (gradient[1] == 0).all(), "the mask is what blocks the gradient, here too"
    # Kept, but -inf (softmin: inf) throughout: nothing is left of such a row either.
    infinite = filled(name, torch.randn(3, 8, device=device), mask)
    everything = torch.ones_like(mask)
    assert (op(name)(infinite, 1, mask=everything)[1] == absent(name)).all()
    assert op(name)(infinite, 1, empty="nan")[1].isnan().all()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_as_torchs_safe_softmax(dtype, device):
    x, mask = case((6, 5, 50), dtype, device, kept=0.1)
    mask[2], mask[3, 1] = False, False
    theirs = torch._safe_softmax(filled("softmax", x, mask).cpu(), -1)
    ours = F.softmax(x, -1, mask=mask)
    assert (ours[2] == 0).all()
    assert torch.equal(ours.cpu() == 0, theirs == 0)
    torch.testing.assert_close(
        ours.cpu(), theirs, rtol=32 * torch.finfo(dtype).eps, atol=0
    )  # theirs is 10 off


def test_attention_with_a_mask(device):
    q, k, v = torch.randn(3, 2, 4, 12, 8, device=device, dtype=torch.float64).unbind()
    mask = torch.rand(2, 1, 12, 12, device=device) < 0.4
    mask[0, 0, 3] = False
    weights = F.softmax(q @ k.mT, -1, mask=mask, temperature=8**0.5)
    want = torch.nn.functional.scaled_dot_product_attention(
        q.cpu(), k.cpu(), v.cpu(), attn_mask=mask.cpu()
    )
    torch.testing.assert_close((weights @ v).cpu(), want)


@member
def test_nan_and_infinities_among_the_kept(name, device):
    nan, inf = torch.nan, torch.inf
    for size, dim in ((9, 1), (300, 1), (5000, 1), (9, 0), (300, 0)):
        rows = torch.randn(40, size, device=device)
        mask = torch.rand(40, size, device=device) < 0.5
        mask[:, :3] = True
        rows[0, 1], rows[1, 1] = nan, -inf if name == "softmin" else inf
        x, kept = (rows, mask) if dim == 1 else (rows.t().contiguous(), mask.t())
        y = op(name)(x, dim, mask=kept)
        by_row = y if dim == 1 else y.t()
        for row in (0, 1):
            assert by_row[row][mask[row]].isnan().all()
            assert (by_row[row][~mask[row]] == absent(name)).all()
        assert not by_row[2:].isnan().any()
        g = torch.ones_like(y)
        gradient = getattr(torch.ops.act, f"masked_{name}_backward")(g, y, dim, 1.0, x.dtype)
        assert (gradient[~kept] == 0).all()
        assert (gradient if dim == 1 else gradient.t())[0][mask[0]].isnan().all()


@member
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_beside_infinity_every_kept_element_is_nan(name, dtype, device):
    """Whatever its size: some exponentials vanish by accident there, which is not absence."""
    kept = torch.linspace(-100, 100, 20_001, device=device).to(dtype)
    sign = -1 if name == "softmin" else 1
    x = sign * torch.stack([kept, torch.full_like(kept, torch.inf)], 1)
    for dim, rows in ((1, x), (0, x.t().contiguous())):
        assert op(name)(rows, dim).isnan().all()


def test_functions_and_modules(device):
    x, mask = case((4, 6), torch.float32, device)
    for name, module in (
        ("softmax", torch_act.nn.Softmax),
        ("softmin", torch_act.nn.Softmin),
        ("log_softmax", torch_act.nn.LogSoftmax),
    ):
        want = op(name)(x, 1, mask=mask, temperature=0.5)
        assert torch.equal(getattr(F, name)(x, 1, mask=mask, temperature=0.5), want)
        tempered = module(1, temperature=0.5)
        assert torch.equal(tempered(x, mask), want)
        assert repr(tempered) == f"{module.__name__}(dim=1, temperature=0.5)"
        assert repr(module(1)) == f"{module.__name__}(dim=1)"
        assert torch.equal(module(1)(x[:, :1]), getattr(F, name)(x[:, :1], 1))
        wide = getattr(F, name)(x, 1, dtype=torch.float64, mask=mask)
        assert torch.equal(wide, op(name)(x.double(), 1, mask=mask))
        half = x.half()
        assert torch.equal(
            getattr(F, name)(half, 1, dtype=torch.float32, mask=mask),
            op(name)(half.float(), 1, mask=mask),
        )
    nothing = torch.full((2, 3), -torch.inf, device=device)
    assert F.softmax(nothing, 1).isnan().all()
    assert F.softmax(nothing, 1, temperature=2.0).isnan().all()
    assert (F.softmax(nothing, 1, empty="zero") == 0).all()
    assert (F.softmax(nothing, 1, mask=nothing == 0) == 0).all()


def test_errors(device):
    x = torch.randn(3, 4, device=device)
    for temperature in (0.0, -1.0, torch.nan, torch.inf, 1e-60):
        with pytest.raises(ValueError, match="masked_softmax: expected temperature > 0"):
            F.softmax(x, 1, temperature=temperature)
    assert F.softmax(x.double(), 1, temperature=1e-60).isfinite().all()
    with pytest.raises(RuntimeError, match=r"mask of torch.bool"):
        F.softmax(x, 1, mask=x)
    for shape in ((3, 5), (2, 3, 4), (4, 1)):
        with pytest.raises(RuntimeError, match="mask that broadcasts to the shape of self"):
            F.softmax(x, 1, mask=torch.ones(shape, dtype=torch.bool, device=device))
    with pytest.raises(RuntimeError, match="mask on the device of self"):
        F.softmax(x, 1, mask=torch.ones(3, 4, dtype=torch.bool, device="meta"))
    with pytest.raises(ValueError, match="empty to be 'zero' or 'nan', got 'none'"):
        F.softmax(x, 1, mask=x > 0, empty="none")
    with pytest.raises(IndexError, match="expected dim in"):
        F.softmax(x, 2, mask=x > 0)
    with pytest.raises(RuntimeError, match=r"masked_softmax: expected a tensor of torch.float32"):
        F.softmax(torch.ones(3, device=device).int(), 0, empty="zero")


def test_empty_tensors(device):
    for shape, dim in (((0,), 0), ((0, 5), 1), ((5, 0), 1), ((3, 0, 2), 0)):
        x = torch.empty(shape, device=device, requires_grad=True)
        y = op("softmax")(x, dim, mask=torch.ones(shape, dtype=torch.bool, device=device))
        assert y.shape == shape
        y.sum().backward()
        assert x.grad.shape == shape
