"""Coefficients of formulas/tanhshrink.h: P in x − tanh(x) = x³·P(x²) for |x| <= 1."""

import mpmath as mp
from fit_minimax import fit, show


def shrink(w):
    """(x − tanh x) / x³ at x = √w."""
    if w < mp.mpf("1e-12"):
        return mp.mpf(1) / 3 - 2 * w / 15
    x = mp.sqrt(w)
    return (x - mp.tanh(x)) / (x * w)


for dtype, degree in (("float", 7), ("double", 15)):
    result = fit(shrink, lambda w: 1 / shrink(w), range(degree + 1), mp.mpf(0), mp.mpf("1.0001"), dtype)
    show("P", *result, dtype)
