"""glu and the gated activations: a product of an operand with an activation of another."""

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
from torch_act.accuracy.ulp import floor_of


@dataclass(frozen=True)
class Gated(Function):
    """By `form`: a named function, which `layout` is handed to; or gated, gated_pair."""

    activation: str = "sigmoid"
    layout: str = "first"

    def ours(self, *operands: Tensor) -> Tensor:
        gate, other = operands
        functions = torch_act.functional
        if self.op == "gated_pair":
            return functions.gated_pair(gate, other, self.activation)
        if self.layout == "interleaved":
            halves = torch.stack([gate, other], -1).flatten()
        else:
            halves = torch.cat([other, gate] if self.layout == "second" else [gate, other])
        if self.op == "glu":
            return functions.glu(halves)
        if self.op == "gated":
            return functions.gated(halves, self.activation, layout="interleaved")
        named: Tensor = getattr(functions, self.op)(halves)
        return named

    def torchs(self, *operands: Tensor) -> Tensor:
        gate, other = operands
        return case_of(self.activation).torch_value(gate) * other

    def balls(self, grad_output: Any, *operands: Any) -> list[Any]:
        gate, other = operands
        value, derivative = taylor(self.activation, gate)
        return [value * other, grad_output * other * derivative, grad_output * value]

    def floors(self, dtype: torch.dtype, grad_output: Tensor, *operands: Tensor) -> Floors:
        """What is multiplied is a number of the dtype: where the activation, or its derivative, is
        subnormal, that one's spacing counts. And where the derivative crosses zero, that of 0.1."""
        gate, other = operands
        low, high, floor = floor_of(case_of(self.activation), "derivative")
        inside = (gate > low) & (gate < high)
        least = torch.finfo(COMPUTED_IN[dtype]).tiny
        of_gate = (floor * inside.double()).clamp(min=least) * (grad_output * other).abs()
        return [least * other.abs(), of_gate, least * grad_output.abs()]

    def hard(self, draw: Draw, count: int) -> list[Tensor]:
        return [region(draw, count), draw.spread(-4, 4, count)]

    def domain(self, dtype: torch.dtype, *operands: Tensor) -> Tensor:
        """And where the other operand times grad_output, which is below 4, is finite."""
        gate, other = (operand.abs() for operand in operands)
        inside = ~(gate > 2.0**LARGEST_EXPONENT) | gate.isinf()
        return inside & (~(other > torch.finfo(COMPUTED_IN[dtype]).max / 4) | other.isinf())


def gates() -> list[Function]:
    pair = ("gate", "other")
    return [
        Gated("glu", "glu", pair, pair, layout="second"),
        Gated("swiglu", "swiglu", pair, pair, activation="silu"),
        Gated("geglu", "geglu", pair, pair, activation="gelu"),
        Gated("reglu", "reglu", pair, pair, activation="relu"),
        Gated(
            "gated",
            "gated(gelu_tanh, layout=interleaved)",
            *(pair, pair),
            activation="gelu_tanh",
            layout="interleaved",
        ),
        Gated("gated_pair", "gated_pair(mish)", pair, pair, activation="mish"),
    ]
