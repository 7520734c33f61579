"""float32 and float64 arithmetic: IEEE, one rounding, NaN of float32 canonical."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..dtypes import F64, FLOAT_TYPES, U32, U64, Array, Binary, DType, unsigned, width
from ..operands import Operands, Step, elementwise
from ..rounding import (
    canonical_nan,
    flush,
    fma32,
    fma64,
    narrow,
    saturate,
    two_sum,
)
from .registry import opcode

_ROUNDINGS = ("rn", "rz", "rm", "rp")
_BINARY: dict[str, Binary] = {"add": np.add, "sub": np.subtract, "mul": np.multiply}


def _float_elementwise(operands: Operands, function: Callable[..., Array]) -> Step:
    """With .ftz of the sources and the result, .sat of the result, and NaN as the hardware's."""
    if operands.has("ftz"):
        inner = function
        function = lambda *values: flush(inner(*map(flush, values)))  # noqa: E731
    if operands.has("sat"):
        unsaturated = function
        function = lambda *values: saturate(unsaturated(*values))  # noqa: E731
    if operands.type == "f32":
        plain = function
        function = lambda *values: canonical_nan(plain(*values))  # noqa: E731
    return elementwise(operands, function)


@opcode("add", "sub", "mul", types=FLOAT_TYPES)
def arithmetic(operands: Operands) -> Step:
    operands.only(*_ROUNDINGS, "ftz", "sat")
    name, mode = operands.instruction.opcode, operands.one_of(*_ROUNDINGS, default="rn")
    if mode == "rn":
        return _float_elementwise(operands, _BINARY[name])
    if operands.type == "f64":
        raise operands.unsupported()

    def directed(a: Array, b: Array) -> Array:
        x, y = a.astype(F64), b.astype(F64)
        if name == "mul":
            return narrow(x * y, np.zeros(1), mode)
        total, error = two_sum(x, y if name == "add" else -y)
        return narrow(total, np.where(np.isfinite(error), error, 0.0), mode)

    return _float_elementwise(operands, directed)


@opcode("fma", "mad", types=FLOAT_TYPES)
def fused_multiply_add(operands: Operands) -> Step:
    operands.only(*_ROUNDINGS, "ftz", "sat")
    mode = operands.one_of(*_ROUNDINGS, default="rn")
    if operands.type == "f32":
        return _float_elementwise(operands, lambda a, b, c: fma32(a, b, c, mode))
    if mode != "rn":
        raise operands.unsupported()
    return _float_elementwise(operands, fma64)


@opcode("div", types=FLOAT_TYPES)
def divide(operands: Operands) -> Step:
    operands.only("rn", "ftz")  # .approx and .full aren't: their bits are the hardware's secret
    return _float_elementwise(operands, np.divide)


@opcode("sqrt", types=FLOAT_TYPES)
def square_root(operands: Operands) -> Step:
    operands.only("rn", "ftz")
    return _float_elementwise(operands, np.sqrt)


@opcode("rcp", types=FLOAT_TYPES)
def reciprocal(operands: Operands) -> Step:
    operands.only("rn", "ftz")
    return _float_elementwise(operands, np.reciprocal)


@opcode("abs", "neg", types=FLOAT_TYPES)
def sign(operands: Operands) -> Step:
    """Of the bits: a NaN keeps its payload."""
    operands.only("ftz")
    bits = unsigned(operands.dtype)
    top = bits(1 << (8 * width(bits) - 1))
    absolute = operands.instruction.opcode == "abs"

    def of_bits(a: Array) -> Array:
        return ((a.view(bits) & ~top) if absolute else (a.view(bits) ^ top)).view(operands.dtype)

    if operands.has("ftz"):
        return elementwise(operands, lambda a: flush(of_bits(a)))
    return elementwise(operands, of_bits)


@opcode("copysign", types=FLOAT_TYPES)
def copy_sign(operands: Operands) -> Step:
    """The second source with the sign of the first."""
    operands.only()
    bits = unsigned(operands.dtype)
    top = bits(1 << (8 * width(bits) - 1))
    return elementwise(operands, lambda a, b: (a & top) | (b & ~top), bits)


def extremum(a: Array, b: Array, largest: bool, propagate: bool) -> Array:
    """-0 counts as less than +0; a NaN loses against a number unless it is to propagate."""
    dtype: DType = a.dtype.type
    bits = unsigned(dtype)
    if propagate:
        result = np.maximum(a, b) if largest else np.minimum(a, b)
    else:
        result = np.fmax(a, b) if largest else np.fmin(a, b)
    zeros = (a == 0) & (b == 0)
    if zeros.any():
        x, y = a.view(bits), b.view(bits)
        result = np.where(zeros, ((x & y) if largest else (x | y)).view(dtype), result)
    nan = result != result
    if nan.any():
        canonical = U32(0x7FFFFFFF) if bits is U32 else U64(0x7FFFFFFFFFFFFFFF)
        result = np.where(nan, canonical.view(dtype), result)
    return result


@opcode("min", "max", types=FLOAT_TYPES)
def minimum_maximum(operands: Operands) -> Step:
    operands.only("ftz", "NaN")
    if len(operands.texts) != 3:
        raise operands.unsupported()
    largest, propagate = operands.instruction.opcode == "max", operands.has("NaN")
    return _float_elementwise(operands, lambda a, b: extremum(a, b, largest, propagate))


@opcode("ex2", "lg2", "sin", "cos", "tanh", "rsqrt")
def approximation(operands: Operands) -> Step:
    """Their results differ between devices, and the formulas promise bits: none may use them."""
    raise operands.unsupported()
