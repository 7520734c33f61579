"""The activations made of the normal distribution and its tail Q, as decompositions.

gelu is max(x, 0) - t·Q(t) with t = |x|; laplace is Q(t) or 1 - Q(t) with t = |x - mu|/sigma.
"""

from fractions import Fraction

import torch
from torch import Tensor

from torch_act._decompositions.arithmetic import DOUBLE, Format, Pair, polynomial
from torch_act._decompositions.formula import Formula

DENSITY = 0.39894228040143267794  # 1/√(2π)


class Gelu(Formula):
    def __init__(self, number: Format):
        self.number = number
        self.tail = tail_in(number)

    def value(self, x: Tensor) -> Tensor:
        t = self._bounded(x)
        return torch.where(x < 0.0, -0.0, x) - self.tail.value(t, self.number.gaussian(t))

    def derivative(self, x: Tensor) -> Tensor:
        t = self._bounded(x)
        below = self.tail.slope(t, self.number.gaussian(t))
        return torch.where(x > 0.0, 1.0 - below, below)

    def second_derivative(self, x: Tensor) -> Tensor:
        t = self._bounded(x)
        square = self.number.product(t, t)
        return self.number.gaussian(t) * (((2.0 - square.high) - square.low) * DENSITY)

    def _bounded(self, x: Tensor) -> Tensor:
        return self.number.bounded(x.abs(), self.number.end)


class Laplace(Formula):
    def __init__(self, number: Format, mu: float, sigma: float):
        self.number, self.tail = number, tail_in(number)
        self.mu = number.rounded(mu)
        sigma = number.rounded(sigma)
        self.slope, self.curvature = DENSITY / sigma, DENSITY / sigma / sigma
        self.inverse = number.rounded(1.0 / sigma)
        self.inverse_low = float(1 / Fraction(sigma) - Fraction(self.inverse))

    def value(self, x: Tensor) -> Tensor:
        above, t, gaussian = self._parts(x)
        below = self.tail.q(t, gaussian)
        return torch.where(above, 1.0 - below, below)

    def derivative(self, x: Tensor) -> Tensor:
        _, _, gaussian = self._parts(x)
        return gaussian * self.slope

    def second_derivative(self, x: Tensor) -> Tensor:
        above, t, gaussian = self._parts(x)
        magnitude = t.high * gaussian * self.curvature
        return torch.where(above, -magnitude, magnitude)

    def _parts(self, x: Tensor) -> tuple[Tensor, Pair, Tensor]:
        """Whether x > mu, t, and e^(-t²/2)."""
        difference = self.number.sum(-self.mu, x)
        u = self.number.product(difference.high, self.inverse)
        low = u.low + (difference.high * self.inverse_low + difference.low * self.inverse)
        magnitude, above = u.high.abs(), u.high > 0.0
        t = self.number.bounded(magnitude, self.number.end)
        known = magnitude < self.number.end  # beyond, the exact product may overflow
        low = torch.where(known, torch.where(above, low, -low), 0.0)
        square = self.number.product(t, t)
        exponent = Pair(square.high * -0.5, square.low * -0.5 - t * low)
        return above, Pair(t, low), self.number.exp(exponent)


class ErfcTail:
    """Q(t) = erfc(t/√2)/2. In float64; erfc takes most of the time, but is what there is."""

    ROOT = (float.fromhex("0x1.6a09e667f3bcdp-1"), float.fromhex("-0x1.bdd3413b26456p-55"))

    def __init__(self, number: Format):
        self.number = number

    def value(self, t: Tensor, gaussian: Tensor) -> Tensor:
        return t * self._q(t)

    def slope(self, t: Tensor, gaussian: Tensor) -> Tensor:
        return self._q(t) - t * (gaussian * DENSITY)

    def q(self, t: Pair, gaussian: Tensor) -> Tensor:
        return self._q(t.high, t.low * self.ROOT[0])

    def _q(self, t: Tensor, low: Tensor | float = 0.0) -> Tensor:
        # The argument's rounding error d changes erfc(u) by the factor 1 - 2·u·d in the tail, and
        # by nothing that matters before.
        u = self.number.times_constant(t, *self.ROOT)
        result: Tensor = torch.special.erfc(u.high) * (0.5 - u.high * (u.low + low))
        return result


class FittedTail:
    """Over e^(-t²/2) both are smooth: the polynomials of csrc/act/elementary/normal_tail.h, four
    times faster than erfc. tools/fit_normal_tail.py."""

    VALUE_SHIFT, VALUE_CENTRE = "0x1.cep+1", "0x1.053ebep-1"
    VALUE_EVEN = "0x1.54f6dp-3 -0x1.3ca642p-2 0x1.74ed36p-1 0x1.265cdap-2 -0x1.22c59ap-1"
    VALUE_ODD = "0x1.553f42p-3 -0x1.3d776p-3 -0x1.91031cp-1 0x1.2bf968p-2"
    SLOPE_SHIFT, SLOPE_CENTRE = "0x1.c4ap+1", "0x1.81d818p-2"
    SLOPE = (
        "0x1.4a945ap-6 -0x1.4c77bap-7 -0x1.c92664p-5 0x1.9edbfep-5 0x1.25604ep-3 -0x1.bee6aap-2 "
        "0x1.3b5e58p-1 -0x1.26da22p-1"
    )
    ZERO = (float.fromhex("0x1.80eaep-1"), float.fromhex("-0x1.cd01fep-22"))  # of Q(t) - t·φ(t)

    def value(self, t: Tensor, gaussian: Tensor) -> Tensor:
        """t·Q(t) = e^(-t²/2)·F/2·t/(t + 1.25)."""
        return gaussian * (t / (t + 1.25) * self._half_of_factor(t))

    def q(self, t: Pair, gaussian: Tensor) -> Tensor:
        return gaussian * (self._half_of_factor(t.high) / (t.high + 1.25))

    def slope(self, t: Tensor, gaussian: Tensor) -> Tensor:
        """Q(t) - t·φ(t) = e^(-t²/2)·K/2·(zero - t), without cancellation."""
        v = self._variable(t, self.SLOPE_SHIFT, self.SLOPE_CENTRE)
        distance = (self.ZERO[0] - t) + self.ZERO[1]
        return gaussian * (distance * (0.5 + 0.5 * (v * polynomial(self.SLOPE, v))))

    def _half_of_factor(self, t: Tensor) -> Tensor:
        v = self._variable(t, self.VALUE_SHIFT, self.VALUE_CENTRE)
        w = v * v
        rise = polynomial(self.VALUE_EVEN, w) + polynomial(self.VALUE_ODD, w) * v
        return 0.5 + 0.5 * (v * rise)

    @staticmethod
    def _variable(t: Tensor, shift: str, centre: str) -> Tensor:
        return t / (t + float.fromhex(shift)) - float.fromhex(centre)


def tail_in(number: Format) -> "ErfcTail | FittedTail":
    return ErfcTail(number) if number is DOUBLE else FittedTail()
