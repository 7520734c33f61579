"""cvt: between integers and floats of all widths."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..dtypes import (
    DTYPES,
    F16,
    F32,
    F64,
    INTEGER_TYPES,
    U16,
    U32,
    UNSIGNED,
    Array,
    DType,
)
from ..operands import Operands, Step
from ..rounding import (
    bfloat16_to_float32,
    canonical_nan,
    float32_to_bfloat16,
    flush,
    narrow,
    narrow_to_odd,
    saturate,
)
from ..threads import Threads
from .registry import opcode

_TO_INTEGRAL: dict[str, Callable[[Array], Array]] = {
    "rni": np.rint,
    "rzi": np.trunc,
    "rmi": np.floor,
    "rpi": np.ceil,
}
_ROUNDINGS = ("rn", "rz", "rm", "rp")


@opcode("cvt")
def convert(operands: Operands) -> Step:
    operands.only(*_TO_INTEGRAL, *_ROUNDINGS, "ftz", "sat", "relu")
    types = [name for name in operands.modifiers if name in DTYPES]
    if len(types) != 2 or operands.has("rna"):
        raise operands.unsupported()
    to, source = types
    write = operands.destination()
    if to in ("f16x2", "bf16x2"):
        if source != "f32":
            raise operands.unsupported()
        encode = _to_float(operands, to.removesuffix("x2"), "f32")
        high, low = operands.source(1, F32), operands.source(2, F32)

        def pair(threads: Threads) -> None:
            upper = encode(high(threads)).astype(U32) << U32(16)
            write(threads, upper | encode(low(threads)))

        return pair
    read = operands.source(1, DTYPES[source])
    if to in INTEGER_TYPES:
        if source in INTEGER_TYPES:
            function = _integer_to_integer(operands, DTYPES[to])
        else:
            function = _float_to_integer(operands, DTYPES[to], source)
    else:
        function = _to_float(operands, to, source)
    return lambda threads: write(threads, function(read(threads)))


def _decode(values: Array, source: str, flushes: bool) -> Array:
    """Of 16-bit floats, float32."""
    if source == "f16":
        return values.view(F16).astype(F32)
    if source == "bf16":
        return bfloat16_to_float32(values)
    return flush(values) if flushes and source == "f32" else values


def _integer_to_integer(operands: Operands, dtype: DType) -> Callable[[Array], Array]:
    if not operands.has("sat"):
        return lambda a: a.astype(dtype)

    def clipped(a: Array) -> Array:
        target, source = np.iinfo(dtype), np.iinfo(a.dtype)
        low, high = max(target.min, source.min), min(target.max, source.max)
        return np.clip(a, a.dtype.type(low), a.dtype.type(high)).astype(dtype)

    return clipped


def _float_to_integer(operands: Operands, dtype: DType, source: str) -> Callable[[Array], Array]:
    """Out of range: the nearest integer that exists. NaN: 0, or for 64 bits the top bit alone."""
    integral = _TO_INTEGRAL[operands.one_of(*_TO_INTEGRAL)]
    flushes = operands.has("ftz")
    limits = np.iinfo(dtype)
    beyond = 2.0 ** (limits.bits - (1 if limits.min < 0 else 0))
    bits = UNSIGNED[limits.bits // 8]
    of_nan = bits(0) if source != "f64" and limits.bits < 64 else bits(1 << (limits.bits - 1))

    def rounded(a: Array) -> Array:
        value = integral(_decode(a, source, flushes).astype(F64))
        high, low, nan = value >= beyond, value < float(limits.min), value != value
        result = np.where(high | low | nan, 0.0, value).astype(dtype)
        result = np.where(high, dtype(limits.max), result)
        result = np.where(low, dtype(limits.min), result)
        return np.where(nan, of_nan.view(dtype), result)

    return rounded


def _to_float(operands: Operands, to: str, source: str) -> Callable[[Array], Array]:
    mode = operands.one_of(*_ROUNDINGS, default="rn")
    integral = next((_TO_INTEGRAL[m] for m in operands.modifiers if m in _TO_INTEGRAL), None)
    flushes, saturates, clips = (operands.has(m) for m in ("ftz", "sat", "relu"))

    def converted(a: Array) -> Array:
        value = _decode(a, source, flushes)
        if integral is not None:
            value = integral(value)
        if saturates:
            value = saturate(value)
        if clips:
            value = np.where(value < 0, value.dtype.type(0), value)
        if to == "f64":
            if mode != "rn" and value.dtype != F32 and value.itemsize == 8:
                raise operands.unsupported()
            return value.astype(F64)
        if to == "f32":
            result = _to_float32(operands, value, mode)
            return flush(result) if flushes else result
        if to == "f16":
            if mode != "rn":
                raise operands.unsupported()
            return np.where(value != value, U16(0x7FFF), value.astype(F16).view(U16))
        if value.dtype != F32:
            value = narrow_to_odd(value.astype(F64))
        return float32_to_bfloat16(value, mode)

    return converted


def _to_float32(operands: Operands, value: Array, mode: str) -> Array:
    if value.dtype == F32:
        return value
    if mode == "rn":
        return canonical_nan(value.astype(F32))
    if value.itemsize == 8 and value.dtype != F64:
        raise operands.unsupported()
    return canonical_nan(narrow(value.astype(F64), np.zeros(1), mode))
