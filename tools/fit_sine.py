"""Constants of elementary/sine.h: π/2 in parts, and S and C in sin(t) = t + t³·S(t²) and
cos(t) = 1 − t²/2 + t⁴·C(t²) for |t| <= 0.91."""

import mpmath as mp
from fit_minimax import fit, literal, rounded, show

# The number of quarter turns is rounded from a product with an inexact 2/π: at the end of the range
# that elementary/sine.h follows, t lies beyond π/4.
EDGE = mp.mpf("0.91") ** 2


def sine_rest(w):
    """(sin t − t) / t³ at t = √w, by its series, where no difference cancels."""
    return sum((-1) ** (k + 1) * w**k / mp.factorial(2 * k + 3) for k in range(30))


def cosine_rest(w):
    """(cos t − 1 + t²/2) / t⁴ at t = √w."""
    return sum((-1) ** k * w**k / mp.factorial(2 * k + 4) for k in range(30))


def part_of_sine(w):
    """What S contributes, as a part of sin t."""
    return w / (1 + w * sine_rest(w))


def part_of_cosine(w):
    return w * w / mp.cos(mp.sqrt(w))


def parts_of_quarter_turn(dtype):
    """π/2 as a sum of three numbers, each the nearest to what those before leave."""
    rest = mp.pi / 2
    for _ in range(3):
        part = rounded(rest, dtype)
        rest -= part
        yield part


for dtype, degree in (("float", 4), ("double", 7)):
    print("π/2:", ", ".join(literal(part, dtype) for part in parts_of_quarter_turn(dtype)))
    print("2/π:", literal(rounded(2 / mp.pi, dtype), dtype))
    show("S", *fit(sine_rest, part_of_sine, range(degree), mp.mpf(0), EDGE, dtype), dtype)
    show("C", *fit(cosine_rest, part_of_cosine, range(degree), mp.mpf(0), EDGE, dtype), dtype)
