"""The state of the threads of a batch of blocks: what every instruction reads and changes.

A register is one array over all threads of the batch, or an array of one element while all threads
hold the same. Instructions act on the *active* threads only. Blocks are padded to whole warps; the
threads that pad are done from the start.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .conflicts import AccessLog
from .dtypes import DTYPES, S32, S64, U32, U64, Array, DType, unsigned
from .memory import Memory
from .parser import Kernel
from .shared import PrivateMemory, RaceCheck

RUNNING, AT_BARRIER, AT_WARP_SYNC, DONE = range(4)
WARP = 32

# Where the other spaces lie among generic addresses: where no process has memory of its own.
SHARED_WINDOW, LOCAL_WINDOW, PARAMETER_WINDOW = 0xF3 << 56, 0xF2 << 56, 0xF1 << 56
# The first byte of shared memory isn't at 0, so that a null pointer is out of bounds.
SHARED_BASE = 0x400

Dim = tuple[int, int, int]


@dataclass
class Grid:
    """One launch, as all of its blocks see it."""

    kernel: Kernel
    grid: Dim
    block: Dim
    parameters: Array
    dynamic_shared: int
    memory: Memory
    addresses: dict[str, int]  # of the module's own variables in global memory
    log: AccessLog | None


class Threads:
    def __init__(self, grid: Grid, blocks: Array) -> None:
        self.grid = grid
        size = grid.block[0] * grid.block[1] * grid.block[2]
        self.padded = -(-size // WARP) * WARP
        self.blocks = len(blocks)
        self.count = self.blocks * self.padded
        self.everyone = np.arange(self.count)
        self.active: Array | None = None  # indices of threads; None: all of them
        self.warp = self.everyone // WARP
        self.lane = self.everyone % WARP
        self.block = np.repeat(np.arange(self.blocks), self.padded)  # within the batch
        self.block_id = np.repeat(blocks, self.padded)  # within the grid
        in_block = np.tile(np.arange(self.padded), self.blocks)
        self.thread_id = self.block_id * self.padded + in_block
        self.special = _special_registers(grid, in_block, self.block_id)
        types = grid.kernel.register_types
        zeros: dict[str, Array] = {name: np.zeros(1, _stored(name)) for name in set(types)}
        self.registers: list[Array] = [zeros[name] for name in types]
        self.position = np.zeros(self.count, S32)
        self.state = np.where(in_block < size, RUNNING, DONE)
        self.barrier = np.zeros(self.count, S32)
        self.barrier_count = np.zeros(self.count, S64)  # barriers of the block passed so far
        kernel = grid.kernel
        ranges = [(v.offset, v.offset + v.size) for v in kernel.shared.values()]
        if grid.dynamic_shared:
            start = kernel.dynamic_shared_offset
            ranges.append((start, start + grid.dynamic_shared))
        self.shared = PrivateMemory(self.blocks, ranges, "shared")
        self.races: RaceCheck | None = None
        if self.shared.size:
            self.races = RaceCheck(self.shared, self.blocks, self.count // WARP)
        depot = [(0, kernel.local_bytes)] if kernel.local_bytes else []
        self.local = PrivateMemory(self.count if depot else 0, depot, "local")

    def lanes(self) -> Array:
        """The active threads' indices."""
        return self.everyone if self.active is None else self.active

    def of_active(self, per_thread: Array) -> Array:
        return per_thread if self.active is None else per_thread[self.active]

    def spread(self, values: Array) -> Array:
        """One value for each active thread."""
        count = self.count if self.active is None else len(self.active)
        return values if len(values) == count else np.broadcast_to(values, (count,))

    def read(self, slot: int) -> Array:
        values = self.registers[slot]
        if self.active is None or values.size == 1:
            return values
        return values.take(self.active)

    def write(self, slot: int, values: Array) -> None:
        """The values are of the register's own, unsigned type."""
        if self.active is None:
            self.registers[slot] = values
            return
        now = self.registers[slot]
        # Always a new array: others may be the same one under another register's name.
        changed = np.full(self.count, now[0]) if now.size == 1 else now.copy()
        changed[self.active] = values
        self.registers[slot] = changed


def _stored(name: str) -> DType:
    return np.bool_ if name == "pred" else unsigned(DTYPES[name])


def _special_registers(grid: Grid, in_block: Array, block: Array) -> dict[str, Array]:
    special: dict[str, Array] = {}

    def along(name: str, index: Array, extent: Dim) -> None:
        x, y, _ = extent
        parts = (index % x, index // x % y, index // (x * y))
        for axis, values, size in zip("xyz", parts, extent, strict=True):
            special[f"%{name}.{axis}"] = values.astype(U32)
            special[f"%n{name}.{axis}"] = np.array([size], U32)

    along("tid", in_block, grid.block)
    along("ctaid", block, grid.grid)
    lane = (in_block % WARP).astype(U32)
    special["%laneid"], special["%warpid"] = lane, (in_block // WARP).astype(U32)
    equal = U32(1) << lane
    special["%lanemask_eq"], special["%lanemask_lt"] = equal, equal - U32(1)
    special["%lanemask_le"] = special["%lanemask_lt"] | equal
    special["%lanemask_gt"] = ~special["%lanemask_le"]
    special["%lanemask_ge"] = ~special["%lanemask_lt"]
    special["WARP_SZ"] = np.array([WARP], U32)
    size = grid.kernel.static_shared_bytes
    special["%dynamic_smem_size"] = np.array([grid.dynamic_shared], U32)
    special["%total_smem_size"] = np.array([size + grid.dynamic_shared], U32)
    for clock in ("%clock", "%clock64", "%globaltimer", "%clock_hi"):
        special[clock] = np.zeros(1, U64)
    return special
