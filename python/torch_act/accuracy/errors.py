"""What is counted of a set of results, and how the counts of two sets add up.

_C.measure_errors counts the same for float32, as fast as all 2³² inputs need.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import torch

from .ulp import FORMATS, error, spacing  # tools/check_formula.py has no torch_act to import


@dataclass
class Errors:
    """Of inputs that are numbers, ±inf included; a NaN for a NaN is asked for by `wrong_kind`."""

    counted: int = 0
    correctly_rounded: int = 0
    wrong_kind: int = 0  # finite, infinite or NaN where the exact result rounds to another
    wrong_sign: int = 0  # of a result whose exact value is not 0
    reversals: int | None = None  # neighbours against the direction of a monotone function
    asymmetries: int | None = None  # x whose result at -x is not that of an odd, or even, function
    worst: float = 0.0  # in ulp, where exact result and result are finite
    worst_at: float = 0.0
    worst_floored: float = 0.0  # the same, with a floor around the zeros of a derivative
    worst_floored_at: float = 0.0

    def add(self, other: "Errors") -> None:
        for name in ("counted", "correctly_rounded", "wrong_kind", "wrong_sign"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("reversals", "asymmetries"):
            mine, theirs = getattr(self, name), getattr(other, name)
            setattr(self, name, theirs if mine is None else mine + (theirs or 0))
        for name in ("worst", "worst_floored"):
            if getattr(other, name) > getattr(self, name):
                setattr(self, name, getattr(other, name))
                setattr(self, name + "_at", getattr(other, name + "_at"))

    def as_dict(self) -> dict[str, float | int | None]:
        return asdict(self)

    @classmethod
    def of(cls, numbers: Mapping[str, Any]) -> "Errors":
        return cls(**{field.name: numbers[field.name] for field in fields(cls)})


def count(
    x: np.ndarray,
    result: np.ndarray,
    high: np.ndarray,
    low: np.ndarray,
    dtype: torch.dtype,
    floor: np.ndarray,
) -> Errors:
    """All but order and symmetry. float64 arrays; the exact number is high + low."""
    numbers = ~np.isnan(high)
    unit = spacing(np.minimum(np.abs(high), FORMATS[dtype].largest), dtype)
    overflow = np.abs(high) / 2 >= FORMATS[dtype].largest / 2 + unit / 4
    kind = np.where(numbers, np.where(overflow, 2, 1), 0)
    got = np.where(np.isnan(result), 0, np.where(np.isinf(result), 2, 1))
    # What agrees with infinity or NaN is right and ends here.
    finite = (kind == 1) & (got == 1)
    plain, floored = (
        np.where(finite, error(result, high, low, dtype, f), 0.0) for f in (None, floor)
    )
    worst, worst_floored = _first(plain, x), _first(floored, x)
    judged = numbers & (got > 0) & (high != 0)
    return Errors(
        counted=int(numbers.sum()),
        correctly_rounded=int(
            (finite & is_nearest(result, plain, dtype)).sum()
            + ((kind == 2) & (got == 2) & (np.sign(result) == np.sign(high))).sum()
        ),
        wrong_kind=int((kind != got).sum()),
        wrong_sign=int((judged & (np.signbit(result) != np.signbit(high))).sum()),
        worst=float(plain[worst]),
        worst_at=float(x[worst]) if plain[worst] else 0.0,
        worst_floored=float(floored[worst_floored]),
        worst_floored_at=float(x[worst_floored]) if floored[worst_floored] else 0.0,
    )


def _first(errors: np.ndarray, x: np.ndarray) -> int:
    """Where the largest error is; of several places the one nearest to 0."""
    places = np.flatnonzero(errors == errors.max())
    return int(places[np.nanargmin(np.abs(x[places]))])


def is_nearest(result: np.ndarray, errors: np.ndarray, dtype: torch.dtype) -> np.ndarray:
    """Whether no number of the dtype is nearer to the exact one, and at ties the even one."""
    with np.errstate(invalid="ignore"):
        half_units = result / spacing(result, dtype)
        even = np.remainder(half_units, 2) == 0
    nearest: np.ndarray = (errors < 0.5) | ((errors == 0.5) & even)
    return nearest


def reversals(result: np.ndarray, direction: int) -> int:
    """Neighbours that go against the direction, 1 or -1."""
    return int((direction * result[1:] < direction * result[:-1]).sum())


def asymmetries(at_x: np.ndarray, at_minus_x: np.ndarray, sign: int) -> int:
    """Results at -x that are not those at x times `sign`, 1 or -1."""
    same = (sign * at_x == at_minus_x) | (np.isnan(at_x) & np.isnan(at_minus_x))
    return int((~same).sum())
