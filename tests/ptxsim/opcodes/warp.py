"""What the lanes of a warp do together: shuffles, votes, matches, reductions, and synchronising.

All lanes that the member mask names must meet at one instruction. Lanes that come early wait there
(AT_WARP_SYNC); the last one to come executes the instruction for all.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..dtypes import DTYPES, S64, U32, Array, unsigned
from ..errors import Deadlock, PtxError
from ..operands import PARKED, Operands, Step
from ..threads import AT_WARP_SYNC, DONE, RUNNING, WARP, Threads
from .registry import opcode

# What a shuffle brings from a lane that doesn't take part: a signalling NaN, as float32.
_POISON = U32(0x7FBADBAD)
_BITS = U32(1) << np.arange(WARP, dtype=U32)
# (threads, participating lanes, for each thread whether it takes part, their member masks)
Body = Callable[[Threads, Array, Array, Array], None]


def lane_mask(per_thread: Array) -> Array:
    """For each warp, the bits of its lanes."""
    return (per_thread.reshape(-1, WARP) * _BITS).sum(1, dtype=U32)


def _meeting(operands: Operands, body: Body) -> Step:
    members = operands.source(len(operands.texts) - 1, U32)
    here = operands.instruction.position
    text = operands.text

    def step(threads: Threads) -> int | None:
        arrived = threads.active
        present = np.zeros(threads.count, bool)
        present[threads.lanes()] = True
        waiting = (threads.state == AT_WARP_SYNC) & (threads.position == here)
        joined = bool(waiting.any())
        if joined:
            present |= waiting
            threads.active = np.flatnonzero(present)
        lanes = threads.lanes()
        warp = threads.warp[lanes]
        mask = members(threads)
        if ((mask >> threads.lane[lanes].astype(U32)) & U32(1) == 0).any():
            raise PtxError(f"a lane executes what its own member mask doesn't name it for: {text}")
        alive, here_mask = lane_mask(threads.state != DONE), lane_mask(present)
        complete = (mask & alive[warp] & ~here_mask[warp]) == 0
        if complete.all() and not joined:
            body(threads, lanes, present, mask)
            threads.active = arrived
            return None
        incomplete = lanes[~complete]
        threads.state[incomplete] = AT_WARP_SYNC
        threads.position[incomplete] = here
        ready = lanes[complete]
        if ready.size:
            present[:] = False
            present[ready] = True
            threads.active = ready
            body(threads, ready, present, mask if mask.size == 1 else mask[complete])
            threads.state[ready] = RUNNING
            threads.position[ready] = here + 1
        return PARKED

    return step


def nobody_comes(threads: Threads, text: str) -> Deadlock:
    warp = int(threads.warp[threads.state == AT_WARP_SYNC][0])
    return Deadlock(f"a lane that the member mask names never arrives in warp {warp}: {text}")


@opcode("shfl")
def shuffle(operands: Operands) -> Step:
    operands.only("sync", "up", "down", "bfly", "idx")
    if not operands.has("sync"):
        raise operands.unsupported()
    mode = operands.one_of("up", "down", "bfly", "idx")
    value, amount, clamp = (operands.source(index, U32) for index in (1, 2, 3))
    writes = [operands.write(name) for name in operands.texts[0].split("|")]

    def body(threads: Threads, lanes: Array, present: Array, mask: Array) -> None:
        held = np.full(threads.count, _POISON, U32)
        held[lanes] = value(threads)
        lane = threads.lane[lanes]
        distance = (amount(threads) & U32(31)).astype(S64)
        packed = clamp(threads)
        segment = ((packed >> U32(8)) & U32(31)).astype(S64)
        limit = (packed & U32(31)).astype(S64)
        last = (lane & segment) | (limit & ~segment)
        if mode == "up":
            source = lane - distance
            inside = source >= last
        else:
            if mode == "down":
                source = lane + distance
            elif mode == "bfly":
                source = lane ^ distance
            else:
                source = (lane & segment) | (distance & ~segment)
            inside = source <= last
        source = np.where(inside, source, lane)
        writes[0](threads, held[lanes - lane + source])
        if len(writes) > 1:
            writes[1](threads, inside)

    return _meeting(operands, body)


@opcode("vote")
def vote(operands: Operands) -> Step:
    operands.only("sync", "ballot", "all", "any", "uni")
    kind = operands.one_of("ballot", "all", "any", "uni")
    write, predicate = operands.destination(), operands.source(1, np.bool_)

    def body(threads: Threads, lanes: Array, present: Array, mask: Array) -> None:
        votes = np.zeros(threads.count, bool)
        votes[lanes] = predicate(threads)
        warp = threads.warp[lanes]
        mine, everyone = lane_mask(votes)[warp] & mask, lane_mask(present)[warp] & mask
        if kind == "ballot":
            write(threads, mine)
        elif kind == "all":
            write(threads, mine == everyone)
        elif kind == "any":
            write(threads, mine != 0)
        else:
            write(threads, (mine == 0) | (mine == everyone))

    return _meeting(operands, body)


@opcode("redux")
def reduce(operands: Operands) -> Step:
    ufuncs = {
        "add": np.add,
        "min": np.minimum,
        "max": np.maximum,
        "and": np.bitwise_and,
        "or": np.bitwise_or,
        "xor": np.bitwise_xor,
    }
    operands.only("sync", *ufuncs)
    name, dtype = operands.one_of(*ufuncs), operands.dtype
    limits = np.iinfo(dtype)
    neutral = {"and": ~dtype(0), "min": limits.max, "max": limits.min}.get(name, 0)
    write, source = operands.destination(), operands.source(1, dtype)

    def body(threads: Threads, lanes: Array, present: Array, mask: Array) -> None:
        if (lane_mask(present)[threads.warp[lanes]] & ~mask).any():
            raise operands.unsupported()  # several groups of a warp at once
        given = np.full(threads.count, neutral, dtype)
        given[lanes] = source(threads)
        totals = ufuncs[name].reduce(given.reshape(-1, WARP), axis=1, dtype=dtype)
        write(threads, totals[threads.warp[lanes]])

    return _meeting(operands, body)


@opcode("match")
def match(operands: Operands) -> Step:
    operands.only("any", "sync")
    dtype = unsigned(DTYPES[operands.type])
    write, source = operands.destination(), operands.source(1, dtype)

    def body(threads: Threads, lanes: Array, present: Array, mask: Array) -> None:
        given = np.zeros(threads.count, dtype)
        given[lanes] = source(threads)
        rows, here = given.reshape(-1, WARP), present.reshape(-1, WARP)
        equal = (rows[:, :, None] == rows[:, None, :]) & here[:, None, :]
        write(threads, (equal * _BITS).sum(2, dtype=U32).reshape(-1)[lanes] & mask)

    return _meeting(operands, body)


def warp_sync(operands: Operands) -> Step:
    """bar.warp.sync: also what orders the lanes' accesses to memory."""

    def body(threads: Threads, lanes: Array, present: Array, mask: Array) -> None:
        if threads.races is not None:
            threads.races.warp_sync(np.unique(threads.warp[lanes]))

    return _meeting(operands, body)


@opcode("activemask")
def active_mask(operands: Operands) -> Step:
    write = operands.destination()

    def step(threads: Threads) -> None:
        present = np.zeros(threads.count, bool)
        present[threads.lanes()] = True
        write(threads, lane_mask(present)[threads.warp[threads.lanes()]])

    return step
