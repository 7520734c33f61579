"""The other smooth activations as decompositions: of exponentials, of roots."""

import math

import torch
from torch import Tensor

from torch_act._decompositions.arithmetic import Format, Pair
from torch_act._decompositions.formula import Formula


def times_exp(factor: float, x: Tensor) -> Tensor:
    """factor·e^x. In two steps where a large factor brings an underflown e^x back."""
    if abs(factor) <= 1.0:
        return torch.exp(x) * factor
    half = torch.exp(x * 0.5)
    return half * factor * half


class Elu(Formula):
    def __init__(self, number: Format, alpha: float):
        self.number, self.alpha = number, number.rounded(alpha)

    def value(self, x: Tensor) -> Tensor:
        return torch.where(x < 0.0, self.number.expm1(x) * self.alpha, x)

    def derivative(self, x: Tensor) -> Tensor:
        return torch.where(x > 0.0, 1.0, times_exp(self.alpha, x))

    def second_derivative(self, x: Tensor) -> Tensor:
        return torch.where(x > 0.0, 0.0, times_exp(self.alpha, x))

    def derivative_from_output(self, y: Tensor) -> Tensor:
        return torch.where(y > 0.0, 1.0, y + self.alpha)

    def second_derivative_from_output(self, y: Tensor) -> Tensor:
        return torch.where(y > 0.0, 0.0, torch.where(y <= 0.0, 1.0, y))


class Selu(Formula):
    SCALE = 1.0507009873554804934193349852946
    SATURATION = 1.7580993408473768599402175208123  # scale·alpha
    SATURATION_REST = float.fromhex("0x1.05161b045a1fep-56")  # what its rounding has lost

    def __init__(self, number: Format):
        self.number = number
        self.scale, self.saturation = number.rounded(self.SCALE), number.rounded(self.SATURATION)
        rest = self.SATURATION - self.saturation + self.SATURATION_REST
        self.saturation_rest = number.rounded(rest)

    def value(self, x: Tensor) -> Tensor:
        return torch.where(x < 0.0, self.number.expm1(x) * self.saturation, x * self.scale)

    def derivative(self, x: Tensor) -> Tensor:
        return torch.where(x > 0.0, self.scale, torch.exp(x) * self.saturation)

    def second_derivative(self, x: Tensor) -> Tensor:
        return torch.where(x > 0.0, 0.0, torch.exp(x) * self.saturation)

    def derivative_from_output(self, y: Tensor) -> Tensor:
        return torch.where(y > 0.0, self.scale, (y + self.saturation) + self.saturation_rest)

    def second_derivative_from_output(self, y: Tensor) -> Tensor:
        return torch.where(y > 0.0, 0.0, torch.where(y <= 0.0, 1.0, y))


class Celu(Formula):
    def __init__(self, number: Format, alpha: float):
        self.number, self.alpha = number, number.rounded(alpha)
        self.linear = math.isinf(self.alpha)

    def value(self, x: Tensor) -> Tensor:
        if self.linear:
            return x.clone()
        z = self._quotient(x)
        small = self.number.expm1(z.high)
        inner = (small + z.low * (1.0 + small)) * self.alpha
        if self.alpha < 0:  # then z grows to the left
            inner = torch.where(z.high > 1.0, self._times_exp(self.alpha, z) - self.alpha, inner)
        return torch.where(x < 0.0, inner, x)

    def derivative(self, x: Tensor) -> Tensor:
        if self.linear:
            return torch.where(torch.isnan(x), x, 1.0)
        return torch.where(x >= 0.0, 1.0, self._times_exp(1.0, self._quotient(x)))

    def second_derivative(self, x: Tensor) -> Tensor:
        if self.linear:
            return torch.where(torch.isnan(x), x, 0.0)
        inner = self._times_exp(self.number.rounded(1.0 / self.alpha), self._quotient(x))
        return torch.where(x > 0.0, 0.0, inner)

    def derivative_from_output(self, y: Tensor) -> Tensor:
        if self.linear:
            return torch.where(torch.isnan(y), y, 1.0)
        return torch.where(y >= 0.0, 1.0, (y + self.alpha) / self.alpha)

    def second_derivative_from_output(self, y: Tensor) -> Tensor:
        inverse = 0.0 if self.linear else self.number.rounded(1.0 / self.alpha)
        return torch.where(y > 0.0, 0.0, torch.where(y <= 0.0, inverse, y))

    def _quotient(self, x: Tensor) -> Pair:
        """x/alpha with its error, which the exponential would magnify."""
        quotient = x / self.alpha
        product = self.number.product(quotient, self.alpha)
        rest = ((x - product.high) - product.low) / self.alpha
        # Beyond, where the exact product overflows, the exponential is 0 or infinite.
        return Pair(quotient, torch.where(quotient.abs() < self.number.exhausted, rest, 0.0))

    def _times_exp(self, factor: float, z: Pair) -> Tensor:
        if self.alpha > 0:
            return times_exp(factor, z.high) * (1.0 + z.low)
        half = torch.exp(z.high * 0.5)  # times a small factor, an infinite e^z can be finite
        return half * factor * half * (1.0 + z.low)


