"""The coefficients of csrc/act/elementary/normal_tail.h.

With Q(t) = erfc(t/√2)/2 the tail of the normal distribution and φ(t) its density, two functions are
e^(-t²/2) times something smooth: t·Q(t) = e^(-t²/2)·F(t)·t/(2·(t + b)), where F is nearly constant,
and Q(t) − t·φ(t) = e^(-t²/2)·K(t)·(t0 − t)/2, where t0 is the zero. The substitution m = t/(t + c)
maps [0, ∞) onto a finite interval, on which both are nearly polynomials (Shepherd, Laframboise:
Chebyshev approximation of (1+2x)exp(x²)erfc x in 0 <= x < ∞, Math. Comp. 36, 1981).

They are written in v = m − m0, with m0 such that the constant coefficient is 1: then it takes no
multiplication, and the rounding errors of the rest count only as much as the function varies. Near
the c that is wanted, the one is taken for which 1 needs the least rounding of m0.

Weighted least squares at Chebyshev nodes; the coefficients are rounded one after the other, lowest
first, and the rest fitted again each time, so that they absorb the rounding.
"""

import mpmath as mp
from fit_minimax import literal, rounded, show

mp.mp.dps = 100  # the normal equations square the condition number

B = mp.mpf("1.25")
DENSITY = 1 / mp.sqrt(2 * mp.pi)


def scaled_tail(t):
    """Q(t)·e^(t²/2)."""
    return mp.erfc(t / mp.sqrt(2)) / 2 * mp.exp(t * t / 2)


ZERO = mp.findroot(lambda t: scaled_tail(t) - t * DENSITY, mp.mpf("0.75"))


def factor_of_tail(t):
    """F(t)."""
    return 2 * (t + B) * scaled_tail(t)


def factor_of_slope(t):
    """K(t)."""
    return 2 * (scaled_tail(t) - t * DENSITY) / (ZERO - t)


# (function, dtype): (c, degree, end of the range, beyond which every result has underflown, and a
# guess where the function is 1)
CHOICES = {
    (factor_of_tail, "float"): (3.5, 9, "14.3", 4),
    (factor_of_tail, "double"): (6, 23, "39", 4),
    (factor_of_slope, "float"): (3.5, 8, "14.3", 1.5),
    (factor_of_slope, "double"): (6, 21, "39", 1.5),
}


def least_squares(points, values, degrees):
    """Coefficients of Σ cₖvᵏ that minimise the sum of the squared relative errors."""
    matrix = mp.matrix(len(points), len(degrees))
    for row, (v, (_, scale)) in enumerate(zip(points, values, strict=True)):
        for column, degree in enumerate(degrees):
            matrix[row, column] = v**degree / scale
    right = mp.matrix([value / scale for value, scale in values])
    return list(mp.lu_solve(matrix, right))


def choose(function, c, guess, dtype):
    """The c and m0 for which the function at m0 is nearest to 1."""
    one = mp.findroot(lambda t: function(t) - 1, mp.mpf(guess))

    def loss(pair):
        c, m0 = pair
        return abs(function(m0 * c / (1 - m0)) - 1)

    candidates = [mp.mpf(c) + mp.mpf(k) / 1024 for k in range(-120, 121)]
    return min(((c, rounded(one / (one + c), dtype)) for c in candidates), key=loss)


def fit(function, c, m0, degree, end, dtype):
    """{degree: coefficient} and the largest relative error with them."""
    high = end / (end + c)
    count = 4 * degree
    nodes = [high / 2 * (1 + mp.cos(mp.pi * (k + mp.mpf(1) / 2) / count)) for k in range(count)]
    points = [m - m0 for m in nodes]
    exact = [function(m * c / (1 - m)) for m in nodes]
    known = {0: mp.mpf(1)}
    for fixed in range(1, degree + 1):
        rest = [
            (value - sum(k * v**d for d, k in known.items()), value)
            for v, value in zip(points, exact, strict=True)
        ]
        coefficients = least_squares(points, rest, list(range(fixed, degree + 1)))
        known[fixed] = rounded(coefficients[0], dtype)
    grid = [high * k / 1499 for k in range(1500)]
    largest = max(
        abs(sum(k * (m - m0) ** d for d, k in known.items()) / function(m * c / (1 - m)) - 1)
        for m in grid
    )
    return known, largest


def main():
    for (function, dtype), (wanted, degree, end, guess) in CHOICES.items():
        c, m0 = choose(function, wanted, guess, dtype)
        known, largest = fit(function, c, m0, degree, mp.mpf(end), dtype)
        name = f"{function.__doc__[0]}, c = {float(c).hex()}, m0 = {literal(m0, dtype)}"
        show(name, known, largest, dtype)
    for name, value in (("1/sqrt(2 pi)", DENSITY), ("zero", ZERO)):
        for dtype, bits in (("float", 20), ("double", 47)):
            # The zero's high part: a multiple of the unit of every t in the range.
            high = mp.nint(value * 2**bits) / 2**bits if name == "zero" else rounded(value, dtype)
            low = rounded(value - high, dtype)
            lowest = rounded(value - high - low, dtype)
            parts = " + ".join(literal(part, dtype) for part in (high, low, lowest))
            print(f"// {name} = {parts}")


if __name__ == "__main__":
    main()
