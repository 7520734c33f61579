"""float64 on a dense sample against ball arithmetic; the half types on every number they have."""

import numpy as np
import torch

from torch_act.accuracy.cases import Case
from torch_act.accuracy.errors import Errors, asymmetries, count, reversals
from torch_act.accuracy.orders import FROM_OUTPUT, ORDERS, Evaluate, Subject
from torch_act.accuracy.points import stratified
from torch_act.accuracy.reference import LARGEST_ARGUMENT, Exact
from torch_act.accuracy.shape import Shape
from torch_act.accuracy.ulp import FORMATS, floor_of, spacing

# The double reference is right to a few of its own ulp, which is far less of a half type's.
UNDECIDED = 2.0**-30  # of an ulp: so close to the middle of two numbers, ball arithmetic decides


def float64_sample(case: Case) -> tuple[np.ndarray, Exact]:
    """The points for float64, symmetric about 0, with the exact results there."""
    points = stratified(case, torch.float64, per_binade=4, dense=3000)
    return points, case.reference(torch.float64).at(points, 5e-324)


def measure_float64(
    subject: Subject, shape: Shape, points: np.ndarray, exact: Exact
) -> tuple[Errors, Errors | None]:
    """Ours and torch's."""
    order = ORDERS.index(subject.order)
    high, low = exact.high[order], exact.low[order]
    return _both(subject, shape, torch.from_numpy(points), high, low)


def measure_half(
    subject: Subject, shape: Shape, compare: bool = True
) -> tuple[Errors, Errors | None]:
    """Ours and, to compare, torch's, over all 65,536 patterns."""
    magnitudes = torch.arange(0, 1 << 15, dtype=torch.int32)
    x = torch.cat([magnitudes.flip(0) | (1 << 15), magnitudes]).to(torch.int16)
    x = x.view(subject.dtype)
    lowest, highest = subject.domain()
    x = x[x.isnan() | ((x >= lowest) & (x <= highest))]
    high = subject.reference(x).numpy()
    low = np.zeros_like(high)
    if subject.order != FROM_OUTPUT:  # there, the double formula has but one rounding
        _decide(subject, x.double().numpy(), high, low)
    return _both(subject, shape, x, high, low, compare)


def _decide(subject: Subject, points: np.ndarray, high: np.ndarray, low: np.ndarray) -> None:
    """Puts the exact result where the reference is too near the middle of two numbers."""
    largest = FORMATS[subject.dtype].largest
    with np.errstate(invalid="ignore"):
        ulps = np.abs(high) / spacing(np.minimum(np.abs(high), largest), subject.dtype)
        near = np.abs(ulps - np.floor(ulps) - 0.5) < UNDECIDED * np.maximum(ulps, 1)
    near &= np.abs(points) <= LARGEST_ARGUMENT
    at = np.flatnonzero(near)
    exact = subject.case.reference(subject.dtype).at(points[at], 5e-324)
    order = ORDERS.index(subject.order)
    high[at], low[at] = exact.high[order], exact.low[order]


def _both(
    subject: Subject,
    shape: Shape,
    x: torch.Tensor,
    high: np.ndarray,
    low: np.ndarray,
    compare: bool = True,
) -> tuple[Errors, Errors | None]:
    theirs = subject.theirs() if compare else None
    return (
        _measure(subject, shape, subject.ours, x, high, low),
        None if theirs is None else _measure(subject, shape, theirs, x, high, low),
    )


def _measure(
    subject: Subject,
    shape: Shape,
    evaluate: Evaluate,
    x: torch.Tensor,
    high: np.ndarray,
    low: np.ndarray,
) -> Errors:
    """x ascends and, unless it is an output, is symmetric about 0."""
    points, result = x.double().numpy(), evaluate(x).double().numpy()
    lowest, highest, floor = floor_of(subject.case, subject.order)
    floors = np.where((points > lowest) & (points < highest), floor, 0.0)
    errors = count(points, result, high, low, subject.dtype, floors)
    if shape.direction:
        errors.reversals = reversals(result, shape.direction)
    if shape.symmetry:
        half = len(result) // 2
        errors.asymmetries = asymmetries(result[-half:], result[:half][::-1], shape.symmetry)
    return errors
