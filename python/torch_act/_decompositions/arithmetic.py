"""What the decomposed formulas are built on, in terms that Inductor fuses.

Two of its own are avoided. Its vectorised expm1 is exp(x) - 1, which has lost every digit near 0,
and its sigmoid overflows on the way. An argument that an exponential would magnify the error of is
carried as an unevaluated sum of two numbers; the products below are exact without fma (Dekker,
Veltkamp), for Inductor has none on the CPU and compiles without contraction.
"""

import math
import struct
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["DOUBLE", "FLOAT", "Format", "Pair", "computed_in", "polynomial"]


@dataclass(frozen=True)
class Pair:
    """The unevaluated sum of two tensors, the second of which is a rounding error of the first."""

    high: Tensor
    low: Tensor


@dataclass(frozen=True)
class Format:
    """Arithmetic in one dtype, with Python numbers rounded to it where C++ rounds them."""

    dtype: torch.dtype
    split: float  # Veltkamp's: 2**s + 1, s half of the digits
    exhausted: float  # exp(-t) and erfc(t) are 0 for every larger t, also as factors of a result
    end: float  # the bound of the arguments of the normal distribution's tail

    def rounded(self, number: float) -> float:
        if self.dtype == torch.float64 or not math.isfinite(number):
            return float(number)
        try:
            return float(struct.unpack("f", struct.pack("f", number))[0])
        except OverflowError:
            return math.copysign(math.inf, number)

    def bounded_below(self, x: Tensor) -> Tensor:
        """x, or a finite number where x is so low that nothing changes any more. NaN passes."""
        return torch.where(x < -self.exhausted, -self.exhausted, x)

    def bounded(self, magnitude: Tensor, end: float) -> Tensor:
        return torch.where(magnitude > end, end, magnitude)

    def halves(self, x: Tensor) -> tuple[Tensor, Tensor]:
        scaled = x * self.split
        high = scaled - (scaled - x)
        return high, x - high

    def _halves_of_number(self, number: float) -> tuple[float, float]:
        scaled = self.rounded(number * self.split)
        high = self.rounded(scaled - self.rounded(scaled - number))
        return high, number - high

    def product(self, a: Tensor, b: Tensor | float) -> Pair:
        """a·b, exactly where no half overflows. A number b must be one of this format."""
        high = a * b
        a_high, a_low = self.halves(a)
        b_high, b_low = self._halves_of_number(b) if isinstance(b, float) else self.halves(b)
        low = ((a_high * b_high - high) + a_high * b_low + a_low * b_high) + a_low * b_low
        return Pair(high, low)

    def finite_product(self, a: Tensor, b: Tensor) -> Pair:
        """a·b, rounded where a half overflows or the result does."""
        product = self.product(a, b)
        exact = product.low.abs() <= torch.finfo(self.dtype).max
        return Pair(product.high, torch.where(exact, product.low, 0.0))

    def collapsed(self, pair: Pair) -> Tensor:
        """high + low; high alone where it is not finite, and low so NaN."""
        finite = pair.high.abs() <= torch.finfo(self.dtype).max
        return torch.where(finite, pair.high + pair.low, pair.high)

    def times_constant(self, a: Tensor, exact: float, exact_low: float = 0.0) -> Pair:
        """a times a constant that float64, or a sum of two, holds but this format does not."""
        number = self.rounded(exact)
        rest = self.rounded((exact - number) + exact_low)
        product = self.product(a, number)
        return Pair(product.high, product.low + a * rest) if rest else product

    @staticmethod
    def sum(a: Tensor | float, b: Tensor) -> Pair:
        """a + b, exactly (Knuth's two-sum)."""
        high = a + b
        virtual = high - a
        return Pair(high, (a - (high - virtual)) + (b - virtual))

    @staticmethod
    def exp(exponent: Pair) -> Tensor:
        high = torch.exp(exponent.high)
        return high + high * exponent.low

    def expm1(self, x: Tensor) -> Tensor:
        """e^x - 1. Where that would cancel, the Taylor series: of 1/2 the first term left out is
        below half an ulp."""
        degree = 16 if self.dtype == torch.float64 else 9
        series = x * (1.0 / math.factorial(degree))
        for power in range(degree - 1, 1, -1):
            series = (series + 1.0 / math.factorial(power)) * x
        return torch.where(x.abs() < 0.5, x + series * x, torch.exp(x) - 1.0)

    def gaussian(self, t: Tensor) -> Tensor:
        """e^(-t²/2) of a bounded t."""
        square = self.product(t, t)
        return self.exp(Pair(square.high * -0.5, square.low * -0.5))


# e^-150 and e^-1000 are 0, and remain 0 times any number that a formula multiplies them with. The
# tail Q(14.5) is 0 in float32, Q(39) in float64.
FLOAT = Format(torch.float32, 2.0**12 + 1, 150.0, 16.0)
DOUBLE = Format(torch.float64, 2.0**27 + 1, 1000.0, 40.0)


def computed_in(dtype: torch.dtype) -> Format:
    """Half types are computed in float32."""
    return DOUBLE if dtype == torch.float64 else FLOAT


def polynomial(coefficients: str, x: Tensor) -> Tensor:
    """By Horner's rule, the coefficients in hexadecimal, that of the highest power first."""
    first, second, *others = (float.fromhex(text) for text in coefficients.split())
    result = x * first + second
    for coefficient in others:
        result = result * x + coefficient
    return result
