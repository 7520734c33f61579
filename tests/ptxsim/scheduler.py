"""Control flow: which threads execute what next.

Every thread has its own position in the code. Of the threads that can run, those at the lowest
position are executed together, up to where they part or where others may be waiting for them; so
what diverges forward comes together again as early as it can. The order is one of many that the
hardware may choose; the checks for races say whether the result depends on it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .dtypes import Array
from .errors import Deadlock, PtxError
from .opcodes.warp import nobody_comes
from .operands import PARKED, Operands, Read, Step
from .parser import Kernel
from .threads import AT_BARRIER, AT_WARP_SYNC, DONE, RUNNING, Threads


class Program:
    """A kernel's code, decoded."""

    def __init__(self, kernel: Kernel, steps: Sequence[Step]) -> None:
        self.kernel, self.steps = kernel, steps
        self.guards: list[tuple[Read, bool] | None] = []
        for instruction in kernel.code:
            if instruction.guard is None or instruction.opcode == "bra":
                self.guards.append(None)
            else:
                read = Operands(kernel, instruction).read(instruction.guard, np.bool_)
                self.guards.append((read, instruction.negated))
        self.targets = [instruction.is_target for instruction in kernel.code]


def run(program: Program, threads: Threads, limit: int) -> int:
    """Runs all threads to their end; the number of instructions executed, each once for many."""
    executed = 0
    while True:
        running = threads.state == RUNNING
        if not running.any():
            if (threads.state == DONE).all():
                return executed
            _release(program, threads)
            continue
        position = int(threads.position[running].min())
        active = running & (threads.position == position)
        threads.active = None if active.all() else np.flatnonzero(active)
        alone = not (running & ~active).any()
        executed += _run_together(program, threads, position, alone, limit - executed)


def _run_together(
    program: Program, threads: Threads, position: int, alone: bool, limit: int
) -> int:
    """The active threads, from `position` until they part. If they aren't `alone`, they stop
    wherever a branch leads, where others may have to be taken along."""
    steps, guards, targets = program.steps, program.guards, program.targets
    end, executed = len(steps), 0
    while True:
        if position >= end:
            threads.state[threads.lanes()] = DONE
            return executed
        if targets[position] and not alone and executed:
            threads.position[threads.lanes()] = position
            return executed
        executed += 1
        if executed > limit:
            raise PtxError(f"still running after {limit} instructions in {program.kernel.name}")
        guard = guards[position]
        if guard is None:
            goes_on = steps[position](threads)
        else:
            goes_on = _run_guarded(steps[position], guard, threads, position)
        if goes_on is None:
            position += 1
        elif goes_on == PARKED:
            return executed
        else:
            position = goes_on


def _run_guarded(
    step: Step, guard: tuple[Read, bool], threads: Threads, position: int
) -> int | None:
    read, negated = guard
    holds = read(threads)
    if negated:
        holds = ~holds
    if holds.all():
        return step(threads)
    if not holds.any():
        return None
    everyone = threads.active
    lanes = threads.lanes()
    threads.active = lanes[holds]
    goes_on = step(threads)
    threads.active = everyone
    if goes_on is not None:  # the others go on behind a guarded return or barrier
        threads.position[lanes[~holds]] = position + 1
    return goes_on


def _release(program: Program, threads: Threads) -> None:
    """Nobody runs: completes what waits at a warp's meeting, then at barriers, or gives up."""
    waiting = threads.state == AT_WARP_SYNC
    if waiting.any():
        # Threads that the mask names may have ended since; then the others need not wait.
        for position in np.unique(threads.position[waiting]):
            threads.active = np.flatnonzero(waiting & (threads.position == position))
            threads.state[threads.active] = RUNNING
            program.steps[position](threads)
            lanes = np.flatnonzero(waiting)
            moved = (threads.state[lanes] == RUNNING).any()
            if moved:
                return
        raise nobody_comes(threads, program.kernel.code[int(threads.position[waiting][0])].text)
    shape = (threads.blocks, threads.padded)
    at_barrier = (threads.state == AT_BARRIER).reshape(shape)
    barrier = threads.barrier.reshape(shape)
    blocks = np.flatnonzero(at_barrier.any(1))
    _same_barrier(program, at_barrier[blocks], barrier[blocks])
    threads.state[threads.state == AT_BARRIER] = RUNNING
    # A new array: the access log keeps the old one.
    threads.barrier_count = threads.barrier_count + np.isin(threads.block, blocks)
    if threads.races is not None:
        threads.races.barrier(blocks)


def _same_barrier(program: Program, at_barrier: Array, barrier: Array) -> None:
    lowest = np.where(at_barrier, barrier, np.iinfo(barrier.dtype).max).min(1)
    highest = np.where(at_barrier, barrier, -1).max(1)
    if (lowest != highest).any():
        raise Deadlock(f"threads of one block wait at different barriers in {program.kernel.name}")
