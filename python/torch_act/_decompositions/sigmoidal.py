"""The activations built on the logistic function, as decompositions.

With t = |x| and e = e^-t: σ(t) = 1/(1 + e) and σ(-t) = e/(1 + e), of which no digit cancels, and
the derivative of σ is their product.
"""

import math

import torch
from torch import Tensor

from torch_act._decompositions.arithmetic import DOUBLE, Format, Pair
from torch_act._decompositions.formula import Formula


def logistic(x: Tensor) -> Tensor:
    e = torch.exp(-x.abs())
    return torch.where(x < 0.0, e, 1.0) / (1.0 + e)


def logistic_slope(x: Tensor) -> Tensor:
    """σ(x)·σ(-x)."""
    e = torch.exp(-x.abs())
    return e / ((1.0 + e) * (1.0 + e))


class Sigmoid(Formula):
    def value(self, x: Tensor) -> Tensor:
        return logistic(x)

    def derivative(self, x: Tensor) -> Tensor:
        return logistic_slope(x)

    def second_derivative(self, x: Tensor) -> Tensor:
        return -logistic_slope(x) * torch.tanh(x * 0.5)

    def derivative_from_output(self, y: Tensor) -> Tensor:
        return y * (1.0 - y)

    def second_derivative_from_output(self, y: Tensor) -> Tensor:
        return 1.0 - (y + y)


class Tanh(Formula):
    def value(self, x: Tensor) -> Tensor:
        return torch.tanh(x)

    def derivative(self, x: Tensor) -> Tensor:
        return logistic_slope(x + x) * 4.0

    def second_derivative(self, x: Tensor) -> Tensor:
        return torch.tanh(x) * logistic_slope(x + x) * -8.0

    def derivative_from_output(self, y: Tensor) -> Tensor:
        return (1.0 - y) * (1.0 + y)

    def second_derivative_from_output(self, y: Tensor) -> Tensor:
        return y * -2.0


class Tanhshrink(Formula):
    # (tanh(x) - x + x³/3)/x⁵ as a polynomial in x²: tools/fit_tanhshrink.py, as in
    # csrc/act/formulas/tanhshrink.h, with the signs of x - tanh(x).
    FLOAT = (
        "0x1.946faap-15 -0x1.610096p-12 0x1.452c46p-10 -0x1.c7ba22p-9 0x1.21325ap-7 "
        "-0x1.6631aap-6 0x1.ba1a3cp-5 -0x1.11110ep-3"
    )
    DOUBLE = (
        "0x1.2803a8a8cb409p-27 -0x1.94ebc7960b7d1p-24 0x1.144f8fb02a6aep-21 "
        "-0x1.02a6c8ac1e646p-19 0x1.844530f149a88p-18 -0x1.02ca2acf9c705p-16 "
        "0x1.4724e27e27778p-15 -0x1.95fcd3c8eccbbp-14 0x1.f568897ac3bbap-13 "
        "-0x1.3556e3972e9b0p-11 0x1.7da34897572d2p-10 -0x1.d6d3cf374861ap-9 0x1.226e35560adf2p-7 "
        "-0x1.664f48828ea4cp-6 0x1.ba1ba1ba1b083p-5 -0x1.111111111110cp-3"
    )

    def value(self, x: Tensor) -> Tensor:
        coefficients = self.DOUBLE if self.number is DOUBLE else self.FLOAT
        first, *others = (float.fromhex(text) for text in coefficients.split())
        square = x * x
        polynomial = square * first
        for coefficient in others[:-1]:
            polynomial = (polynomial + coefficient) * square
        polynomial = polynomial + others[-1]
        cubic = x * (square * (polynomial * square + self.number.rounded(1.0 / 3.0)))
        # t - tanh(t) = (t - 1) + 2/(1 + e^2t), the first term exact.
        t = x.abs()
        e = torch.exp(t * -2.0)
        beyond = torch.copysign((t - 1.0) + (e + e) / (1.0 + e), x)
        return torch.where(t < 1.0, cubic, beyond)

    def derivative(self, x: Tensor) -> Tensor:
        y = torch.tanh(x)
        return y * y

    def second_derivative(self, x: Tensor) -> Tensor:
        return torch.tanh(x) * logistic_slope(x + x) * 8.0


class Logsigmoid(Formula):
    def value(self, x: Tensor) -> Tensor:
        return torch.where(x < 0.0, x, 0.0) - torch.log1p(torch.exp(-x.abs()))

    def derivative(self, x: Tensor) -> Tensor:
        return logistic(-x)

    def second_derivative(self, x: Tensor) -> Tensor:
        return -logistic_slope(x)


