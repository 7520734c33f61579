"""Decompositions of the activations whose parameters are tensors, which are learned.

Each formula gives value and derivatives at x with parameters that are laid out beside it. The
gradients of the parameters are sums, taken in float64 as the kernels take them.
"""

import math
from typing import Any

import torch
from torch import Tensor

from torch_act._decompositions.arithmetic import DOUBLE, Format, Pair, computed_in
from torch_act._decompositions.layout import along_channels, laid_out_like, sum_to_parameter
from torch_act._decompositions.sine import Sine


class ParametricFormula:
    """Made for one call: with the format to compute in, and the op's numbers by name."""

    def __init__(self, number: Format):
        self.number = number

    def value(self, x: Tensor, first: Tensor, second: Tensor) -> Tensor:
        raise NotImplementedError

    def derivatives(self, x: Tensor, first: Tensor, second: Tensor) -> tuple[Tensor, ...]:
        """By x and by each parameter."""
        raise NotImplementedError

    def finite_for(self, factor: Tensor, x: Tensor) -> Tensor:
        """x, but finite where the factor is 0: 0·inf would be NaN, where the limit is 0."""
        largest = torch.finfo(self.number.dtype).max
        return torch.where((factor == 0.0) & (x > largest), largest, x)


class StarRelu(ParametricFormula):
    def value(self, x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
        # The errors of both products are added to the sum, of which the bias may cancel most.
        r = self.finite_for(scale, torch.where(x < 0.0, 0.0, x))
        slope = self.number.finite_product(scale, r)
        most = self.number.finite_product(slope.high, r)
        total = self.number.sum(most.high, bias)
        low = total.low + (most.low + slope.low * r)
        return self.number.collapsed(Pair(total.high, low))

    def derivatives(self, x: Tensor, scale: Tensor, bias: Tensor) -> tuple[Tensor, ...]:
        r = torch.where(x < 0.0, 0.0, x)
        return 2.0 * (scale * self.finite_for(scale, r)), r * r, torch.ones_like(x)


class Xielu(ParametricFormula):
    def __init__(self, number: Format, beta: float, eps: float):
        self.number = number
        self.beta, self.eps = number.rounded(beta), number.rounded(eps)
        self.expm1_of_eps = number.rounded(math.expm1(self.eps))
        self.remainder_of_eps = number.rounded(_remainder(self.eps))

    def value(self, x: Tensor, alpha_p: Tensor, alpha_n: Tensor) -> Tensor:
        above = (alpha_p * self.finite_for(alpha_p, x) + self.beta) * x
        expm1, remainder = self._exponential(x)
        near = alpha_n * self._beside_zero(x, remainder) + self.beta * x
        # Further down the terms of that would cancel.
        slope, largest = self.beta - alpha_n, torch.finfo(self.number.dtype).max
        bounded = torch.where((slope == 0.0) & (x < -largest), -largest, x)
        constant = torch.where(x > self.eps, self.expm1_of_eps, expm1)
        distant = alpha_n * constant + slope * bounded
        return torch.where(x > 0.0, above, torch.where(x < -1.0, distant, near))

    def derivatives(self, x: Tensor, alpha_p: Tensor, alpha_n: Tensor) -> tuple[Tensor, ...]:
        expm1, remainder = self._exponential(x)
        above = 2.0 * (alpha_p * self.finite_for(alpha_p, x)) + self.beta
        below = torch.where(x > self.eps, self.beta - alpha_n, alpha_n * expm1 + self.beta)
        of_input = torch.where(torch.isnan(x), x, torch.where(x > 0.0, above, below))
        of_p = torch.where(x > 0.0, x * x, torch.where(x <= 0.0, 0.0, x))
        of_n = torch.where(x > 0.0, 0.0, self._beside_zero(x, remainder))
        return of_input, of_p, of_n

    def _beside_zero(self, x: Tensor, remainder: Tensor) -> Tensor:
        """e^min(x, eps) - 1 - x: from eps on the exponential is a constant."""
        return torch.where(x > self.eps, self.remainder_of_eps + (self.eps - x), remainder)

    def _exponential(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """e^x - 1 and e^x - 1 - x for x <= 0. Where these would cancel, the Taylor series: of 1
        the first term left out is below half an ulp."""
        degree = 20 if self.number is DOUBLE else 12
        series = x * (1.0 / math.factorial(degree))
        for power in range(degree - 1, 1, -1):
            series = (series + 1.0 / math.factorial(power)) * x
        series = series * x
        e = torch.exp(x)
        near = x > -1.0
        return torch.where(near, x + series, e - 1.0), torch.where(near, series, e - (1.0 + x))


def _remainder(x: float) -> float:
    """e^x - 1 - x of x <= 0."""
    if x < -1.0:
        return math.expm1(x) - x
    return math.fsum(x**power / math.factorial(power) for power in range(2, 24))


class Snake(ParametricFormula):
    def __init__(self, number: Format):
        self.sine = Sine(number)

    def value(self, x: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
        angle = self.sine.angle_of_product(alpha, x)
        return x + self.sine.square(angle, self.sine.of(angle)) / beta

    def derivatives(self, x: Tensor, alpha: Tensor, beta: Tensor) -> tuple[Tensor, ...]:
        angle = self.sine.angle_of_product(alpha, x)
        sine = self.sine.of(angle)
        doubled = self.sine.of_double(angle, sine)
        ripple = self.sine.square(angle, sine) / beta
        return 1.0 + alpha * doubled / beta, x * doubled / beta, -(ripple / beta)


def value(formula: type[ParametricFormula], self: Tensor, **parameters: Any) -> Tensor:
    activation, tensors = _of_parameters(formula, self, parameters)
    x = self.to(computed_in(self.dtype).dtype)
    y = activation.value(x, *(_beside(tensor, x) for tensor in tensors))
    return laid_out_like(y.to(self.dtype), self)


def backward(
    formula: type[ParametricFormula], grad_output: Tensor, self: Tensor, **parameters: Any
) -> tuple[Tensor, ...]:
    activation, tensors = _of_parameters(formula, self, parameters)
    x = self.to(computed_in(self.dtype).dtype)
    g = grad_output.to(x.dtype)
    of_input, *others = activation.derivatives(x, *(_beside(tensor, x) for tensor in tensors))
    gradients = [
        sum_to_parameter(g.double() * other.double(), tensor).to(tensor.dtype)
        for other, tensor in zip(others, tensors, strict=True)
    ]
    return laid_out_like((of_input * g).to(self.dtype), self), *gradients


def _of_parameters(
    formula: type[ParametricFormula], self: Tensor, parameters: dict[str, Any]
) -> tuple[ParametricFormula, list[Tensor]]:
    tensors = [value for value in parameters.values() if isinstance(value, Tensor)]
    numbers = {
        name: float(value) for name, value in parameters.items() if not isinstance(value, Tensor)
    }
    return formula(computed_in(self.dtype), **numbers), tensors


def _beside(parameter: Tensor, x: Tensor) -> Tensor:
    return along_channels(parameter.to(x.dtype), x)
