"""Derivatives of third order and beyond, by reverse mode, forward mode and both."""

import pytest
import torch
import torch_act
from activations import CASES, DTYPES, FORMULAS
from specified import jumps, kinks, width
from torch.autograd import forward_ad


def _smooth_points(case, device):
    """float64 points that keep clear of every kink by more than the steps of gradcheck."""
    points = torch.linspace(-4.3, 4.1, 23, dtype=torch.float64, device=device) * width(case)
    for seam in [x for x, _ in kinks(case, torch.float64)] + jumps(case, torch.float64):
        points = points[(points - seam).abs() > 0.02 * width(case)]
    return points.requires_grad_()


def _derivative(function, x, order):
    """The derivative of this order, reverse mode each time, as a differentiable function of x."""
    y = function(x)
    for _ in range(order):
        (y,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    return y


@pytest.mark.parametrize("saved", ["input", "output"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_third_and_fourth_derivative(case, saved, device):
    """gradcheck differentiates the second, and the third, derivative numerically."""
    x = _smooth_points(case, device)
    tolerance = {"eps": 1e-5 * width(case), "atol": 1e-5 / width(case) ** 3}
    with torch_act.saved_as(saved):
        assert torch.autograd.gradcheck(lambda x: _derivative(case.value, x, 2), x, **tolerance)
        tolerance["atol"] /= width(case)
        assert torch.autograd.gradcheck(lambda x: _derivative(case.value, x, 3), x, **tolerance)


@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_third_derivative_by_forward_mode(case, device):
    """Forward over reverse over reverse equals three times reverse."""
    x = _smooth_points(case, device)
    with torch_act.saved_as("input"):
        reverse = _derivative(case.value, x, 3)
        with forward_ad.dual_level():
            dual = forward_ad.make_dual(x, torch.ones_like(x))
            forward = forward_ad.unpack_dual(_derivative(case.value, dual, 2)).tangent
    assert forward is not None
    assert torch.allclose(forward, reverse, rtol=1e-13, atol=0)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_third_derivative_at_the_edges(case, dtype, device):
    """At ±inf it vanishes for every activation, at NaN it is NaN or, where f‴ = 0, zero."""
    x = torch.tensor(
        [torch.inf, -torch.inf, torch.nan], dtype=dtype, requires_grad=True, device=device
    )
    with torch_act.saved_as("input"):
        third = _derivative(case.value, x, 3)
    assert third.dtype == dtype
    assert third[:2].tolist() == [0, 0]
    assert third[2].isnan() or third[2] == 0


@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_third_derivative_is_close_to_torch(case, device):
    x = _smooth_points(case, device)
    try:
        theirs = _derivative(case.torch_value, x, 3)
    except RuntimeError:  # torch's graph ends: it takes the derivative for zero, or has none
        theirs = torch.zeros_like(x)
    assert torch.allclose(
        _derivative(case.value, x, 3), theirs, rtol=1e-5, atol=1e-6 / width(case) ** 2
    )