class Softplus(Formula):
    def __init__(self, number: Format, beta: float, threshold: float):
        self.number = number
        self.beta, self.threshold = number.rounded(beta), number.rounded(threshold)

    def value(self, x: Tensor) -> Tensor:
        z, e = self._parts(x)
        logarithm = torch.log1p(e)
        correction = logarithm / self.beta if self.beta else logarithm * math.inf
        y = torch.where(z > 0.0, x + correction, correction)
        return torch.where(z > self.threshold, x, y)

    def derivative(self, x: Tensor) -> Tensor:
        z, e = self._parts(x)
        return torch.where(z > self.threshold, 1.0, torch.where(z < 0.0, e, 1.0) / (1.0 + e))

    def second_derivative(self, x: Tensor) -> Tensor:
        z, e = self._parts(x)
        y = e * self.beta / ((1.0 + e) * (1.0 + e))
        return torch.where(z > self.threshold, 0.0, y)

    def _parts(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """beta·x, and e^-|beta·x|, which would magnify a rounding error of the product."""
        product = self.number.product(x.abs(), -abs(self.beta))
        e = torch.exp(product.high)
        # Beyond, where the exact product overflows, e is 0.
        near = product.high > -self.number.exhausted
        return x * self.beta, torch.where(near, e + e * product.low, e)


class Silu(Formula):
    def value(self, x: Tensor) -> Tensor:
        return self.number.bounded_below(x) * logistic(x)

    def derivative(self, x: Tensor) -> Tensor:
        # σ(-t)·(1 - t·σ(t)) below 0 and 1 minus it above, for silu(x) - silu(-x) = x.
        t = self.number.bounded(x.abs(), self.number.exhausted)
        e = torch.exp(-t)
        denominator = 1.0 + e
        below = e / denominator * (1.0 - t / denominator)
        return torch.where(x < 0.0, below, 1.0 - below)

    def second_derivative(self, x: Tensor) -> Tensor:
        t = self.number.bounded(x.abs(), self.number.exhausted)
        return logistic_slope(t) * (2.0 - t * torch.tanh(t * 0.5))


class QuickGelu(Formula):
    """silu(z)/1.702 with z = 1.702·x, whose rounding error e^-|z| would magnify."""

    SCALE = (1.702, float.fromhex("0x1.89374bc6a7efap-55"))

    def value(self, x: Tensor) -> Tensor:
        _, e = self._parts(x)
        return torch.where(x < 0.0, self.number.bounded_below(x) * e, x) / (1.0 + e)

    def derivative(self, x: Tensor) -> Tensor:
        t, e = self._parts(x)
        denominator = 1.0 + e
        below = e / denominator * (1.0 - t / denominator)
        return torch.where(x < 0.0, below, 1.0 - below)

    def second_derivative(self, x: Tensor) -> Tensor:
        t, e = self._parts(x)
        slope = e / ((1.0 + e) * (1.0 + e)) * self.SCALE[0]
        return slope * (2.0 - t * ((1.0 - e) / (1.0 + e)))

    def _parts(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """|z| and e^-|z|."""
        magnitude = self.number.bounded(x.abs(), self.number.exhausted)
        t = self.number.times_constant(magnitude, *self.SCALE)
        return t.high, self.number.exp(Pair(-t.high, -t.low))


class GeluTanh(Formula):
    """x·σ(v·sign(x)), where v = t·(a + b·t²), as max(x, 0) - t·σ(-v)."""

    # 2·√(2/π) to 106 bits, and 0.044715 times that: the sums of these two.
    A = (float.fromhex("0x1.9884533d43651p+0"), float.fromhex("-0x1.cbc0d30ebfd15p-54"))
    B = (float.fromhex("0x1.2444f2a4d8b4bp-4"), float.fromhex("-0x1.6c843a29d1c7p-61"))

    def value(self, x: Tensor) -> Tensor:
        t, _, e = self._parts(x)
        return torch.where(x < 0.0, -0.0, x) - t * (e / (1.0 + e))

    def derivative(self, x: Tensor) -> Tensor:
        t, slope, e = self._parts(x)
        denominator = 1.0 + e
        below = e / denominator * (1.0 - t * slope / denominator)
        return torch.where(x > 0.0, 1.0 - below, below)

    def second_derivative(self, x: Tensor) -> Tensor:
        t, slope, e = self._parts(x)
        bent = t * slope * slope * ((1.0 - e) / (1.0 + e))
        return e / ((1.0 + e) * (1.0 + e)) * (slope * 4.0 - 2.0 * self.A[0] - bent)

    def _parts(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """t, v' = a + 3·b·t² and e^-v, whose argument is carried with its error."""
        number = self.number
        t = number.bounded(x.abs(), 12.0 if number is not DOUBLE else 24.0)
        square = number.product(t, t)
        bent = number.times_constant(square.high, *self.B)
        total = number.sum(number.rounded(self.A[0]), bent.high)
        rest = number.rounded((self.A[0] - number.rounded(self.A[0])) + self.A[1])
        low = total.low + (bent.low + square.low * self.B[0] + rest)
        v = number.product(t, total.high)
        e = number.exp(Pair(-v.high, -(v.low + t * low)))
        return t, square.high * (3.0 * self.B[0]) + self.A[0], e
