"""The error of a result in units in the last place (ulp) of the exact value.

The exact value comes as an unevaluated sum high + low of two float64, which is exact to some 2⁻¹⁰⁰:
enough to measure float64 results in small fractions of an ulp. The unit is the distance between
neighbouring numbers of the result's dtype in the binade of the exact value; below the smallest
normal number it is the subnormal spacing.

One exception: where a derivative crosses zero because two terms cancel, no fixed number of ulp of
the *sum* can be held without carrying more digits in the terms. There, and only there, the error is
counted in ulp of 0.1 or of the exact value, whichever is larger. CANCELLING names those intervals;
each holds one zero of the derivative and reaches no further than the points where the derivative's
magnitude passes 0.1.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from torch_act.accuracy.cases import Case


class Format(NamedTuple):
    precision: int  # bits of the significand, the implicit one included
    least_exponent: int  # of the smallest normal number, 2**least_exponent
    largest: float


FORMATS = {
    dtype: Format(round(1 - np.log2(info.eps)), round(np.log2(info.tiny)), info.max)
    for dtype in (torch.float32, torch.float64, torch.bfloat16, torch.float16)
    for info in [torch.finfo(dtype)]
}

CANCELLATION_FLOOR = 0.1

# (op, parameters) → the interval around the zero of f′, in x. tests/test_reference.py checks each
# of them.
CANCELLING = {
    ("silu", ""): (-1.66, -0.99),
    ("gelu", "none"): (-0.94, -0.59),
    ("gelu", "tanh"): (-0.94, -0.59),
    ("mish", ""): (-1.62, -0.9),
    ("hardswish", ""): (-1.8, -1.2),
    ("quick_gelu", ""): (-0.97, -0.59),
}

# Where the derivative from the output is y + constant, and vanishes: the constant.
LIMIT_OF_OUTPUT = {"celu": 1.0, "selu": 1.7580993408473768599402175208123}


def spacing(value: ArrayLike, dtype: torch.dtype) -> NDArray[np.float64]:
    """The distance between neighbouring numbers of `dtype` around each |value| (float64 array)."""
    precision, least_exponent, _ = FORMATS[dtype]
    magnitude = np.abs(np.asarray(value, dtype=np.float64))
    with np.errstate(invalid="ignore"):
        exponent = (
            np.frexp(np.where(np.isfinite(magnitude), magnitude, 1.0))[1].astype(np.int64) - 1
        )
    exponent = np.where(magnitude == 0, least_exponent, exponent)
    unit: NDArray[np.float64] = np.ldexp(
        1.0, np.maximum(exponent, least_exponent) - (precision - 1)
    )
    return unit


def error(
    result: ArrayLike,
    high: ArrayLike,
    low: ArrayLike,
    dtype: torch.dtype,
    floor: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """|result − exact| in ulp, elementwise; `floor`: the least magnitude whose ulp counts.

    An infinite result is right where the exact value rounds beyond the largest finite number; NaN
    is never right.
    """
    result, high, low = (np.asarray(a, dtype=np.float64) for a in (result, high, low))
    reach = np.minimum(
        np.maximum(np.abs(high), 0.0 if floor is None else floor), FORMATS[dtype].largest
    )
    unit = spacing(reach, dtype)
    with np.errstate(invalid="ignore", over="ignore"):
        difference = np.abs((result - high) - low) / unit
    largest = FORMATS[dtype].largest
    # Halved, so that float64's own largest number can be compared.
    rounds_to_infinity = np.abs(high) / 2 >= largest / 2 + spacing(largest, dtype) / 4
    right_infinity = np.isinf(result) & rounds_to_infinity & (np.sign(result) == np.sign(high))
    difference = np.where(right_infinity | (np.isinf(high) & (result == high)), 0.0, difference)
    return np.where(np.isnan(difference), np.inf, difference)


def cancellation_floor(
    case: "Case", order: int, points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The `floor` of `error` at `points`: CANCELLATION_FLOOR inside its interval, else 0."""
    interval = CANCELLING.get((case.name, case.variant or ""))
    if order != 1 or interval is None:
        return np.zeros(len(points))
    inside = (points > interval[0]) & (points < interval[1])
    return np.where(inside, CANCELLATION_FLOOR, 0.0)


def floor_of(case: "Case", order: str) -> tuple[float, float, float]:
    """(low, high, floor): between them an ulp counts as that of the floor at least.

    For the second derivative all that lies around 0, where its zeros are; for a derivative from the
    output where the output nears its limit -α or -scale·α, a sum of which is then only as right as
    that number is rounded.
    """
    if order == "second derivative":
        return -6 * case.width, 6 * case.width, CANCELLATION_FLOOR / case.width
    if order == "derivative":
        interval = CANCELLING.get((case.name, case.variant or ""))
        return (*interval, CANCELLATION_FLOOR) if interval else (0.0, 0.0, 0.0)
    if order == "derivative from output" and case.name in LIMIT_OF_OUTPUT:
        return -np.inf, 0.0, LIMIT_OF_OUTPUT[case.name]
    return 0.0, 0.0, 0.0


def describe(
    errors: NDArray[np.float64],
    points: NDArray[np.float64],
    result: NDArray[np.float64],
    exact: NDArray[np.float64],
) -> str:
    """The worst of `errors`, for an assertion's message."""
    worst = errors.argmax()
    return (
        f"{errors[worst]:.4g} ulp at x = {points[worst].hex()} = {points[worst]!r}: "
        f"got {result[worst]!r}, exact {exact[worst]!r}; "
        f"{(errors > 2).sum()} of {len(points)} are off by more than 2 ulp"
    )
