"""prelu and rrelu: a product with a slope that is an operand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

import torch_act
from torch_act.accuracy.several.draw import Draw
from torch_act.accuracy.several.function import Function


class Prelu(Function):
    def ours(self, *operands: Tensor) -> Tensor:
        return torch_act.functional.prelu(*operands)

    def torchs(self, *operands: Tensor) -> Tensor:
        return torch.nn.functional.prelu(*operands)

    def balls(self, grad_output: Any, *operands: Any) -> list[Any]:
        x, weight = operands
        if x > 0:
            return [x, grad_output, 0 * x]
        return [weight * x, grad_output * weight, grad_output * x]

    def hard(self, draw: Draw, count: int) -> list[Tensor]:
        return [draw.spread(-8, 8, count), draw.spread(-8, 2, count)]


@dataclass(frozen=True)
class Rrelu(Function):
    """In training. The slopes follow from the state and an element's place."""

    lower: float = 0.0
    upper: float = 0.0

    def _drawn(self, x: Tensor) -> tuple[Tensor, Tensor]:
        state = torch.tensor([17, 5])
        value, slopes = torch.ops.act.rrelu_with_slopes(x, state, self.lower, self.upper)
        return value, slopes

    def prepared(self, *operands: Tensor) -> tuple[Tensor, ...]:
        # Every element of a tensor of -1 has its slope; half types have it in float32.
        return operands[0], self._drawn(-torch.ones_like(operands[0]))[1]

    def ours(self, *operands: Tensor) -> Tensor:
        return self._drawn(operands[0])[0]

    def wide(self, dtype: torch.dtype, grad_output: Tensor, *operands: Tensor) -> list[Tensor]:
        x, slope = (operand.double() for operand in operands)
        factor = torch.where(x > 0, torch.ones_like(x), torch.where(x.isnan(), x, slope))
        return [torch.where(x > 0, x, slope * x), factor * grad_output.double()]

    def balls(self, grad_output: Any, *operands: Any) -> list[Any]:
        x, slope = operands
        return [x, grad_output] if x > 0 else [slope * x, grad_output * slope]

    def hard(self, draw: Draw, count: int) -> list[Tensor]:
        return [draw.spread(-8, 8, count), torch.zeros(count)]


def slopes() -> list[Function]:
    found: list[Function] = [
        Prelu("prelu", "prelu", ("x", "weight"), ("x", "weight"), channels=("weight",))
    ]
    for lower, upper in ((1 / 8, 1 / 3), (-0.5, 2.0)):
        case = f"rrelu(lower={lower:.4g}, upper={upper:.4g}), the slopes given"
        operands = ("x", "slope")
        found.append(
            Rrelu("rrelu", case, operands, ("x",), replayable=False, lower=lower, upper=upper)
        )
    return found
