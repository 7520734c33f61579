"""Barriers of a block."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dtypes import U32
from ..operands import PARKED, Operands, Step
from ..threads import AT_BARRIER, DONE, Threads
from .registry import opcode
from .warp import warp_sync


@opcode("bar", "barrier")
def barrier(operands: Operands) -> Step:
    operands.only("sync", "cta", "aligned", "warp", "red", "popc", "and", "or", "pred")
    if operands.has("warp"):
        return warp_sync(operands)
    if operands.has("red"):
        return _reduce(operands)
    if len(operands.texts) > 1:  # a barrier for some of the block's threads
        raise operands.unsupported()
    number = operands.source(0, U32)
    here = operands.instruction.position

    def step(threads: Threads) -> int:
        """Waits always: that the whole block is here is for the scheduler to find."""
        lanes = threads.lanes()
        threads.state[lanes] = AT_BARRIER
        # Which barrier instruction this is counts as well as the barrier's number: in CUDA all
        # threads of a block must come to the same __syncthreads().
        threads.barrier[lanes] = number(threads).astype(np.int32) * len(operands.kernel.code) + here
        threads.position[lanes] = here + 1
        return PARKED

    return step


def _reduce(operands: Operands) -> Step:
    kind = operands.one_of("popc", "and", "or")
    write, source = operands.destination(), operands.source(len(operands.texts) - 1, np.bool_)

    def step(threads: Threads) -> None:
        lanes = threads.lanes()
        here = np.zeros(threads.count, bool)
        here[lanes] = True
        blocks = np.unique(threads.block[lanes])
        absent = (threads.state != DONE) & ~here
        if absent[np.isin(threads.block, blocks)].any():
            raise operands.unsupported()  # threads of one block arrive one after another
        given = np.zeros(threads.count, bool)
        given[lanes] = source(threads)
        of_block = given.reshape(threads.blocks, -1)
        result: Any
        if kind == "popc":
            result = of_block.sum(1).astype(U32)
        elif kind == "or":
            result = np.any(of_block, 1)
        else:
            result = (of_block | ~here.reshape(threads.blocks, -1)).all(1)
        threads.barrier_count = threads.barrier_count + here
        if threads.races is not None:
            threads.races.barrier(blocks)
        write(threads, result[threads.block[lanes]])

    return step
