"""Arithmetic of float16 and bfloat16, alone and in pairs, computed in double and rounded once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..dtypes import F16, F64, HALF_PAIR_TYPES, HALF_TYPES, U16, U32, Array
from ..operands import Operands, Step, elementwise
from ..rounding import (
    bfloat16_to_float32,
    float32_to_bfloat16,
    narrow_to_odd,
    saturate,
    to_odd,
    two_sum,
)
from .registry import opcode


def decode_half(bits: Array, type_name: str) -> Array:
    """16-bit floats as doubles."""
    if type_name == "f16":
        return bits.view(F16).astype(F64)
    return bfloat16_to_float32(bits).astype(F64)


def encode_half(values: Array, type_name: str) -> Array:
    """Doubles, rounded to 16-bit floats; NaN canonical."""
    if type_name == "f16":
        return np.where(values != values, U16(0x7FFF), values.astype(F16).view(U16))
    return float32_to_bfloat16(narrow_to_odd(values))


def _sum(a: Array, b: Array) -> Array:
    """Rounded to odd, so that rounding it again is harmless."""
    total, error = two_sum(a, b)
    return to_odd(total, np.where(np.isfinite(error), error, 0.0))


_OPERATIONS: dict[str, Callable[..., Array]] = {
    "add": _sum,
    "sub": lambda a, b: _sum(a, -b),
    "mul": lambda a, b: a * b,
    "fma": lambda a, b, c: _sum(a * b, c),
}


def _extremum(name: str, propagate: bool) -> Callable[[Array, Array], Array]:
    def of(a: Array, b: Array) -> Array:
        if propagate:
            result = np.maximum(a, b) if name == "max" else np.minimum(a, b)
        else:
            result = np.fmax(a, b) if name == "max" else np.fmin(a, b)
        zeros = (a == 0) & (b == 0)
        negative = np.signbit(a) & np.signbit(b) if name == "max" else np.signbit(a) | np.signbit(b)
        return np.where(zeros, np.where(negative, -0.0, 0.0), result)

    return of


def _half_function(operands: Operands, type_name: str) -> Callable[..., Array]:
    name = operands.instruction.opcode
    if name == "neg":
        return lambda a: a ^ U16(0x8000)
    if name == "abs":
        return lambda a: a & U16(0x7FFF)
    if name in ("min", "max"):
        operation: Callable[..., Array] = _extremum(name, operands.has("NaN"))
    else:
        operation = _OPERATIONS[name]
    saturates, clips = operands.has("sat"), operands.has("relu")

    def function(*sources: Array) -> Array:
        result = operation(*(decode_half(source, type_name) for source in sources))
        if saturates:
            result = saturate(result)
        if clips:
            result = np.where(result < 0, 0.0, result)
        return encode_half(result, type_name)

    return function


@opcode("add", "sub", "mul", "fma", "min", "max", "neg", "abs", types=HALF_TYPES)
def arithmetic(operands: Operands) -> Step:
    operands.only("rn", "sat", "relu", "NaN")
    return elementwise(operands, _half_function(operands, operands.type), U16)


@opcode("add", "sub", "mul", "fma", "min", "max", "neg", "abs", types=HALF_PAIR_TYPES)
def pair_arithmetic(operands: Operands) -> Step:
    operands.only("rn", "sat", "relu", "NaN")
    function = _half_function(operands, operands.type.removesuffix("x2"))

    def of_pairs(*sources: Array) -> Array:
        low = function(*(source.astype(U16) for source in sources))
        high = function(*((source >> U32(16)).astype(U16) for source in sources))
        return low.astype(U32) | (high.astype(U32) << U32(16))

    return elementwise(operands, of_pairs, U32)
