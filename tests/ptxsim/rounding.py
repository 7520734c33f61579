"""Float arithmetic with one rounding, bit for bit, from numpy's operations.

numpy has no fma. For float32 a double holds the product exactly, so that only the sum's rounding to
double can spoil the second one, to float; that happens where the double lies exactly half way
between two floats, or the float is subnormal, and there the sum is rounded *to odd* first: what was
cut off survives in the last bit. For float64 the product is had as an unevaluated sum by Dekker's
and Veltkamp's splitting and added by the algorithm of Boldo and Melquiond (Emulation of FMA and
correctly rounded sums: proved algorithms using rounding to odd, IEEE Trans. Comp. 57, 2008);
elements whose exponents would overflow or underflow on the way are left to libm's fma.
"""

from __future__ import annotations

import ctypes
import ctypes.util

import numpy as np

from .dtypes import F32, F64, S32, S64, U32, U64, Array
from .errors import Unsupported

NAN32 = np.array(0x7FFFFFFF, U32).view(F32)


def canonical_nan(values: Array) -> Array:
    """float32 arithmetic on the hardware makes every NaN 0x7fffffff."""
    if values.dtype != F32:
        return values
    nan = values != values
    return np.where(nan, NAN32, values) if nan.any() else values


def flush(values: Array) -> Array:
    """.ftz: subnormal float32 become zeros of their sign."""
    return np.where(np.abs(values) < F32(2.0**-126), np.copysign(F32(0), values), values)


def saturate(values: Array) -> Array:
    """.sat: into [0, 1], NaN to 0."""
    zero, one = values.dtype.type(0), values.dtype.type(1)
    return np.where(values != values, zero, np.clip(values, zero, one))


def two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """a + b rounded, and the rounding error, exactly (Knuth)."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def two_product(a: Array, b: Array) -> tuple[Array, Array]:
    """a·b rounded, and the rounding error, exactly while nothing over- or underflows (Dekker)."""

    def split(x: Array) -> tuple[Array, Array]:
        scaled = x * F64(134217729.0)  # 2**27 + 1
        high = scaled - (scaled - x)
        return high, x - high

    product = a * b
    (a_high, a_low), (b_high, b_low) = split(a), split(b)
    error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, error


def to_odd(total: Array, error: Array) -> Array:
    """total + error, whose sum is rounded to nearest, rounded to odd instead."""
    bits = total.view(S64)
    inexact = (error != 0) & ((bits & 1) == 0) & np.isfinite(total)
    if not inexact.any():
        return total
    step = np.where((error > 0) == (bits >= 0), 1, -1)
    return np.where(inexact, (bits + step).view(F64), total)


def narrow_to_odd(values: Array) -> Array:
    """float64 to float32, rounded to odd: a further rounding to fewer bits is then exact."""
    narrow = values.astype(F32)
    error = values - narrow.astype(F64)
    bits = narrow.view(S32)
    inexact = (error != 0) & ((bits & 1) == 0) & np.isfinite(narrow)
    step = np.where((error > 0) == (bits >= 0), 1, -1).astype(S32)
    return np.where(inexact, (bits + step).view(F32), narrow)


def narrow(total: Array, error: Array, mode: str) -> Array:
    """total + error, a double and what it lacks, as float32 in one of the four roundings."""
    if mode == "rn":
        return to_odd(total, error).astype(F32)
    nearest = total.astype(F32)
    back = nearest.astype(F64)
    above = (back > total) | ((back == total) & (error < 0))
    below = (back < total) | ((back == total) & (error > 0))
    down = np.where(above, np.nextafter(nearest, F32(-np.inf)), nearest)
    up = np.where(below, np.nextafter(nearest, F32(np.inf)), nearest)
    if mode == "rm":
        return down
    if mode == "rp":
        return up
    if mode == "rz":
        return np.where(total > 0, down, up)
    raise Unsupported(f"rounding .{mode}")


def fma32(a: Array, b: Array, c: Array, mode: str = "rn") -> Array:
    """a·b + c in float32 with one rounding."""
    product = a.astype(F64) * b.astype(F64)
    addend = c.astype(F64)
    total = product + addend
    if mode != "rn":
        total, error = two_sum(product, addend)
        return narrow(total, np.where(np.isfinite(error), error, 0.0), mode)
    result = total.astype(F32)
    half_way = (total.view(U64) & U64(0x1FFFFFFF)) == U64(0x10000000)
    doubtful = half_way | ((np.abs(total) < 2.0**-126) & (total != 0))
    if doubtful.any():
        where = np.flatnonzero(doubtful)
        product, addend = (np.broadcast_to(x, total.shape)[where] for x in (product, addend))
        result[where] = to_odd(*two_sum(product, addend)).astype(F32)
    return result


_libm = ctypes.CDLL(ctypes.util.find_library("m"))
_libm.fma.restype = ctypes.c_double
_libm.fma.argtypes = [ctypes.c_double] * 3
_libm_fma = np.frompyfunc(_libm.fma, 3, 1)


def fma64(a: Array, b: Array, c: Array) -> Array:
    """a·b + c in float64 with one rounding, to nearest."""
    a, b, c = np.broadcast_arrays(a, b, c)
    plain = a * b + c
    high, low = two_product(a, b)
    sum_high, sum_low = two_sum(c, low)
    result_high, result_low = two_sum(high, sum_high)
    result = result_high + to_odd(*two_sum(sum_low, result_low))
    product, addend = np.abs(high), np.abs(c)
    large, small = 2.0**990, 2.0**-900
    exact = (product > small) & (product < large) & (np.abs(a) < large) & (np.abs(b) < large)
    exact &= ((addend > small) & (addend < large)) | (addend == 0)
    result = np.where(exact, result, plain)
    # A product of zero, an infinity or a NaN leave nothing to round twice.
    simple = (a == 0) | (b == 0) | ~np.isfinite(a) | ~np.isfinite(b) | ~np.isfinite(c)
    rest = ~(exact | simple)
    if rest.any():
        where = np.flatnonzero(rest)
        result[where] = _libm_fma(a[where], b[where], c[where]).astype(F64)
    return result


def bfloat16_to_float32(bits: Array) -> Array:
    return (bits.astype(U32) << U32(16)).view(F32)


def float32_to_bfloat16(values: Array, mode: str = "rn") -> Array:
    bits = values.view(U32)
    if mode == "rz":
        rounded = bits >> U32(16)
    elif mode == "rn":
        rounded = (bits + U32(0x7FFF) + ((bits >> U32(16)) & U32(1))) >> U32(16)
    else:
        raise Unsupported(f"rounding .{mode} to bf16")
    return np.where(values != values, U32(0x7FFF), rounded).astype(np.uint16)
