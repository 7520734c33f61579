"""Shifts, logic, bit fields, permutations and counts of bits."""

from __future__ import annotations

import numpy as np

from ..dtypes import INTEGER_TYPES, S64, U32, U64, Array, Binary, DType, unsigned, width
from ..operands import Operands, Step, elementwise
from ..threads import Threads
from .registry import opcode

_LOGIC: dict[str, Binary] = {
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
}


@opcode(*_LOGIC)
def logic(operands: Operands) -> Step:
    operands.only()
    return elementwise(operands, _LOGIC[operands.instruction.opcode])


@opcode("not")
def complement(operands: Operands) -> Step:
    operands.only()
    return elementwise(operands, np.invert)


@opcode("cnot")
def is_zero(operands: Operands) -> Step:
    operands.only()
    return elementwise(operands, lambda a: (a == 0).astype(operands.dtype))


@opcode("shl", "shr", types=INTEGER_TYPES)
def shift(operands: Operands) -> Step:
    """By the register's width or more: nothing is left but, in a signed shift, the sign."""
    operands.only()
    dtype = operands.dtype
    bits = 8 * width(dtype)
    write, value, amount = (
        operands.destination(),
        operands.source(1, dtype),
        operands.source(2, U32),
    )
    left, signed = operands.instruction.opcode == "shl", np.dtype(dtype).kind == "i"

    def step(threads: Threads) -> None:
        a, n = value(threads), amount(threads)
        limited = np.minimum(n, U32(bits - 1)).astype(dtype)
        result = a << limited if left else a >> limited
        if left or not signed:
            far = n >= bits
            if far.any():
                result = np.where(far, dtype(0), result)
        write(threads, result)

    return step


@opcode("shf")
def funnel_shift(operands: Operands) -> Step:
    """Of the 64 bits that two registers make."""
    operands.only("l", "r", "wrap", "clamp")
    write = operands.destination()
    low, high, amount = (operands.source(index, U32) for index in (1, 2, 3))
    left, wrap = operands.has("l"), operands.has("wrap")

    def step(threads: Threads) -> None:
        n = amount(threads)
        n = n & U32(31) if wrap else np.minimum(n, U32(32))
        both = (high(threads).astype(U64) << U64(32)) | low(threads)
        shifted = (both << n.astype(U64)) >> U64(32) if left else both >> n.astype(U64)
        write(threads, shifted.astype(U32))

    return step


@opcode("lop3")
def logic_of_three(operands: Operands) -> Step:
    operands.only()
    table = int(operands.texts[4], 0)
    write = operands.destination()
    sources = [operands.source(index, U32) for index in (1, 2, 3)]

    def step(threads: Threads) -> None:
        a, b, c = (source(threads) for source in sources)
        result = np.zeros(1, U32)
        for row in range(8):
            if table >> row & 1:
                term = a if row & 4 else ~a
                term = term & (b if row & 2 else ~b)
                result = result | (term & (c if row & 1 else ~c))
        write(threads, result)

    return step


@opcode("popc")
def population_count(operands: Operands) -> Step:
    operands.only()
    return elementwise(operands, lambda a: np.bitwise_count(a).astype(U32))


@opcode("brev")
def reverse(operands: Operands) -> Step:
    operands.only()
    dtype = operands.dtype

    def reversed_bits(a: Array) -> Array:
        octets = np.ascontiguousarray(a).view(np.uint8)[:, None]
        mirrored = np.packbits(np.unpackbits(octets, axis=1, bitorder="little"), axis=1)
        return mirrored.reshape(-1).view(dtype).byteswap()

    return elementwise(operands, reversed_bits)


def leading_zeros(a: Array) -> Array:
    """Of unsigned integers."""
    bits = 8 * a.itemsize
    rest, count = a.copy(), np.zeros(a.shape, U32)
    step = bits // 2
    while step:
        empty = (rest >> a.dtype.type(bits - step)) == 0
        count += np.where(empty, U32(step), U32(0))
        rest = np.where(empty, rest << a.dtype.type(step), rest)
        step //= 2
    return np.where(a == 0, U32(bits), count)


