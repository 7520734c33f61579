"""The coefficients of csrc/act/elementary/normal_tail.h.

R(t) = Q(t)·exp(t²/2), with Q(t) = erfc(t/√2)/2 the tail of the normal distribution, falls smoothly
from 1/2 to 1/(t√2π). The substitution i = 1/(t + c) maps [0, ∞) onto a finite interval on which
G(i) = (t + c)·R(t) is nearly a polynomial (Shepherd, Laframboise: Chebyshev approximation of
(1+2x)exp(x²)erfc x in 0 <= x < ∞, Math. Comp. 36, 1981). It is written in v = i − i0, with i0 near
the middle of the interval and such that G(i0) is nearly a number of the type: there the rounding of
the constant coefficient is all the error.

Weighted least squares at Chebyshev nodes; the coefficients are rounded one after the other, lowest
first, and the rest fitted again each time, so that they absorb the rounding.
"""

import mpmath as mp
from fit_minimax import literal, rounded, show

mp.mp.dps = 100  # the normal equations square the condition number

# dtype: (c, degree, end of the range, beyond which every result has underflown)
CHOICES = {"float": (mp.mpf(3), 10, mp.mpf(15)), "double": (mp.mpf(5), 23, mp.mpf(39))}


def scaled_tail(i, c):
    """G(i)."""
    t = 1 / i - c
    return (t + c) * mp.erfc(t / mp.sqrt(2)) / 2 * mp.exp(t * t / 2)


def least_squares(points, values, degrees):
    """Coefficients of Σ cₖvᵏ that minimise the sum of the squared relative errors."""
    matrix = mp.matrix(len(points), len(degrees))
    for row, (v, (_, scale)) in enumerate(zip(points, values, strict=True)):
        for column, degree in enumerate(degrees):
            matrix[row, column] = v**degree / scale
    right = mp.matrix([value / scale for value, scale in values])
    return list(mp.lu_solve(matrix, right))


def centre_of(low, high, c, dtype):
    """The number near the middle of [low, high] whose G is rounded least."""

    def loss(i):
        exact = scaled_tail(i, c)
        return abs(rounded(exact, dtype) / exact - 1)

    middle = (low + high) / 2
    return min(
        (rounded(middle * (1 + mp.mpf(k) / 4000), dtype) for k in range(-400, 401)), key=loss
    )


def fit(c, degree, end, dtype):
    """The centre, {degree: coefficient} and the largest relative error of G with them."""
    low, high = 1 / (end + c), 1 / c
    centre = centre_of(low, high, c, dtype)
    count = 4 * degree
    nodes = [
        (low + high) / 2 + (high - low) / 2 * mp.cos(mp.pi * (k + mp.mpf(1) / 2) / count)
        for k in range(count)
    ]
    points = [i - centre for i in nodes]
    exact = [scaled_tail(i, c) for i in nodes]
    known = {}
    for fixed in range(degree + 1):
        rest = [
            (g - sum(k * v**d for d, k in known.items()), g)
            for v, g in zip(points, exact, strict=True)
        ]
        coefficients = least_squares(points, rest, list(range(fixed, degree + 1)))
        known[fixed] = rounded(coefficients[0], dtype)
    grid = [low + (high - low) * k / 1499 for k in range(1500)]
    largest = max(
        abs(sum(k * (i - centre) ** d for d, k in known.items()) / scaled_tail(i, c) - 1)
        for i in grid
    )
    return centre, known, largest


def main():
    for dtype, (c, degree, end) in CHOICES.items():
        centre, known, largest = fit(c, degree, end, dtype)
        show(f"G, c = {float(c)}, i0 = {literal(centre, dtype)}", known, largest, dtype)
        density = 1 / mp.sqrt(2 * mp.pi)
        high = rounded(density, dtype)
        low = rounded(density - high, dtype)
        print(f"// 1/sqrt(2 pi) = {literal(high, dtype)} + {literal(low, dtype)}")


if __name__ == "__main__":
    main()
