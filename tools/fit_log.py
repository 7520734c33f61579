"""P of elementary/log.h: ln((1 + s) / (1 − s)) = 2s + s·w·P(w), w = s², |s| <= 3 − 2√2."""

import mpmath as mp
from fit_minimax import fit, show

EDGE = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * mp.mpf("1.0001")


def tail(w):
    """(2·artanh(s) − 2s) / (s·w), by its series: 2/3 + 2/5·w + …"""
    return sum(2 * w**k / (2 * k + 3) for k in range(60))


for dtype, degree in (("float", 3), ("double", 6)):
    # Relative to the logarithm, 2s; away from 0, where the weight would leave the system singular.
    result = fit(tail, lambda w: (w + EDGE / 64) / 2, range(degree + 1), mp.mpf(0), EDGE, dtype)
    show("P", *result, dtype)
