"""Remez exchange in high precision, for the polynomials of csrc/act/.

`fit` minimises the largest weighted error of a polynomial, rounds its coefficients to the target
type and measures the error again with the rounded ones.
"""

import struct

import mpmath as mp
import numpy as np

mp.mp.dps = 60


def rounded(value, dtype):
    """`value` as the nearest float or double."""
    if dtype == "double":
        return mp.mpf(float(value))
    return mp.mpf(struct.unpack("f", struct.pack("f", float(value)))[0])


def remez(function, weight, degrees, low, high, rounds=30):
    """Coefficients for `degrees` and the largest |weight·(polynomial − function)|, levelled."""
    count = len(degrees) + 1
    middle, radius = (mp.mpf(low) + high) / 2, (mp.mpf(high) - low) / 2
    # Off the exact middle, where a weight may vanish.
    nodes = [
        middle - radius * mp.cos(mp.pi * (2 * k + mp.mpf("1.01")) / (2 * count))
        for k in range(count)
    ]
    coefficients = []
    for _ in range(rounds):
        system = mp.matrix(count, count)
        right = mp.matrix(count, 1)
        for row, node in enumerate(nodes):
            for column, degree in enumerate(degrees):
                system[row, column] = node**degree
            system[row, count - 1] = (-1) ** row / weight(node)
            right[row] = function(node)
        solution = mp.lu_solve(system, right)
        coefficients = [solution[k] for k in range(count - 1)]
        level = abs(solution[count - 1])

        def error(x, coefficients=coefficients):
            total = sum(c * x**d for c, d in zip(coefficients, degrees, strict=True))
            return weight(x) * (total - function(x))

        nodes, peaks = _extrema(error, middle, radius, count, nodes)
        if max(peaks) <= level * (1 + mp.mpf("1e-4")):
            break
    return coefficients, max(peaks)


def _extrema(error, middle, radius, count, previous):
    """The largest |error| of each run of one sign: `count` alternating points."""
    points = [middle - radius * mp.cos(mp.pi * k / (24 * count)) for k in range(24 * count + 1)]
    values = [error(x) for x in points]
    runs = []
    for point, value in zip(points, values, strict=True):
        if runs and mp.sign(value) == mp.sign(runs[-1][1]):
            if abs(value) > abs(runs[-1][1]):
                runs[-1] = (point, value)
        elif value != 0:
            runs.append((point, value))
    while len(runs) > count:
        runs.pop(0 if abs(runs[0][1]) < abs(runs[-1][1]) else -1)
    if len(runs) < count:
        return previous, [abs(v) for v in values]
    return [p for p, _ in runs], [abs(v) for _, v in runs]


def fit(function, weight, degrees, low, high, dtype):
    """{degree: coefficient of the dtype} and the largest weighted error after rounding."""
    coefficients, _ = remez(function, weight, list(degrees), low, high)
    known = {d: rounded(c, dtype) for d, c in zip(degrees, coefficients, strict=True)}
    return known, _largest_error(function, weight, known, low, high)


def _largest_error(function, weight, known, low, high):
    grid = [low + (mp.mpf(high) - low) * k / 997 for k in range(998)]
    return max(
        abs(weight(x) * (sum(c * x**d for d, c in known.items()) - function(x))) for x in grid
    )


def fit_stepwise(function, weight, degrees, low, high, dtype, sums=()):
    """As `fit`, but one coefficient after the other, the lowest degree first: those that are left
    make up for what its rounding has lost, as far as they can. Those of the degrees in `sums` are
    kept to twice the precision.
    """
    degrees = list(degrees)
    coefficients, _ = remez(function, weight, degrees, low, high)
    known = dict(zip(degrees, coefficients, strict=True))
    middle, radius = (mp.mpf(low) + high) / 2, (mp.mpf(high) - low) / 2
    nodes = [middle - radius * mp.cos(mp.pi * (k + mp.mpf("0.5")) / 200) for k in range(200)]
    x, weights = np.array(nodes, float), np.array([float(weight(node)) for node in nodes])
    for step, degree in enumerate(degrees):
        exact = known[degree]
        known[degree] = rounded(exact, dtype)
        if degree in sums:
            known[degree] += rounded(exact - known[degree], dtype)
        lost, left = float(known[degree] - exact), degrees[step + 1 :]
        if left and lost:
            terms = weights[:, None] * x[:, None] ** np.array(left)
            scales = np.abs(terms).max(axis=0)
            corrections = np.linalg.lstsq(terms / scales, -weights * x**degree, rcond=None)[0]
            for other, correction in zip(left, lost * corrections / scales, strict=True):
                known[other] += mp.mpf(float(correction))
    return known, _largest_error(function, weight, known, low, high)


def literal(value, dtype):
    """A hexadecimal literal of C++, exact."""
    text = float(value).hex().replace("0000000p", "p") if dtype == "float" else float(value).hex()
    return text + ("f" if dtype == "float" else "")


def show(name, known, largest, dtype):
    """Print the coefficients, highest degree first, as the Horner scheme reads them."""
    print(f"// {name} ({dtype}): largest weighted error 2^{float(mp.log(largest, 2)):.1f}")
    for degree in sorted(known, reverse=True):
        high = rounded(known[degree], dtype)
        low = known[degree] - high
        print(f"  {degree:3d}  {literal(high, dtype)}", literal(low, dtype) if low else "")
