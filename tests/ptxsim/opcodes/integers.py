"""Integer arithmetic. numpy's arrays wrap around as the hardware does."""

from __future__ import annotations

import numpy as np

from ..dtypes import (
    INTEGER_TYPES,
    S16,
    S32,
    S64,
    U16,
    U32,
    U64,
    Array,
    Binary,
    DType,
)
from ..operands import Operands, Step, elementwise
from ..threads import Threads
from .registry import opcode

_WIDER: dict[DType, DType] = {U16: U32, S16: S32, U32: U64, S32: S64}


def high_half(a: Array, b: Array, dtype: DType) -> Array:
    """The upper half of the product."""
    if dtype in _WIDER:
        wider = _WIDER[dtype]
        product = a.astype(wider) * b.astype(wider)
        return (product >> wider(8 * np.dtype(dtype).itemsize)).astype(dtype)
    x, y, half, mask = a.astype(U64), b.astype(U64), U64(32), U64(0xFFFFFFFF)
    x_low, x_high, y_low, y_high = x & mask, x >> half, y & mask, y >> half
    low = x_low * y_low
    middle = x_high * y_low + (low >> half)
    other = x_low * y_high + (middle & mask)
    high = x_high * y_high + (middle >> half) + (other >> half)
    if dtype is S64:  # what a negative factor's bits stand for is 2**64 more than its value
        high = high - np.where(a < 0, y, U64(0)) - np.where(b < 0, x, U64(0))
    return high.view(dtype)


def quotient(a: Array, b: Array) -> Array:
    """Towards zero. By zero the hardware gives all bits set."""
    dtype = a.dtype
    divisor = np.where(b == 0, dtype.type(1), b)
    result = a // divisor
    if dtype.kind == "i":
        inexact = (result * divisor != a) & ((a < 0) != (divisor < 0))
        result = result + inexact.astype(dtype)
    return np.where(b == 0, ~dtype.type(0), result)


def remainder(a: Array, b: Array) -> Array:
    """With the dividend's sign; by zero the dividend itself."""
    divisor = np.where(b == 0, a.dtype.type(1), b)
    return np.where(b == 0, a, np.fmod(a, divisor))


_SIMPLE: dict[str, Binary] = {
    "add": np.add,
    "sub": np.subtract,
    "min": np.minimum,
    "max": np.maximum,
    "div": quotient,
    "rem": remainder,
}


@opcode(*_SIMPLE, types=INTEGER_TYPES)
def arithmetic(operands: Operands) -> Step:
    if operands.has("cc"):  # carry chains
        raise operands.unsupported()
    operands.only()
    return elementwise(operands, _SIMPLE[operands.instruction.opcode])


@opcode("mul", "mad", types=INTEGER_TYPES)
def multiply(operands: Operands) -> Step:
    operands.only("lo", "hi", "wide")
    dtype = operands.dtype
    adds = operands.instruction.opcode == "mad"
    if operands.has("wide"):
        wider = _WIDER[dtype]
        write = operands.destination()
        first, second = operands.source(1, dtype), operands.source(2, dtype)
        third = operands.source(3, wider) if adds else None

        def wide(threads: Threads) -> None:
            product = first(threads).astype(wider) * second(threads).astype(wider)
            write(threads, product if third is None else product + third(threads))

        return wide
    product: Binary = np.multiply
    if operands.has("hi"):
        product = lambda a, b: high_half(a, b, dtype)  # noqa: E731
    if adds:
        return elementwise(operands, lambda a, b, c: product(a, b) + c)
    return elementwise(operands, product)


@opcode("neg", "abs", types=INTEGER_TYPES)
def sign(operands: Operands) -> Step:
    operands.only()
    return elementwise(operands, np.negative if operands.instruction.opcode == "neg" else np.abs)


@opcode("sad", types=INTEGER_TYPES)
def sum_of_absolute_difference(operands: Operands) -> Step:
    operands.only()
    return elementwise(operands, lambda a, b, c: c + (np.maximum(a, b) - np.minimum(a, b)))


@opcode("mul24", "mad24", types=INTEGER_TYPES)
def multiply_24_bits(operands: Operands) -> Step:
    raise operands.unsupported()