class Softsign(Formula):
    def value(self, x: Tensor) -> Tensor:
        t = self._finite(x)
        return torch.copysign(t / (1.0 + t), x)

    def derivative(self, x: Tensor) -> Tensor:
        t = 1.0 + self._finite(x)
        return 1.0 / t / t

    def second_derivative(self, x: Tensor) -> Tensor:
        t = 1.0 + self._finite(x)
        return torch.where(x == 0.0, -x, torch.copysign(2.0 / t / t / t, -x))

    def _finite(self, x: Tensor) -> Tensor:
        return self.number.bounded(x.abs(), torch.finfo(self.number.dtype).max)


class Squareplus(Formula):
    """With t = |x|, s = √(t² + b), h = (t + s)/2: h for x > 0, b/(4h) for x < 0.

    In units of a power of two near √b where t² would leave the exponent's range.
    """

    FAR = 2.0**60  # √(t² + b) is t beyond, and t² still finite

    def __init__(self, number: Format, b: float):
        self.number = number
        single = number.dtype == torch.float32
        most, plain = (124, -50) if single else (511, -480)
        k = (math.frexp(b)[1] - 1) // 2 if b else 0
        k = 0 if plain <= k <= 0 else max(-most, min(k, most))
        self.unit, self.furthest = 2.0**k, 2.0**100 if single else 2.0**600
        self.b = number.rounded(b * 2.0**-k * 2.0**-k)

    def value(self, x: Tensor) -> Tensor:
        if self.b == 0.0:
            return torch.where(x <= 0.0, 0.0, x)
        t = x.abs() * (1.0 / self.unit)
        half = 0.5 * self._root(t) + 0.5 * t
        above = torch.where(t > self.FAR, x, half * self.unit)
        return torch.where(x >= 0.0, above, self.b / half * (self.unit * 0.25))

    def derivative(self, x: Tensor) -> Tensor:
        if self.b == 0.0:
            return torch.where(x > 0.0, 1.0, torch.where(x <= 0.0, 0.0, x))
        t = self.number.bounded(x.abs() * (1.0 / self.unit), self.furthest)
        w = 1.0 / self._root(t)
        below = 0.5 * self.b * w / (1.0 + t * w) * w
        return torch.where(x > 0.0, 1.0 - below, below)

    def second_derivative(self, x: Tensor) -> Tensor:
        if self.b == 0.0:
            return torch.where(torch.isnan(x), x, 0.0)
        w = 1.0 / self._root(x.abs() * (1.0 / self.unit))
        return 0.5 * self.b / self.unit * w * w * w

    def _root(self, t: Tensor) -> Tensor:
        bounded = self.number.bounded(t, self.FAR)
        return torch.maximum(torch.sqrt(bounded * bounded + self.b), t)


class Mish(Formula):
    """With n = e^x: x·n·(n + 2)/D, D = n² + 2n + 2; for x > 0 in m = e^-x, all times m²."""

    def value(self, x: Tensor) -> Tensor:
        x = self.number.bounded_below(x)
        e = torch.exp(-x.abs())
        above, below = 1.0 + 2.0 * e, e * (e + 2.0)
        numerator = torch.where(x > 0.0, above, below)
        return x * (numerator / (torch.where(x > 0.0, above + 2.0 * e * e, below + 2.0)))

    def derivative(self, x: Tensor) -> Tensor:
        """n/D·(n + 2 + 4x·(1 + n)/D) = m/Q·(1 + 2m + 4x·m²·(1 + m)/Q)/m, Q = m²·D."""
        x = self._bounded(x)
        e = torch.exp(-x.abs())
        positive = x > 0.0
        q = 1.0 + 2.0 * e + 2.0 * e * e
        d = e * (e + 2.0) + 2.0
        above = (1.0 + 2.0 * e + 4.0 * x * (e * e) * (1.0 + e) / q) / q
        below = e / d * (e + 2.0 + 4.0 * x * (1.0 + e) / d)
        return torch.where(positive, above, below)

    def second_derivative(self, x: Tensor) -> Tensor:
        """4n/D²·(2·(1 + n) + x·(2 + 2n - 3n² - 2n³)/D)."""
        x = self._bounded(x)
        e = torch.exp(-x.abs())
        q = 1.0 + 2.0 * e + 2.0 * e * e
        d = e * (e + 2.0) + 2.0
        cubic_above = ((2.0 * e + 2.0) * e - 3.0) * e - 2.0
        cubic_below = ((-2.0 * e - 3.0) * e + 2.0) * e + 2.0
        above = 4.0 * e * e / (q * q) * (2.0 * (1.0 + e) + x * cubic_above / q)
        below = 4.0 * e / (d * d) * (2.0 * (1.0 + e) + x * cubic_below / d)
        return torch.where(x > 0.0, above, below)

    def _bounded(self, x: Tensor) -> Tensor:
        end = self.number.exhausted
        return self.number.bounded(self.number.bounded_below(x), end)
