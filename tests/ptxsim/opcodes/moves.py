"""mov, with vectors packed and taken apart, and conversions of addresses between spaces."""

from __future__ import annotations

import numpy as np

from ..dtypes import DTYPES, U64, UNSIGNED, DType, unsigned, width
from ..operands import Operands, Step
from ..threads import LOCAL_WINDOW, PARAMETER_WINDOW, SHARED_WINDOW, Threads
from .registry import opcode

WINDOWS = {"shared": SHARED_WINDOW, "local": LOCAL_WINDOW, "param": PARAMETER_WINDOW}


@opcode("mov")
def move(operands: Operands) -> Step:
    operands.only()
    dtype = np.bool_ if operands.type == "pred" else unsigned(DTYPES[operands.type])
    if operands.texts[0].startswith("{"):
        return _take_apart(operands, dtype)
    if operands.texts[1].startswith("{"):
        return _pack(operands, dtype)
    write, source = operands.destination(), operands.source(1, dtype)
    return lambda threads: write(threads, source(threads))


def _take_apart(operands: Operands, dtype: DType) -> Step:
    names = operands.parts(0)
    size = width(dtype) // len(names)
    part = UNSIGNED[size]
    writes, source = [operands.write(name) for name in names], operands.source(1, dtype)

    def step(threads: Threads) -> None:
        pieces = np.ascontiguousarray(source(threads)).view(part).reshape(-1, len(writes))
        for index, write in enumerate(writes):
            write(threads, np.ascontiguousarray(pieces[:, index]))

    return step


def _pack(operands: Operands, dtype: DType) -> Step:
    names = operands.parts(1)
    bits = 8 * width(dtype) // len(names)
    part = UNSIGNED[bits // 8]
    write, sources = operands.destination(), [operands.read(name, part) for name in names]

    def step(threads: Threads) -> None:
        result = sources[0](threads).astype(dtype)
        for index, source in enumerate(sources[1:], 1):
            result = result | (source(threads).astype(dtype) << dtype(bits * index))
        write(threads, result)

    return step


@opcode("cvta")
def convert_address(operands: Operands) -> Step:
    space = operands.one_of("global", "shared", "local", "param", "const").partition("::")[0]
    window = WINDOWS.get(space, 0)
    distance = U64(-window % 2**64 if operands.has("to") else window)
    write, source = operands.destination(), operands.source(1, U64)
    return lambda threads: write(threads, source(threads) + distance)
