"""Coefficients of formulas/tanhshrink.h: P in x − tanh(x) = x³·(1/3 + x²·P(x²)) for |x| <= 1."""

import mpmath as mp
from fit_minimax import fit_stepwise, show


def rest(w):
    """((x − tanh x) / x³ − 1/3) / w at x = √w, by its series where the differences would cancel."""
    if w < mp.mpf("1e-6"):
        return -mp.mpf(2) / 15 + w * 17 / 315 - w**2 * 62 / 2835
    x = mp.sqrt(w)
    return ((x - mp.tanh(x)) / (x * w) - mp.mpf(1) / 3) / w


def relative(w):
    """What P contributes, as a part of the whole; away from 0, where P is of no use."""
    w += mp.mpf("1e-4")
    return w / (mp.mpf(1) / 3 + w * rest(w))


for dtype, degree in (("float", 7), ("double", 15)):
    result = fit_stepwise(rest, relative, range(degree + 1), mp.mpf(0), mp.mpf("1.0001"), dtype)
    show("P", *result, dtype)
