"""Sine and cosine of a product a·b, by csrc/act/elementary/sine.h: the product is not rounded
before the quarter turns are taken off, and beyond 2^22 radians (float64: 2^51) the sine is 0.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from torch_act._decompositions.arithmetic import DOUBLE, Format, Pair, polynomial


class Angle(NamedTuple):
    odd: Tensor  # whether what was taken off is an odd number of quarter turns
    rest: Pair


class Constants(NamedTuple):
    """tools/fit_sine.py."""

    end: float
    quarter_turn: tuple[float, float, float]  # in three parts
    inverse: float
    of_sine: str  # S in sin(t) = t + t³·S(t²)
    of_cosine: str  # C in cos(t) = 1 - t²/2 + t⁴·C(t²)


def _numbers(text: str) -> tuple[float, float, float]:
    first, second, third = (float.fromhex(part) for part in text.split())
    return first, second, third


OF_FLOAT = Constants(
    2.0**22,
    _numbers("0x1.921fb6p+0 -0x1.777a5cp-25 -0x1.ee59dap-50"),
    float.fromhex("0x1.45f306p-1"),
    "0x1.6b182cp-19 -0x1.a0070cp-13 0x1.1110fcp-7 -0x1.555556p-3",
    "-0x1.22cf9ap-22 0x1.a00966p-16 -0x1.6c16aap-10 0x1.555556p-5",
)
OF_DOUBLE = Constants(
    2.0**51,
    _numbers("0x1.921fb54442d18p+0 0x1.1a62633145c07p-54 -0x1.f1976b7ed8fbcp-110"),
    float.fromhex("0x1.45f306dc9c883p-1"),
    "-0x1.a95009600a492p-41 0x1.611d7880b192bp-33 -0x1.ae644cefd6725p-26 0x1.71de3a4e249bep-19 "
    "-0x1.a01a01a014112p-13 0x1.11111111110ecp-7 -0x1.5555555555555p-3",
    "0x1.a970a690ab46ep-45 -0x1.938fc459c2f3ap-37 0x1.1eed890cfaa30p-29 -0x1.27e4fb7232999p-22 "
    "0x1.a01a01a014a09p-16 -0x1.6c16c16c16bebp-10 0x1.5555555555555p-5",
)


@dataclass(frozen=True)
class Sine:
    number: Format

    @property
    def constants(self) -> Constants:
        return OF_DOUBLE if self.number is DOUBLE else OF_FLOAT

    def angle_of_product(self, a: Tensor, b: Tensor) -> Angle:
        end, (first, second, third), inverse, *_ = self.constants
        product = self.number.finite_product(a, b)
        far = product.high.abs() > end  # NaN is not
        y, low = torch.where(far, 0.0, product.high), torch.where(far, 0.0, product.low)
        turns = torch.round(y * inverse)
        taken, more = self.number.product(turns, first), self.number.product(turns, second)
        rest = (y - taken.high) - taken.low  # exact
        lost = ((low - more.high) - more.low) - turns * third
        odd = turns * 0.5 != torch.floor(turns * 0.5)
        return Angle(odd, self.number.sum(rest, lost))

    def of(self, angle: Angle) -> Pair:
        """The sine of the rest."""
        t, low = angle.rest.high, angle.rest.low
        w = t * t
        return self.number.sum(
            t, t * w * polynomial(self.constants.of_sine, w) + low * (1.0 - 0.5 * w)
        )

    def of_double(self, angle: Angle, sine: Pair) -> Tensor:
        """sin(2·a·b)."""
        t, low = angle.rest.high, angle.rest.low
        w = t * t
        fourth = w * w * polynomial(self.constants.of_cosine, w)
        cosine = 1.0 - (0.5 * w - (fourth - t * low))
        half = (sine.high + sine.low) * cosine
        return torch.where(angle.odd, half * -2.0, half * 2.0)

    def square(self, angle: Angle, sine: Pair) -> Tensor:
        """sin²(a·b)."""
        most = self.number.product(sine.high, sine.high)
        low = most.low + 2.0 * sine.high * sine.low
        rest = self.number.sum(1.0, -most.high)
        return torch.where(angle.odd, rest.high + (rest.low - low), most.high + low)
