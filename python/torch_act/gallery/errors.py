"""How far from the exact function ours and torch's are, in ulp, over all float32 numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from torch_act.accuracy.cases import Case, cases
from torch_act.accuracy.orders import Subject
from torch_act.accuracy.ulp import error
from torch_act.command_line.calls import Call
from torch_act.gallery import axis
from torch_act.gallery.curves import ORDERS, Function, curves


@dataclass(frozen=True)
class Profile:
    """The largest error of the numbers of each place along the axis, for one order."""

    order: str
    ours: axis.Floats
    torchs: axis.Floats | None  # None: torch has no such function, or no such derivative

    def worst(self) -> tuple[float, float | None]:
        """Ours and torch's; infinite where a result is not a number, or infinite for a finite."""
        return float(self.ours.max()), None if self.torchs is None else float(self.torchs.max())


def profiles(call: Call) -> list[Profile]:
    """One for each order."""
    _, x = axis.numbers()
    flat = x.flatten()
    exact = _reference(call, flat)

    def errors(function: Function | None) -> list[axis.Floats | None]:
        if function is None:
            return [None] * len(ORDERS)
        return [
            None if result is None else _worst(result, reference)
            for result, reference in zip(curves(call, function, flat), exact, strict=True)
        ]

    found = []
    both = zip(ORDERS, errors(call.ours), errors(call.torchs), strict=True)
    for order, ours, torchs in both:
        if ours is not None:
            found.append(Profile(order, ours, torchs))
    return found


def _worst(result: Tensor, reference: Tensor) -> axis.Floats:
    ulp: axis.Floats = error(result.numpy(), reference.numpy(), 0.0, torch.float32)
    worst: axis.Floats = ulp.reshape(axis.PLACES, axis.NUMBERS).max(axis=1)
    return worst


def _reference(call: Call, x: Tensor) -> list[Tensor]:
    """Our formulas in double, a few 10⁻⁸ ulp of float32 off: docs/accuracy.md certifies them."""
    case = _case(call)
    if case is not None:
        return [Subject(case, order, torch.float32).reference(x) for order in ORDERS]
    found = curves(call, call.ours, x.double())
    return [torch.full_like(x, np.nan) if y is None else y for y in found]


def _case(call: Call) -> Case | None:
    """The same op with the same parameters among those that are certified."""
    for case in cases():
        if case.name == call.entry.name and case.keywords == dict(call.arguments):
            return case
    return None