@opcode("clz")
def count_leading_zeros(operands: Operands) -> Step:
    operands.only()
    return elementwise(operands, leading_zeros)


@opcode("bfind")
def find_highest(operands: Operands) -> Step:
    """The highest bit that isn't the sign's; none: all bits set."""
    operands.only("shiftamt")
    bits = unsigned(operands.dtype)
    shift_amount = operands.has("shiftamt")

    def find(a: Array) -> Array:
        if a.dtype.kind == "i":
            a = np.where(a < 0, ~a, a)
        zeros = leading_zeros(a.view(bits))
        found = zeros if shift_amount else U32(8 * width(bits) - 1) - zeros
        return np.where(a == 0, U32(0xFFFFFFFF), found)

    return elementwise(operands, find)


def _field_mask(start: Array, length: Array) -> Array:
    """Bits start … start + length - 1 of 64."""
    ones = np.where(length >= 64, ~U64(0), (U64(1) << np.minimum(length, U64(63))) - U64(1))
    return np.where(start >= 64, U64(0), ones << np.minimum(start, U64(63)))


@opcode("bfe")
def extract_field(operands: Operands) -> Step:
    """A signed field is extended by its highest bit, or that of the register if it sticks out."""
    operands.only()
    dtype: DType = operands.dtype
    bits, signed = 8 * width(dtype), np.dtype(dtype).kind == "i"
    write = operands.destination()
    value, start, length = (
        operands.source(1, dtype),
        operands.source(2, U32),
        operands.source(3, U32),
    )

    def step(threads: Threads) -> None:
        a = value(threads).astype(S64 if signed else U64).view(U64)
        position = (start(threads) & U32(255)).astype(U64)
        count = (length(threads) & U32(255)).astype(U64)
        mask = _field_mask(np.zeros(1, U64), count)
        if signed:
            shifted = (a.view(S64) >> np.minimum(position, U64(63)).view(S64)).view(U64)
            top = np.minimum(position + count - U64(1), U64(bits - 1))
            negative = ((a >> top) & U64(1) == 1) & (count > 0)
            result = np.where(negative, shifted | ~mask, shifted & mask)
        else:
            result = np.where(position >= bits, U64(0), a >> np.minimum(position, U64(63))) & mask
        write(threads, result.astype(unsigned(dtype)))

    return step


@opcode("bfi")
def insert_field(operands: Operands) -> Step:
    operands.only()
    dtype = unsigned(operands.dtype)
    write = operands.destination()
    inserted, base = operands.source(1, dtype), operands.source(2, dtype)
    start, length = operands.source(3, U32), operands.source(4, U32)

    def step(threads: Threads) -> None:
        position = (start(threads) & U32(255)).astype(U64)
        mask = _field_mask(position, (length(threads) & U32(255)).astype(U64))
        moved = inserted(threads).astype(U64) << np.minimum(position, U64(63))
        write(threads, ((moved & mask) | (base(threads) & ~mask)).astype(dtype))

    return step


@opcode("prmt")
def permute_bytes(operands: Operands) -> Step:
    """Each nibble of the selector picks one of eight bytes, or its sign eight times."""
    operands.only()
    write = operands.destination()
    low, high, selector = (operands.source(index, U32) for index in (1, 2, 3))

    def step(threads: Threads) -> None:
        both = (high(threads).astype(U64) << U64(32)) | low(threads)
        picks = selector(threads)
        result = np.zeros(1, U32)
        for index in range(4):
            pick = (picks >> U32(4 * index)) & U32(15)
            byte = (both >> ((pick & U32(7)).astype(U64) * U64(8))).astype(U32) & U32(255)
            sign = (byte >> U32(7)) * U32(255)
            result = result | (np.where(pick & U32(8), sign, byte) << U32(8 * index))
        write(threads, result)

    return step
