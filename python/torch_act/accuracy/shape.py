"""In which direction a function goes, if in one, and whether it is odd or even.

Read off the exact function: what is true of some thousand points with every seam among them.
"""

from dataclasses import dataclass

import numpy as np

from torch_act.accuracy.cases import COMPUTED_IN
from torch_act.accuracy.orders import FROM_OUTPUT, ORDERS, Subject
from torch_act.accuracy.points import seams, stratified
from torch_act.accuracy.reference import Exact


@dataclass(frozen=True)
class Shape:
    direction: int  # 1: never falls, -1: never rises, 0: both
    symmetry: int  # 1: even, -1: odd, 0: neither


NONE = Shape(0, 0)


def shapes(subject: Subject) -> dict[str, Shape]:
    """By order, for the case and the dtype of the subject."""
    case, dtype = subject.case, COMPUTED_IN[subject.dtype]
    points = stratified(case, dtype, per_binade=2, dense=60)
    exact = case.reference(dtype).at(points, 5e-324)
    at_seam = np.isin(points, seams(case, dtype))
    found = {name: _shape(exact, order, at_seam) for order, name in enumerate(ORDERS[:3])}
    return found | {FROM_OUTPUT: NONE}


def _shape(exact: Exact, order: int, at_seam: np.ndarray) -> Shape:
    high, low = exact.high[order], exact.low[order]
    with np.errstate(invalid="ignore"):  # infinite bounds
        steps = np.diff(high) + np.diff(low)
    direction = int(bool(steps.min() >= 0)) - int(bool(steps.max() <= 0))
    for sign in (-1, 1):
        rest = (high - sign * high[::-1]) + (low - sign * low[::-1])
        symmetric = np.abs(rest) <= 1e-25 * np.abs(high)
        # At a seam the definition chooses a side.
        if high.any() and (symmetric | at_seam).all():
            return Shape(direction, sign)
    return Shape(direction, 0)
