"""The exact results: in double by our formulas for float32, in ball arithmetic for float64.

So float64's rows say how good the yardstick of the others is, as those of one operand do. A half
type's result that the double leaves in the middle of two numbers is decided in ball arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from flint import arb, ctx
from torch import Tensor

from torch_act.accuracy.cases import HALF_DTYPES
from torch_act.accuracy.reference import PRECISIONS, decided
from torch_act.accuracy.several.function import Function
from torch_act.accuracy.ulp import FORMATS, spacing

# Of an ulp. Beside the middle of two numbers the double itself is good to 2⁻⁴⁰ of a half's ulp.
UNDECIDED = 2.0**-30


class Exact(NamedTuple):
    """Rows: value and gradients. Columns: points. The exact number is high + low."""

    high: np.ndarray
    low: np.ndarray


def exact(function: Function, dtype: torch.dtype, points: tuple[Tensor, ...]) -> Exact:
    """`points`: grad_output and the operands."""
    high = torch.stack(function.wide(dtype, *points)).numpy().copy()
    low = np.zeros_like(high)
    finite = torch.stack([column.double().isfinite() for column in points]).all(0).numpy()
    if dtype == torch.float64:
        open_at = finite
    elif dtype in HALF_DTYPES:
        open_at = finite & _undecided(high, dtype).any(0)
    else:
        return Exact(high, low)
    at = np.flatnonzero(open_at)
    columns = [column.double().numpy()[at] for column in points]
    for place, balls in zip(at, _balls(function.rounded(dtype), columns), strict=True):
        for order, ball in enumerate(balls):
            high[order, place] = first = float(ball)
            low[order, place] = float(ball - first) if np.isfinite(first) else 0.0
    return Exact(high, low)


def _undecided(high: np.ndarray, dtype: torch.dtype) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        ulps = np.abs(high) / spacing(np.minimum(np.abs(high), FORMATS[dtype].largest), dtype)
        near: np.ndarray = np.abs(ulps - np.floor(ulps) - 0.5) < UNDECIDED * np.maximum(ulps, 1)
    return near


def _balls(function: Function, columns: list[np.ndarray]) -> Iterator[list[arb]]:
    saved = ctx.prec, ctx.cap
    negligible = arb(2) ** -1094  # of the least subnormal float64, 2⁻²⁰
    try:
        ctx.cap = 3
        for point in zip(*(column.tolist() for column in columns), strict=True):
            yield _narrow(function, point, negligible)
    finally:
        ctx.prec, ctx.cap = saved


def _narrow(function: Function, point: tuple[float, ...], negligible: arb) -> list[arb]:
    for precision in PRECISIONS:
        ctx.prec = precision
        try:
            balls = function.balls(*map(arb, point))
        except ValueError:  # the interval of a denominator holds 0
            continue
        if all(decided(ball, negligible) for ball in balls):
            return [ball.mid() for ball in balls]
    raise ArithmeticError(f"{PRECISIONS[-1]} bits do not decide {function.case} at {point}")
