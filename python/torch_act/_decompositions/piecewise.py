"""The activations in polynomial pieces as decompositions: the formulas of csrc/act/formulas."""

import math

import torch
from torch import Tensor

from torch_act._decompositions.arithmetic import Format
from torch_act._decompositions.formula import Formula


def _nan_passes(x: Tensor, otherwise: Tensor) -> Tensor:
    return torch.where(torch.isnan(x), x, otherwise)


class PiecewiseLinear(Formula):
    """The derivative is 1 or another constant, the second is 0. Outputs lie where inputs do."""

    flat_blocks_gradient = True

    def second_derivative(self, x: Tensor) -> Tensor:
        return torch.where(torch.isnan(x), x, 0.0)

    def derivative_from_output(self, y: Tensor) -> Tensor:
        return self.derivative(y)

    def second_derivative_from_output(self, y: Tensor) -> Tensor:
        return self.second_derivative(y)


class Relu(PiecewiseLinear):
    def value(self, x: Tensor) -> Tensor:
        return torch.where(x < 0.0, 0.0, x)

    def derivative(self, x: Tensor) -> Tensor:
        return _nan_passes(x, torch.where(x > 0.0, 1.0, torch.zeros_like(x)))


class Hardtanh(PiecewiseLinear):
    def __init__(self, number: Format, min_val: float = -1.0, max_val: float = 1.0):
        self.least, self.most = number.rounded(min_val), number.rounded(max_val)

    def value(self, x: Tensor) -> Tensor:
        raised = torch.where(x < self.least, self.least, x)
        return torch.where(raised > self.most, self.most, raised)

    def derivative(self, x: Tensor) -> Tensor:
        inside = (x > self.least) & (x < self.most)
        return _nan_passes(x, torch.where(inside, 1.0, torch.zeros_like(x)))


class Relu6(Hardtanh):
    def __init__(self, number: Format):
        super().__init__(number, 0.0, 6.0)


class Threshold(PiecewiseLinear):
    def __init__(self, number: Format, threshold: float, value: float):
        self.threshold, self.replacement = number.rounded(threshold), number.rounded(value)

    def value(self, x: Tensor) -> Tensor:
        return torch.where(x <= self.threshold, self.replacement, x)

    def derivative(self, x: Tensor) -> Tensor:
        return _nan_passes(x, torch.where(x <= self.threshold, 0.0, torch.ones_like(x)))


class LeakyRelu(PiecewiseLinear):
    flat_blocks_gradient = False

    def __init__(self, number: Format, negative_slope: float):
        self.slope = number.rounded(negative_slope)
        # 0·inf is NaN, but the limit is 0.
        self.lowest = -torch.finfo(number.dtype).max if self.slope == 0 else -math.inf

    def value(self, x: Tensor) -> Tensor:
        return torch.where(x > 0.0, x, torch.where(x < self.lowest, self.lowest, x) * self.slope)

    def derivative(self, x: Tensor) -> Tensor:
        return _nan_passes(x, torch.where(x > 0.0, 1.0, torch.full_like(x, self.slope)))


class Hardsigmoid(PiecewiseLinear):
    def value(self, x: Tensor) -> Tensor:
        # The last x below 3 must not give 1, by which the output tells where the slope is 0:
        # Dekker's Fast2Sum keeps what x + 3 loses.
        total = x + 3.0
        inner = total / 6.0 + (x - (total - 3.0)) / 6.0
        return torch.where(x <= -3.0, 0.0, torch.where(x >= 3.0, 1.0, inner))

    def derivative(self, x: Tensor) -> Tensor:
        return self._inside(x, -3.0, 3.0)

    def derivative_from_output(self, y: Tensor) -> Tensor:
        return self._inside(y, 0.0, 1.0)

    @staticmethod
    def _inside(x: Tensor, least: float, most: float) -> Tensor:
        inside = (x > least) & (x < most)
        return _nan_passes(x, torch.where(inside, 1.0 / 6.0, torch.zeros_like(x)))


class Hardswish(Formula):
    flat_blocks_gradient = True

    def value(self, x: Tensor) -> Tensor:
        inner = x * (x + 3.0) / 6.0
        return torch.where(x <= -3.0, -0.0, torch.where(x >= 3.0, x, inner))

    def derivative(self, x: Tensor) -> Tensor:
        inner = (x + x + 3.0) / 6.0
        return torch.where(x <= -3.0, 0.0, torch.where(x >= 3.0, 1.0, inner))

    def second_derivative(self, x: Tensor) -> Tensor:
        inside = (x > -3.0) & (x < 3.0)
        return _nan_passes(x, torch.where(inside, 1.0 / 3.0, torch.zeros_like(x)))


class _Shrink(PiecewiseLinear):
    def __init__(self, number: Format, lambd: float):
        self.lambd = number.rounded(lambd)

    def derivative(self, x: Tensor) -> Tensor:
        return _nan_passes(x, torch.where(x.abs() <= self.lambd, 0.0, torch.ones_like(x)))


class Hardshrink(_Shrink):
    def value(self, x: Tensor) -> Tensor:
        return torch.where(x.abs() <= self.lambd, torch.copysign(torch.zeros_like(x), x), x)


class Softshrink(_Shrink):
    def value(self, x: Tensor) -> Tensor:
        t = x.abs()
        return torch.copysign(torch.where(t <= self.lambd, 0.0, t - self.lambd), x)


class ReluSquared(Formula):
    flat_blocks_gradient = True

    def value(self, x: Tensor) -> Tensor:
        y = torch.where(x < 0.0, 0.0, x)
        return y * y

    def derivative(self, x: Tensor) -> Tensor:
        return torch.where(x < 0.0, 0.0, x + x)

    def second_derivative(self, x: Tensor) -> Tensor:
        return _nan_passes(x, torch.where(x > 0.0, 2.0, torch.zeros_like(x)))


class HardMish(Formula):
    flat_blocks_gradient = True

    def value(self, x: Tensor) -> Tensor:
        inner = x * 0.5 * (x + 2.0)
        return torch.where(x <= -2.0, -0.0, torch.where(x < 0.0, inner, x))

    def derivative(self, x: Tensor) -> Tensor:
        return torch.where(x < -2.0, 0.0, torch.where(x >= 0.0, 1.0, x + 1.0))

    def second_derivative(self, x: Tensor) -> Tensor:
        inside = (x >= -2.0) & (x < 0.0)
        return _nan_passes(x, torch.where(inside, 1.0, torch.zeros_like(x)))
