"""The memories that a block or a thread has for itself, for all blocks of a batch at once.

Shared memory is watched for races: for each byte, who has written it and who has read it since the
last barrier of the block, or, within a warp, since the warp last synchronised.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .dtypes import S32, S64, U8, U64, UNSIGNED, Array
from .errors import MemoryFault, Race

_NOBODY, _SEVERAL = -1, -2


class PrivateMemory:
    """For each owner the bytes in some ranges of offsets. Those never written may not be read."""

    def __init__(self, owners: int, ranges: Sequence[tuple[int, int]], name: str) -> None:
        self.size, self.name = max((end for _, end in ranges), default=0), name
        self.inside = np.zeros(self.size, bool)
        for start, end in ranges:
            self.inside[start:end] = True
        self.pitch = -(-self.size // 16) * 16 + 16
        # Aligned to 8 by the type that is asked for, to 16 by the pitch only as far as it matters.
        self.data = np.full(owners * self.pitch // 8, 0xCDCD_CDCD_CDCD_CDCD, U64).view(U8)
        self.written = np.zeros(owners * self.pitch // 8, U64).view(U8)

    def locate(self, owner: Array, offsets: Array, size: int, what: str, text: str) -> Array:
        """Where in `data` the accesses start, after the checks of bounds and alignment."""
        offsets = offsets.view(S64)
        last = offsets + (size - 1)
        bad = (offsets < 0) | (last >= self.size)
        if not bad.any():
            bad = ~(self.inside.take(offsets) & self.inside.take(last))
        if bad.any():
            raise MemoryFault(
                f"{self.name} {what} out of bounds by {int(bad.sum())} thread(s), offset "
                f"{int(offsets[bad][0])} of {self.size} bytes: {text}"
            )
        if size > 1 and (offsets & (size - 1)).any():
            raise MemoryFault(f"misaligned {size}-byte {self.name} {what}: {text}")
        return owner * self.pitch + offsets

    def load(self, places: Array, size: int, count: int, text: str) -> list[Array]:
        flags = self.written.view(UNSIGNED[size])
        pattern = int.from_bytes(b"\x01" * size, "little")
        results = []
        for element in range(count):
            index = places // size + element
            if (flags.take(index) != pattern).any():
                raise MemoryFault(f"read of {self.name} memory never written: {text}")
            results.append(self.data.view(UNSIGNED[size]).take(index))
        return results

    def store(self, places: Array, values: list[Array], size: int) -> None:
        pattern = int.from_bytes(b"\x01" * size, "little")
        for element, value in enumerate(values):
            index = places // size + element
            self.data.view(UNSIGNED[size])[index] = value
            self.written.view(UNSIGNED[size])[index] = pattern


class RaceCheck:
    """Who has accessed each byte of the shared memory of a batch of blocks, and when.

    Times are counts of the warp's own synchronisations: two accesses by different threads of one
    warp are ordered if the count has changed between them, two by different warps only if the block
    has met at a barrier, which forgets all accesses.
    """

    def __init__(self, memory: PrivateMemory, blocks: int, warps: int) -> None:
        bytes_ = len(memory.data)
        self.block_bytes = bytes_ // blocks
        self.writer = np.full(bytes_, _NOBODY, S32)
        self.write_time = np.zeros(bytes_, S32)
        self.reader = np.full(bytes_, _NOBODY, S32)
        self.reading_warp = np.full(bytes_, _NOBODY, S32)
        self.read_time = np.zeros(bytes_, S32)
        self.warp_time = np.zeros(warps, S32)

    def barrier(self, blocks: Array | None) -> None:
        """The given blocks, or all, have met at a barrier."""
        for record in (self.writer, self.reader, self.reading_warp):
            rows = record.reshape(-1, self.block_bytes)
            rows[slice(None) if blocks is None else blocks] = _NOBODY

    def warp_sync(self, warps: Array) -> None:
        self.warp_time[warps] += 1

    def access(self, places: Array, threads: Array, size: int, store: bool, text: str) -> None:
        """`size` bytes at `places` are loaded or stored by `threads`."""
        rows = places // size
        thread = threads.astype(S32)[:, None]
        warp = thread >> 5
        now = self.warp_time[warp]

        def of(record: Array) -> Array:
            return record.reshape(-1, size)

        writer = of(self.writer)[rows]
        conflict = (writer != _NOBODY) & (writer != thread)
        conflict &= ((writer >> 5) != warp) | (of(self.write_time)[rows] == now)
        other = writer
        if store:
            reader, reading_warp = of(self.reader)[rows], of(self.reading_warp)[rows]
            read = (reader != _NOBODY) & (reader != thread)
            read &= (reading_warp != warp) | (of(self.read_time)[rows] == now)
            other = np.where(conflict, writer, reader)
            conflict |= read
        if conflict.any():
            row, byte = (int(index[0]) for index in np.nonzero(conflict))
            raise Race(
                f"shared-memory race: {'store' if store else 'load'} by {_name(thread[row, 0])} "
                f"conflicts with {_name(other[row, byte])}, with no barrier between: {text}"
            )
        if store:
            of(self.writer)[rows] = thread
            of(self.write_time)[rows] = now
            if (of(self.writer)[rows] != thread).any():
                raise Race(f"shared-memory race: two threads store to one address: {text}")
            return
        reader, reading_warp = of(self.reader)[rows], of(self.reading_warp)[rows]
        # With itself or with nobody a thread is alone. Threads that read together are several:
        # the one that was recorded last doesn't find itself alone then.
        alone = (reader == _NOBODY) | (reader == thread)
        of(self.reader)[rows] = np.where(alone, thread, _SEVERAL)
        clash = of(self.reader)[rows] != thread
        if clash.any():
            where = np.nonzero(clash)
            of(self.reader)[rows[where[0]], where[1]] = _SEVERAL
        same_warp = (reading_warp == _NOBODY) | (reading_warp == warp)
        of(self.reading_warp)[rows] = np.where(same_warp, warp, _SEVERAL)
        clash = of(self.reading_warp)[rows] != warp
        if clash.any():
            where = np.nonzero(clash)
            of(self.reading_warp)[rows[where[0]], where[1]] = _SEVERAL
        of(self.read_time)[rows] = now


def _name(thread: int) -> str:
    if thread < 0:
        return "several threads"
    return f"lane {int(thread) & 31} of warp {int(thread) >> 5} of the batch"
