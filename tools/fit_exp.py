"""Coefficients of elementary/exp.h: P in exp(r) = 1 + r + r²·P(r) for |r| <= ln(2)/2.

The second one in float: with the error relative to exp(r) − 1 instead.
"""

import mpmath as mp
from fit_minimax import fit, show

EDGE = (
    mp.log(2) / 2 * mp.mpf("1.0001")
)  # n is rounded from an inexact product: r can lie just beyond


def remainder(r):
    """(exp(r) − 1 − r) / r², by its series where the difference would cancel."""
    return sum(r**k / mp.factorial(k + 2) for k in range(40))


for dtype, degree in (("float", 4), ("double", 9)):
    result = fit(remainder, lambda r: r * r / mp.exp(r), range(degree + 1), -EDGE, EDGE, dtype)
    show("P", *result, dtype)

# The same P with an error relative to itself, for elementary/exp_remainder.h.
for dtype, degree in (("float", 5), ("double", 10)):
    result = fit(remainder, lambda r: 1 / remainder(r), range(degree + 1), -EDGE, EDGE, dtype)
    show("P, relative", *result, dtype)
relative = fit(remainder, lambda r: r * r / mp.expm1(r) if r else r, range(6), -EDGE, EDGE, "float")
show("P, relative to exp(r) - 1", *relative, "float")
