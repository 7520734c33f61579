"""The derivatives of silu, mish and gelu-tanh beside their zeros: f'(zero + v) = v·G(v).

Prints the zeros as sums and the coefficients of G, with the error relative to f', for |v| up to
where the terms of the plain formula have digits enough.
"""

from functools import partial

import mpmath as mp
from fit_minimax import fit, fit_stepwise, literal, rounded, show

ROOT = mp.sqrt(2 / mp.pi)


def silu(x):
    return x / (1 + mp.exp(-x))


def mish(x):
    return x * mp.tanh(mp.log(1 + mp.exp(x)))


def gelu_tanh(x):
    return x / 2 * (1 + mp.tanh(ROOT * (x + mp.mpf("0.044715") * x**3)))


# The function, a number near the zero, the reach in v, how to fit, the degrees of float and double.
CHOICES = (
    (silu, -1.278, 0.34, fit, 6, 15),
    (mish, -1.192, 0.3, partial(fit_stepwise, sums=(0,)), 7, 15),
    (gelu_tanh, -0.753, 0.08, fit, 4, 9),
)


def main():
    for function, near, reach, fitted, *degrees in CHOICES:
        zero = mp.findroot(lambda x, f=function: mp.diff(f, x), near)
        # The Taylor series of the derivative, without its term 0: the quotient, without cancelling.
        terms = mp.taylor(function, zero, 40)
        series = [k * terms[k] for k in range(2, 41)]

        def quotient(v, series=series):
            return mp.polyval(series[::-1], v)

        for dtype, degree in zip(("float", "double"), degrees, strict=True):
            result = fitted(
                quotient, lambda v, q=quotient: 1 / q(v), range(degree + 1), -reach, reach, dtype
            )
            high = rounded(zero, dtype)
            low = rounded(zero - high, dtype)
            show(
                f"{function.__name__}, zero {literal(high, dtype)} + {literal(low, dtype)}",
                *result,
                dtype,
            )
        edges = [mp.nstr(v * quotient(v), 3) for v in (-reach, reach)]
        print(f"// the derivative at the ends: {', '.join(edges)}")


if __name__ == "__main__":
    main()
