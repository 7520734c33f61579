"""Branches, returns, and what needs doing nothing at all in a simulator."""

from __future__ import annotations

import numpy as np

from ..dtypes import S32, U32
from ..errors import PtxError
from ..operands import PARKED, Operands, Step
from ..threads import DONE, Threads
from .registry import opcode


@opcode("bra")
def branch(operands: Operands) -> Step:
    """Its guard is its own business: threads that don't take it go on behind it."""
    operands.only("uni")
    instruction = operands.instruction
    target = operands.kernel.labels[operands.texts[0]]
    if instruction.guard is None:
        return lambda threads: target
    here = instruction.position
    guard, negated = operands.read(instruction.guard, np.bool_), instruction.negated

    def step(threads: Threads) -> int:
        taken = guard(threads)
        if negated:
            taken = ~taken
        if taken.all():
            return target
        if not taken.any():
            return here + 1
        threads.position[threads.lanes()] = np.where(taken, S32(target), S32(here + 1))
        return PARKED

    return step


@opcode("brx")
def indexed_branch(operands: Operands) -> Step:
    operands.only("idx", "uni")
    labels = operands.kernel.branch_targets[operands.texts[1]]
    targets = np.array([operands.kernel.labels[label] for label in labels], S32)
    index = operands.source(0, U32)

    def step(threads: Threads) -> int:
        chosen = index(threads)
        if (chosen >= len(targets)).any():
            raise PtxError(f"no such branch target: {operands.text}")
        threads.position[threads.lanes()] = targets[chosen]
        return PARKED

    return step


@opcode("ret", "exit")
def leave(operands: Operands) -> Step:
    def step(threads: Threads) -> int:
        threads.state[threads.lanes()] = DONE
        return PARKED

    return step


@opcode("trap", "brkpt")
def trap(operands: Operands) -> Step:
    def step(threads: Threads) -> None:
        raise PtxError(f"executed: {operands.text}")

    return step


@opcode("membar", "fence", "prefetch", "prefetchu", "nanosleep", "discard", "griddepcontrol")
def nothing(operands: Operands) -> Step:
    """Instructions are executed one at a time: memory is always in order."""
    return lambda threads: None
