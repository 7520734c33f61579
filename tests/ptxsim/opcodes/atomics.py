"""atom and red: the active threads one after another, in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..dtypes import DTYPES, HALF_PAIR_TYPES, HALF_TYPES, U64, Array, DType
from ..operands import Operands, Step
from ..threads import SHARED_BASE, Threads
from .load_store import resolve, space_of
from .registry import opcode

_UFUNCS = {
    "add": np.add,
    "min": np.minimum,
    "max": np.maximum,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
}


def _update(name: str, dtype: DType) -> Callable[[Array, Array, Array], Array]:
    """(old, operand, new if old is the operand) to what is stored."""
    if name in _UFUNCS:
        return lambda old, b, c: _UFUNCS[name](old, b)
    if name == "exch":
        return lambda old, b, c: b
    if name == "cas":
        return lambda old, b, c: c if old == b else old
    if name == "inc":
        return lambda old, b, c: dtype(0) if old >= b else old + dtype(1)
    return lambda old, b, c: b if old == 0 or old > b else old - dtype(1)


@opcode("atom", "red")
def atomic(operands: Operands) -> Step:
    name = operands.one_of(*_UFUNCS, "exch", "cas", "inc", "dec")
    if operands.type in HALF_TYPES + HALF_PAIR_TYPES:
        raise operands.unsupported()
    dtype, text = DTYPES[operands.type], operands.text
    size = np.dtype(dtype).itemsize
    returns = operands.instruction.opcode == "atom"
    first = 1 if returns else 0
    address = operands.address(first)
    operand = operands.source(first + 1, dtype)
    swapped = operands.source(first + 2, dtype) if name == "cas" else operand
    write = operands.destination() if returns else None
    update, space = _update(name, dtype), space_of(operands)

    def step(threads: Threads) -> None:
        where, addresses = resolve(space, threads.spread(address(threads)), text)
        b, c = threads.spread(operand(threads)), threads.spread(swapped(threads))
        old = np.zeros(len(addresses), dtype)
        for cells, users, index in _cells(threads, where, addresses, size, text):
            values = cells.view(dtype)
            if write is None and name in _UFUNCS:
                _UFUNCS[name].at(values, index, b[users])
                continue
            for user, place in zip(users, index, strict=True):
                old[user] = values[place]
                values[place] = update(values[place], b[user], c[user])
        if write is not None:
            write(threads, old)

    return step


def _cells(
    threads: Threads, space: str, addresses: Array, size: int, text: str
) -> Iterator[tuple[Array, Array, Array]]:
    """Arrays of elements, which of the active threads access them, and at which indices."""
    if space == "global":
        yield from threads.grid.memory.elements(addresses, size, text)
        return
    owner = threads.of_active(threads.block)
    offsets = addresses - U64(SHARED_BASE)
    places = threads.shared.locate(owner, offsets, size, "atomic", text)
    threads.shared.load(places, size, 1, text)  # for the check that it is initialised
    yield threads.shared.data.view(f"u{size}"), np.arange(len(places)), places // size
