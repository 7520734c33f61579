"""ld and st in every space, with one, two or four elements at once."""

from __future__ import annotations

from ..dtypes import DTYPES, S64, SIGNED_TYPES, U64, Array, DType, unsigned, width
from ..errors import MemoryFault
from ..operands import Operands, Read, Step, Write
from ..shared import PrivateMemory
from ..threads import (
    LOCAL_WINDOW,
    PARAMETER_WINDOW,
    SHARED_BASE,
    SHARED_WINDOW,
    Threads,
)
from .registry import opcode

_SPACES = ("global", "shared", "local", "param", "const")
_WINDOWS = (("shared", SHARED_WINDOW), ("local", LOCAL_WINDOW), ("param", PARAMETER_WINDOW))
# What says how to cache, order or prefetch, and nothing about values.
_HINTS = (
    *("nc", "ca", "cg", "cs", "lu", "cv", "wb", "wt", "volatile", "relaxed", "weak", "acquire"),
    *("release", "cta", "gpu", "sys", "v2", "v4", "v8"),
    *("L1::evict_normal", "L1::evict_first", "L1::evict_last", "L1::evict_unchanged"),
    *("L1::no_allocate", "L2::64B", "L2::128B", "L2::256B", "L2::evict_first"),
    *("shared::cta",),
)


def space_of(operands: Operands) -> str:
    for modifier in operands.modifiers:
        name = modifier.partition("::")[0]
        if name in _SPACES:
            return name
    return "generic"


def resolve(space: str, addresses: Array, text: str) -> tuple[str, Array]:
    """The space that generic addresses lie in, one for all active threads, and the addresses."""
    if space != "generic":
        return space, addresses
    for name, window in _WINDOWS:
        inside = (addresses >> U64(56)) == U64(window >> 56)
        if inside.all():
            return name, addresses - U64(window)
        if inside.any():
            raise MemoryFault(f"generic addresses in several spaces at once: {text}")
    return "global", addresses


def load(
    threads: Threads, space: str, addresses: Array, size: int, count: int, text: str
) -> list[Array]:
    space, addresses = resolve(space, addresses, text)
    if space in ("global", "const"):
        log = threads.grid.log
        if log is not None and space == "global":
            of = threads.of_active
            blocks, ids, times = map(
                of, (threads.block_id, threads.thread_id, threads.barrier_count)
            )
            log.load(addresses, blocks, ids, times, size * count, text)
        return threads.grid.memory.load(addresses, size, count, text)
    if space == "param":
        return _load_parameters(threads, addresses, size, count, text)
    memory, places = _private(threads, space, addresses, size * count, "load", text)
    return memory.load(places, size, count, text)


def store(threads: Threads, space: str, addresses: Array, values: list[Array], text: str) -> None:
    size = values[0].itemsize
    space, addresses = resolve(space, addresses, text)
    addresses = threads.spread(addresses)
    if space == "global":
        log = threads.grid.log
        if log is not None:
            of = threads.of_active
            blocks, ids, times = map(
                of, (threads.block_id, threads.thread_id, threads.barrier_count)
            )
            log.store(addresses, blocks, ids, times, size * len(values), text)
        threads.grid.memory.store(addresses, values, size, text)
        return
    if space not in ("shared", "local"):
        raise MemoryFault(f"store to {space} memory: {text}")
    memory, places = _private(threads, space, addresses, size * len(values), "store", text)
    memory.store(places, values, size)


def _private(
    threads: Threads, space: str, addresses: Array, size: int, what: str, text: str
) -> tuple[PrivateMemory, Array]:
    addresses = threads.spread(addresses)
    if space == "local":
        return threads.local, threads.local.locate(threads.lanes(), addresses, size, what, text)
    owner = threads.of_active(threads.block)
    offsets = addresses - U64(SHARED_BASE)
    places = threads.shared.locate(owner, offsets, size, what, text)
    if threads.races is not None:
        threads.races.access(places, threads.lanes(), size, what == "store", text)
    return threads.shared, places


def _load_parameters(
    threads: Threads, addresses: Array, size: int, count: int, text: str
) -> list[Array]:
    parameters = threads.grid.parameters
    offsets = addresses.view(S64)
    end = threads.grid.kernel.parameter_bytes
    if (offsets < 0).any() or (offsets + size * count > end).any():
        raise MemoryFault(f"load beyond the {end} bytes of parameters: {text}")
    if (offsets & (size * count - 1)).any():
        raise MemoryFault(f"misaligned {size * count}-byte load of a parameter: {text}")
    view = parameters.view(f"u{size}")
    return [view.take(offsets // size + element) for element in range(count)]


def _element(operands: Operands) -> tuple[str, DType, int]:
    operands.only(*_HINTS, *_SPACES)
    size = width(operands.dtype)
    return space_of(operands), unsigned(operands.dtype), size


@opcode("ld", "ldu")
def load_instruction(operands: Operands) -> Step:
    space, _, size = _element(operands)
    text = operands.text
    writes: list[Write] = [operands.write(name) for name in operands.parts(0)]
    count = len(writes)
    address = operands.address(1)
    signed = DTYPES[operands.type] if operands.type in SIGNED_TYPES else None

    def step(threads: Threads) -> None:
        values = load(threads, space, address(threads), size, count, text)
        for write, value in zip(writes, values, strict=True):
            write(threads, value if signed is None else value.view(signed))

    return step


@opcode("st")
def store_instruction(operands: Operands) -> Step:
    space, dtype, _ = _element(operands)
    text = operands.text
    address = operands.address(0)
    sources: list[Read] = [operands.read(name, dtype) for name in operands.parts(1)]

    def step(threads: Threads) -> None:
        store(threads, space, address(threads), [source(threads) for source in sources], text)

    return step


@opcode("cp")
def copy_async(operands: Operands) -> Step:
    """cp.async, done at once; waiting for it is then nothing."""
    if operands.has("commit_group") or operands.has("wait_group") or operands.has("wait_all"):
        return lambda threads: None
    operands.only("async", "ca", "cg", "shared", "global", *_HINTS)
    if len(operands.texts) != 3:
        raise operands.unsupported()
    to, source, size = operands.address(0), operands.address(1), int(operands.texts[2])
    text = operands.text

    def step(threads: Threads) -> None:
        count = size // 4
        values = load(threads, "global", source(threads), 4, count, text)
        store(threads, "shared", to(threads), values, text)

    return step
