"""star_relu, xielu and snake: activations whose parameters are operands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from flint import arb
from torch import Tensor

import torch_act
from torch_act.accuracy.cases import COMPUTED_IN, NUMPY
from torch_act.accuracy.several.draw import LARGEST_EXPONENT, Draw
from torch_act.accuracy.several.function import Floors, Function


def half_unit(dtype: torch.dtype) -> float:
    """2⁻²⁴ or 2⁻⁵³: of 1, what rounding can lose."""
    return torch.finfo(COMPUTED_IN[dtype]).eps / 2


class StarRelu(Function):
    def ours(self, *operands: Tensor) -> Tensor:
        return torch_act.functional.star_relu(*operands)

    def torchs(self, *operands: Tensor) -> Tensor:
        x, scale, bias = operands
        return scale * torch.relu(x) ** 2 + bias

    def balls(self, grad_output: Any, *operands: Any) -> list[Any]:
        x, scale, bias = operands
        r = x if x > 0 else 0 * x
        by_x = grad_output * 2 * scale * r
        return [scale * r * r + bias, by_x, grad_output * r * r, grad_output]

    def floors(self, dtype: torch.dtype, grad_output: Tensor, *operands: Tensor) -> Floors:
        """The square is known to twice the precision: what the bias leaves of it counts so."""
        of_value = operands[2].abs() * half_unit(dtype)
        return [of_value, *super().floors(dtype, grad_output, *operands)[1:]]

    def hard(self, draw: Draw, count: int) -> list[Tensor]:
        """Half of them with a bias that cancels the square, for the most part."""
        x, scale = draw.spread(-6, 6, count), draw.spread(-4, 4, count)
        near = -scale * x.relu() ** 2 * (1 + draw.spread(-30, -1, count))
        return [x, scale, torch.where(draw.signs(count) > 0, near, draw.spread(-4, 4, count))]


@dataclass(frozen=True)
class Xielu(Function):
    beta: float = 0.5
    eps: float = -1e-6

    def rounded(self, dtype: torch.dtype) -> Xielu:
        number = NUMPY[COMPUTED_IN[dtype]]
        return replace(self, beta=float(number(self.beta)), eps=float(number(self.eps)))

    def ours(self, *operands: Tensor) -> Tensor:
        x, alpha_p, alpha_n = operands
        return torch_act.functional.xielu(x, alpha_p, alpha_n, self.beta, self.eps)

    def torchs(self, *operands: Tensor) -> Tensor:
        x, alpha_p, alpha_n = operands
        below = (torch.expm1(x.clamp(max=self.eps)) - x) * alpha_n + self.beta * x
        return torch.where(x > 0, alpha_p * x * x + self.beta * x, below)

    def balls(self, grad_output: Any, *operands: Any) -> list[Any]:
        (x, alpha_p, alpha_n), beta, eps = operands, arb(self.beta), arb(self.eps)
        if x > 0:
            by_x = 2 * alpha_p * x + beta
            return [alpha_p * x * x + beta * x, *(grad_output * d for d in (by_x, x * x, 0 * x))]
        e = (x if x <= eps else eps).expm1()
        slope = alpha_n * e + beta if x <= eps else beta - alpha_n
        by_each = (slope, 0 * x, e - x)
        return [alpha_n * (e - x) + beta * x, *(grad_output * d for d in by_each)]

    def floors(self, dtype: torch.dtype, grad_output: Tensor, *operands: Tensor) -> Floors:
        x, _, alpha_n = operands
        e = torch.expm1(x.clamp(max=self.eps))
        distant = torch.maximum((alpha_n * e).abs(), ((self.beta - alpha_n) * x).abs())
        near = torch.maximum((alpha_n * (e - x)).abs(), (self.beta * x).abs())
        below = torch.where(x < -1, distant, near)
        of_value = torch.where(x > 0, (self.beta * x).abs(), below)
        least = super().floors(dtype, grad_output, *operands)
        return [of_value, (grad_output * self.beta).abs(), *least[2:]]

    def hard(self, draw: Draw, count: int) -> list[Tensor]:
        third = -(-count // 3)
        x = [draw.uniform(-2, 2, third), draw.uniform(-40, 8, third), draw.spread(-24, -10, third)]
        return [torch.cat(x)[:count], draw.spread(-4, 2, count), draw.spread(-4, 2, count)]

    def moderate(self, draw: Draw, count: int) -> list[Tensor]:
        return [draw.uniform(0.2, 1.5, count) for _ in self.channels]

    def domain(self, dtype: torch.dtype, *operands: Tensor) -> Tensor:
        x = operands[0].abs()
        return ~(x > 2.0**LARGEST_EXPONENT) | x.isinf()


class Snake(Function):
    def ours(self, *operands: Tensor) -> Tensor:
        return torch_act.functional.snake(*operands)

    def torchs(self, *operands: Tensor) -> Tensor:
        x, alpha, beta = operands
        return x + torch.sin(alpha * x) ** 2 / beta

    def balls(self, grad_output: Any, *operands: Any) -> list[Any]:
        x, alpha, beta = operands
        sine, slope = (alpha * x).sin(), (2 * alpha * x).sin() / beta
        ripple = sine * sine / beta
        by_each = (1 + alpha * slope, x * slope, -ripple / beta)
        return [x + ripple, *(grad_output * d for d in by_each)]

    def floors(self, dtype: torch.dtype, grad_output: Tensor, *operands: Tensor) -> Floors:
        x, alpha, beta = operands
        slope = (alpha * torch.sin(2 * alpha * x) / beta).abs().clamp(min=1)
        # What is left of the angle after k quarter turns is right to some 2⁻²⁴·2⁻²⁴·k of a radian.
        turned = (alpha * x).abs() * half_unit(dtype) / beta.abs()
        of_x = torch.maximum(slope, turned * alpha.abs())
        least = torch.finfo(COMPUTED_IN[dtype]).tiny / beta.abs()
        of_alpha = torch.maximum(turned * x.abs(), least)
        by_each = (of_x, of_alpha, torch.maximum(turned, least) / beta.abs())
        return [torch.maximum(x.abs(), turned), *(grad_output.abs() * floor for floor in by_each)]

    def hard(self, draw: Draw, count: int) -> list[Tensor]:
        """Around multiples of a quarter turn, up to where the sine is no longer followed."""
        alpha = draw.spread(-3, 3, count)
        turns = (2.0 ** draw.uniform(-2, 21, count)).round() * (np.pi / 2)
        angle = turns * (1 + draw.spread(-30, -2, count))
        return [angle / alpha, alpha, draw.spread(-3, 3, count)]

    def moderate(self, draw: Draw, count: int) -> list[Tensor]:
        return [draw.uniform(0.5, 2, count) for _ in self.channels]

    def domain(self, dtype: torch.dtype, *operands: Tensor) -> Tensor:
        """Beyond, the sine is taken as 0: csrc/act/elementary/sine.h. There is none of x/0."""
        x, alpha, beta = operands
        reach = 2.0**51 if dtype == torch.float64 else 2.0**22
        far = ((alpha * x).abs() >= reach) & x.isfinite() & alpha.isfinite()
        return ~(far | (beta == 0))


MODERATE = (-8, 8)


def _parameters(reach: tuple[int, int] | None, case: str, *names: str) -> dict[str, Any]:
    size = "any" if reach is None else "2⁻⁸ to 2⁸"
    operands = ("x", *names)
    return {
        "case": f"{case}, {' and '.join(names)} {size}",
        "operands": operands,
        "differentiable": operands,
        "channels": names,
        "reach": reach,
    }


def parametric() -> list[Function]:
    """With parameters as networks have them, and with any."""
    found: list[Function] = []
    for reach in (MODERATE, None):
        found.append(StarRelu("star_relu", **_parameters(reach, "star_relu", "scale", "bias")))
        for eps in (-1e-6, 0.0):
            case = f"xielu(beta=0.5, eps={eps:g})"
            found.append(Xielu("xielu", **_parameters(reach, case, "alpha_p", "alpha_n"), eps=eps))
        found.append(Snake("snake", **_parameters(reach, "snake", "alpha", "beta")))
    return found
