"""bias_act: an activation of a sum, which is rounded once before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

import torch_act
from torch_act.accuracy.cases import COMPUTED_IN
from torch_act.accuracy.several.activation import case_of, region, taylor
from torch_act.accuracy.several.draw import LARGEST_EXPONENT, Draw
from torch_act.accuracy.several.function import Floors, Function


@dataclass(frozen=True)
class BiasAct(Function):
    activation: str = "relu"

    def ours(self, *operands: Tensor) -> Tensor:
        return torch_act.functional.bias_act(operands[0], operands[1], self.activation)

    def torchs(self, *operands: Tensor) -> Tensor:
        x, bias = operands
        return case_of(self.activation).torch_value(x + bias)

    def balls(self, grad_output: Any, *operands: Any) -> list[Any]:
        x, bias = operands
        value, derivative = taylor(self.activation, x + bias)
        return [value, grad_output * derivative, grad_output * derivative]

    def floors(self, dtype: torch.dtype, grad_output: Tensor, *operands: Tensor) -> Floors:
        """What the rounding of the sum moves a result by: half an ulp of s·f′(s), of s·f″(s)."""
        total, case = operands[0] + operands[1], case_of(self.activation)
        of_value = (total * case.derivative(total)).abs()
        of_gradient = (grad_output * total * case.second_derivative(total)).abs()
        least = torch.finfo(COMPUTED_IN[dtype]).tiny * grad_output.abs()
        of_gradient = torch.maximum(of_gradient.nan_to_num(nan=0.0), least)
        return [of_value, of_gradient, of_gradient]

    def hard(self, draw: Draw, count: int) -> list[Tensor]:
        """Half of them sums that cancel, for the most part."""
        x = region(draw, count)
        near = -x * (1 + draw.spread(-20, -1, count))
        return [x, torch.where(draw.signs(count) > 0, near, draw.spread(-4, 4, count))]

    def domain(self, dtype: torch.dtype, *operands: Tensor) -> Tensor:
        total = (operands[0] + operands[1]).abs()
        return ~(total > 2.0**LARGEST_EXPONENT) | total.isinf()


def biased() -> list[Function]:
    return [
        BiasAct(
            "bias_act",
            f"bias_act({activation})",
            *(("x", "bias"), ("x", "bias"), ("bias",)),
            activation=activation,
        )
        for activation in ("silu", "gelu", "tanh", "relu")
    ]
