"""Gradients: bounds on the derivatives, autograd of both orders and modes, what is saved."""

import numpy as np
import pytest
import torch
import torch_act
from activations import (
    CASES,
    CASES_IN_TORCH,
    COMPUTED_IN,
    DTYPES,
    FORMULAS,
    HALF_DTYPES,
    NUMPY,
    numbers_of_kernels,
    same_bits,
    units_apart,
)
from samples import exact, sample
from specified import SELU_SLOPE, derivative_from_output, jumps, kinks, width
from torch_act.accuracy.reference import Reference
from torch_act.accuracy.ulp import cancellation_floor, describe, error

BOUND = {torch.float32: 2.0, torch.float64: 2.0}  # ulp


@numbers_of_kernels
@pytest.mark.parametrize("dtype", BOUND, ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_derivative_within_bound(case, dtype, measured, device):
    points, reference = sample(case, dtype), exact(case, dtype)
    result = case.derivative(torch.from_numpy(points).to(device, dtype)).double().cpu().numpy()
    floor = cancellation_floor(case, 1, points)
    errors = error(result, reference.high[1], reference.low[1], dtype, floor)
    measured(f"derivative, ulp of {dtype}", case, errors.max())
    assert errors.max() <= BOUND[dtype], describe(errors, points, result, reference.high[1])


# f″ carries no promise of a relative bound next to its zeros: its error counts in ulp of the
# largest |f″| around.
SECOND_BOUND = {torch.float32: 8.0, torch.float64: 8.0}


@numbers_of_kernels
@pytest.mark.parametrize("dtype", BOUND, ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_second_derivative_within_bound(case, dtype, measured, device):
    points, reference = sample(case, dtype), exact(case, dtype)
    seams = np.array([x for x, _ in kinks(case, dtype)] + [np.nan])
    smooth = ~np.isin(points, seams)
    points, second = points[smooth], reference.high[2, smooth]
    result = (
        case.second_derivative(torch.from_numpy(points).to(device, dtype)).double().cpu().numpy()
    )
    near_zeros = np.abs(points / width(case)) < 6
    floor = np.where(near_zeros, 0.1 / width(case), 0.0)
    errors = error(result, second, reference.low[2, smooth], dtype, floor)
    measured(f"second derivative, ulp of {dtype}", case, errors.max())
    assert errors.max() <= SECOND_BOUND[dtype], describe(errors, points, result, second)


@numbers_of_kernels
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_derivative_at_kinks(case, dtype, device):
    for x, slope in kinks(case, dtype):
        at = torch.tensor([x], dtype=COMPUTED_IN[dtype], device=device).to(dtype)
        if at.item() != x:
            continue  # the kink is no number of this dtype
        expected = torch.tensor([slope], dtype=COMPUTED_IN[dtype], device=device).to(dtype)
        assert torch.equal(case.derivative(at), expected), (x, slope)
        if not case.in_torch or case.keywords.get("alpha") == float("inf"):
            continue  # torch's celu(alpha=inf) has the gradient NaN
        theirs = at.clone().requires_grad_()
        case.torch_value(theirs).backward(torch.ones_like(at))
        assert torch.allclose(theirs.grad, expected), "the specified derivative is not torch's"


DETERMINED = [case for case in CASES if derivative_from_output(case, torch.float32)]


@numbers_of_kernels
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("case", DETERMINED, ids=str)
def test_derivative_from_output_within_bound(case, dtype, measured, device):
    """h(y) with h(f(x)) = f′(x), judged at the y that came out: that is all an in-place op has."""
    pieces = derivative_from_output(case, dtype)
    assert case.output_gives_gradient, "the op should take is_result"
    points = sample(case, dtype)[::7]
    y = case.value(torch.from_numpy(points).to(device, dtype)).unique()
    y = y[y.isfinite()]
    h = Reference(pieces, case.numbers(dtype), NUMPY[dtype]).at(
        y.double().cpu().numpy().clip(-(2.0**200), 2.0**200),
        float(np.finfo(NUMPY[dtype]).smallest_subnormal),
    )
    ones = torch.ones_like(y)
    result = case.backward(ones, y, is_result=True).double().cpu().numpy()
    # y + alpha cancels where y approaches -alpha: no better than the constant is rounded.
    constant = {"celu": 1.0, "selu": SELU_SLOPE}.get(case.name, 0.0)
    errors = error(
        result, h.high[0], h.low[0], dtype, np.full(len(y), constant) * (y <= 0).cpu().numpy()
    )
    measured(f"derivative from output, ulp of {dtype}", case, errors.max())
    assert errors.max() <= BOUND[dtype], describe(
        errors, y.double().cpu().numpy(), result, h.high[0]
    )
    second = case.double_backward(ones, ones, y, is_result=True).double().cpu().numpy()
    assert np.allclose(second, h.high[1], rtol=1e-6 if dtype == torch.float32 else 1e-14, atol=0)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_backward_multiplies_by_the_derivative(case, dtype, device):
    x = torch.linspace(-7, 7, 999, dtype=COMPUTED_IN[dtype], device=device).to(dtype)
    g, gg = torch.randn(2, 999, dtype=COMPUTED_IN[dtype], device=device).to(dtype)
    wide, wide_g, wide_gg = (t.to(COMPUTED_IN[dtype]) for t in (x, g, gg))
    slope, curvature = case.derivative(wide), case.second_derivative(wide)
    _assert_product(case.backward(g, x), wide_g * slope)
    _assert_product(case.double_backward(gg, g, x), wide_gg * wide_g * curvature)


def _assert_product(found, product):
    """Half types are the nearest number; the product in float32, rounded, may be a neighbour."""
    rounded = product.to(found.dtype)
    if found.dtype in HALF_DTYPES:
        neighbours = units_apart(found, rounded)
        assert neighbours.max() <= 1
        assert (neighbours > 0).sum() <= len(found) // 100
    else:
        # + 0 where the derivative is 0: the sign of a zero gradient is not specified.
        assert same_bits(found + 0, rounded + 0)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_autograd_gives_what_the_backward_op_gives(case, dtype, device):
    x = torch.linspace(-7, 7, 257, device=device).to(dtype).requires_grad_()
    g = torch.randn(257, device=device).to(dtype)
    with torch_act.saved_as("input"):
        y = case.value(x)
    (gradient,) = torch.autograd.grad(y, x, g)
    assert same_bits(gradient + 0, case.backward(g, x.detach()) + 0)


# In units of max(1, |f′|). torch's own derivatives cancel in saturation.
TOLERANCE = {
    torch.float32: 1e-5,
    torch.float64: 1e-13,
    torch.bfloat16: 2**-7,
    torch.float16: 2**-10,
}


def _tolerance(case, dtype):
    if case.name == "hardsigmoid":  # torch's 1/6 is a float32 in float64 tensors, too
        return max(1e-8, TOLERANCE[dtype])
    if case.name == "celu":  # torch's backward takes 1/alpha as a float32 in float64 tensors, too
        return max(1e-7, 64 * TOLERANCE[dtype])
    return TOLERANCE[dtype]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", CASES_IN_TORCH, ids=str)
def test_gradient_is_close_to_torch(case, dtype, device):
    if case.keywords.get("alpha") == float("inf"):
        pytest.skip("torch's celu(alpha=inf) is NaN below 0; ours is the identity")
    points = sample(case, torch.float32)
    x = torch.from_numpy(points[np.abs(points) < 80 * max(1, width(case))]).to(device, dtype)
    x = x[x.isfinite()]
    for at in jumps(case, dtype):  # where the half types of torch decide by a rounded product
        x = x[(x.double() - at).abs() > 0.01 * abs(at)]
    ours, theirs = (x.clone().requires_grad_() for _ in range(2))
    case.value(ours).sum().backward()
    case.torch_value(theirs).sum().backward()
    found, expected = ours.grad.double(), theirs.grad.double()
    assert torch.equal(found.isinf(), expected.isinf())
    finite = expected.isfinite()
    difference = ((found - expected).abs() / expected.abs().clamp_min(1))[finite]
    worst = difference.argmax()
    assert difference[worst] <= _tolerance(case, dtype), (x[finite][worst], difference[worst])


def _smooth_points(case, device):
    """float64 points away from every kink by more than the steps of gradcheck."""
    points = torch.linspace(-4.3, 4.1, 23, dtype=torch.float64, device=device) * width(case)
    seams = [x for x, _ in kinks(case, torch.float64)] + jumps(case, torch.float64)
    for seam in seams:
        points = points[(points - seam).abs() > 0.02 * width(case)]
    assert len(points) > 10
    return points.requires_grad_()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradcheck(case, device):
    x = _smooth_points(case, device)
    assert torch.autograd.gradcheck(case.value, x, check_forward_ad=True)
    assert torch.autograd.gradcheck(lambda x: case.in_place(x.clone()), x, check_forward_ad=True)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradgradcheck(case, device):
    x = _smooth_points(case, device)
    assert torch.autograd.gradgradcheck(case.value, x)
    assert torch.autograd.gradgradcheck(lambda x: case.in_place(x.clone()), x)


@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_forward_mode_over_reverse_mode(case, device):
    """f″ twice: forward mode over the gradient, and the gradient of the gradient."""
    x = _smooth_points(case, device)

    def gradient(x):
        return torch.autograd.grad(case.value(x).sum(), x, create_graph=True)[0]

    with torch_act.saved_as("input"), torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(x, torch.ones_like(x))
        forward = torch.autograd.forward_ad.unpack_dual(gradient(dual)).tangent
    second = case.second_derivative(x.detach())
    assert torch.allclose(
        torch.zeros_like(x) if forward is None else forward, second, rtol=1e-14, atol=0
    )


def _output_suffices(case, dtype):
    """Whether f(x), rounded to the dtype, still tells f′(x): no constant may move when rounded."""
    constants = {"hardtanh": ("min_val", "max_val"), "threshold": ("value",)}.get(case.name, ())
    computed = [case.numbers(dtype)[name] for name in constants]
    moved = any(torch.tensor(c, dtype=torch.float64).to(dtype).item() != c for c in computed)
    return derivative_from_output(case, dtype) is not None and not moved


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_in_place_gradient(case, dtype, device):
    x = (torch.linspace(-7, 7, 257, device=device) * width(case)).to(dtype).requires_grad_()
    g = torch.randn(257, device=device).to(dtype)
    y = case.in_place(x.clone())
    (gradient,) = torch.autograd.grad(y, x, g)
    if _output_suffices(case, dtype):
        expected = case.backward(g, y.detach(), is_result=True)
    else:
        expected = case.backward(g, x.detach())
    assert same_bits(gradient + 0, expected + 0)


def test_in_place_bound_that_the_dtype_moves(device):
    """0.1 rounds up in bfloat16: a clipped output looks like an inner one."""
    x = torch.tensor(
        [0.05, 0.2, 0.5, -0.3], dtype=torch.bfloat16, requires_grad=True, device=device
    )
    torch.ops.act.hardtanh_(x.clone(), 0.0, 0.1).sum().backward()
    assert x.grad.tolist() == [1, 0, 0, 0]
    x.grad = None
    torch.ops.act.threshold_(x.clone(), 0.1, 0.1).sum().backward()
    assert x.grad.tolist() == [0, 1, 1, 0]


def _saved_bytes(function, x):
    """Bytes that autograd keeps: all, and those in neither the input's nor the result's memory."""
    saved = {}

    def pack(tensor):
        saved[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = function(x)
    known = {t.untyped_storage().data_ptr() for t in (x, result)}
    return sum(saved.values()), sum(size for pointer, size in saved.items() if pointer not in known)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_saves_no_more_than_torch(case, dtype, device):
    x = torch.randn(1024, device=device).to(dtype).requires_grad_()
    ours, extra = _saved_bytes(case.value, x)
    theirs = _saved_bytes(case.torch_value, x)[0] if case.in_torch else x.nbytes
    assert ours <= theirs
    assert extra == 0


@pytest.mark.parametrize("case", CASES, ids=str)
def test_in_place_keeps_a_copy_only_where_the_output_does_not_suffice(case, device):
    root = torch.randn(1024, requires_grad=True, device=device)
    x = root + 0
    _total, extra = _saved_bytes(case.in_place, x)
    assert extra == (0 if _output_suffices(case, torch.float32) else x.nbytes)
