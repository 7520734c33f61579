"""R of elementary/log1p_exp.h: ln(1 + e) = e·(1 + e·S(e)), S = value + v·R(v), v = e − centre.

The centre is a number near 1/2 where S is almost a number of the type: so `value` has no rest.
"""

import mpmath as mp
from fit_minimax import fit_stepwise, literal, rounded, show


def quotient(e):
    """S(e), by its series where the differences would cancel."""
    if e < mp.mpf("1e-6"):
        return sum((-1) ** (k + 1) * e**k / (k + 2) for k in range(9))
    return (mp.log1p(e) / e - 1) / e


def centre(dtype):
    """Among some hundreds of numbers, the one where S is nearest to a number of the type."""
    spacing = mp.mpf(2) ** (-25 if dtype == "float" else -54)
    numbers = [mp.mpf(1) / 2 + k * spacing * (2 if k >= 0 else 1) for k in range(-400, 400)]
    return min(numbers, key=lambda e: abs(rounded(quotient(e), dtype) - quotient(e)))


for dtype, degree in (("float", 7), ("double", 18)):
    middle = centre(dtype)
    value = rounded(quotient(middle), dtype)

    def rest(v, middle=middle, value=value):
        if abs(v) < mp.mpf("1e-15"):
            return mp.diff(quotient, middle)
        return (quotient(middle + v) - value) / v

    def part(v, middle=middle):
        """What R contributes, as a part of the logarithm; away from 0, where R is of no use."""
        return (middle + v + mp.mpf("1e-3")) * (abs(v) + mp.mpf("1e-2"))

    print(f"// centre {literal(middle, dtype)}, value {literal(value, dtype)}")
    result = fit_stepwise(rest, part, range(degree + 1), -middle, mp.mpf("1.0001") - middle, dtype)
    show("R", *result, dtype)
