"""The activation within a function of several operands: its case, and its Taylor series."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import Tensor

from torch_act.accuracy.cases import Case, cases
from torch_act.accuracy.reference import Reference
from torch_act.accuracy.several.draw import Draw

# Where exponentials and their subnormal results end, in float32 and in float64.
REGIONS = ((0.0, 2.0), (0.0, 8.0), (0.0, 40.0), (80.0, 110.0), (690.0, 760.0))


@cache
def case_of(activation: str) -> Case:
    """With its default parameters; gelu's approximation follows an underscore."""
    for case in cases():
        if activation in (case.name, f"{case.name}_{case.variant}"):
            return case
    raise ValueError(activation)


@cache
def _reference(activation: str) -> Reference:
    return case_of(activation).reference(torch.float64)


def taylor(activation: str, x: Any) -> tuple[Any, Any]:
    """Value and derivative at a ball, by the catalogue's definition."""
    value, derivative, _ = _reference(activation).series(x)
    return value, derivative


def region(draw: Draw, count: int) -> Tensor:
    """Numbers where activations change or end, as many in each region."""
    parts = [draw.uniform(*ends, -(-count // len(REGIONS))) for ends in REGIONS]
    return torch.cat(parts)[:count] * draw.signs(count)
