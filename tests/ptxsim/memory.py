"""Global memory: regions in one 64-bit address space, and a check of every access to them.

A region's bytes are an array of the simulator's own, an anonymous mapping of which only the touched
pages exist (a tensor of many GB costs what is accessed of it), or memory of this process at its own
address (a torch tensor on the CPU). Nothing lies next to a region: what leaves it is seen.
"""

from __future__ import annotations

import bisect
import ctypes
import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from .dtypes import F64, S64, U8, U64, UNSIGNED, Array, DType, width
from .errors import MemoryFault

FILL = 0xCB  # what memory holds before anything is written to it
_GAP = 1 << 16
_NORESERVE = 0x4000  # MAP_NORESERVE, which the module mmap names only from Python 3.13 on


@dataclass
class Region:
    low: int  # the first address that may be accessed
    high: int  # and the first behind it
    origin: int  # the address of data[0], a multiple of 16
    data: Array
    writable: bool = True
    written: Array | None = None  # for each byte 1 or 0; None where all count as written
    views: dict[int, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.views = {size: self.data.view(dtype) for size, dtype in UNSIGNED.items()}


def _written_pattern(size: int) -> int:
    return int.from_bytes(b"\x01" * size, "little")


class Memory:
    def __init__(self) -> None:
        self._next = 0x10_0000_0000
        self._lows: list[int] = []
        self._regions: list[Region] = []

    # What a test calls.

    def upload(self, values: Array, offset: int = 0, writable: bool = True) -> int:
        """Copies an array; its first byte comes `offset` bytes behind a multiple of 256."""
        values = np.ascontiguousarray(values)
        region = self._allocate(values.nbytes, offset)
        region.data[offset : offset + values.nbytes] = values.reshape(-1).view(U8)
        region.written, region.writable = None, writable
        return region.low

    def empty(self, count: int, dtype: DType, offset: int = 0) -> int:
        """Room for `count` elements; to read one of them before it is written is a fault."""
        region = self._allocate(count * width(dtype), offset)
        region.data[:] = FILL
        return region.low

    def reserve(self, size: int, initialised: bool = True) -> int:
        """`size` bytes, zeros, of which only the touched pages take memory."""
        pages = -(-max(size, 1) // mmap.PAGESIZE) * mmap.PAGESIZE

        def mapping() -> Array:
            flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NORESERVE
            return np.frombuffer(mmap.mmap(-1, pages, flags=flags), U8)

        origin = self._take(pages)
        written = None if initialised else mapping()
        self._insert(Region(origin, origin + size, origin, mapping(), written=written))
        return origin

    def map_host(
        self, address: int, size: int, writable: bool = True, initialised: bool = True
    ) -> None:
        """Memory of this process, under its own address. The caller keeps it alive."""
        origin = address & ~15
        length = -(-(address + size - origin) // 16) * 16
        data = np.ctypeslib.as_array((ctypes.c_uint8 * length).from_address(origin))
        written = None if initialised else np.zeros(length // 8, F64).view(U8)
        self._insert(Region(address, address + size, origin, data, writable, written))

    def free(self, address: int) -> None:
        index = self._index(address)
        del self._lows[index], self._regions[index]

    def download(self, address: int, count: int, dtype: DType) -> Array:
        return self.bytes_at(address, count * width(dtype)).view(dtype).copy()

    def bytes_at(self, address: int, size: int) -> Array:
        """A view of mapped bytes, for a test to read or fill."""
        region = self._regions[self._index(address)]
        if address + size > region.high:
            raise MemoryFault(f"{size} bytes at {address:#x} are not mapped")
        return region.data[address - region.origin : address - region.origin + size]

    def fill(self, address: int, value: int, size: int) -> None:
        """cudaMemset."""
        if size:
            region = self._regions[self._index(address)]
            self.bytes_at(address, size)[:] = value
            if region.written is not None:
                start = address - region.origin
                region.written[start : start + size] = 1

    def never_written(self, address: int, size: int) -> int:
        """How many of these bytes no kernel has written."""
        region = self._regions[self._index(address)]
        if region.written is None:
            return 0
        start = address - region.origin
        return int(size - np.count_nonzero(region.written[start : start + size]))

    # What instructions call. An access of `count` elements of `size` bytes is one of
    # count·size bytes, aligned to that: a vector's bounds and alignment are those of the whole.

    def load(self, addresses: Array, size: int, count: int, text: str) -> list[Array]:
        parts = list(self._split(addresses, size * count, "load", text))
        results = []
        for region, _, offsets in parts:
            self._check_written(region, offsets, size, count, text)
        for element in range(count):
            if len(parts) == 1:
                region, _, offsets = parts[0]
                results.append(region.views[size].take(offsets // size + element))
                continue
            values = np.empty(len(addresses), UNSIGNED[size])
            for region, selected, offsets in parts:
                values[selected] = region.views[size].take(offsets // size + element)
            results.append(values)
        return results

    def store(self, addresses: Array, values: list[Array], size: int, text: str) -> None:
        count = len(values)
        for region, selected, offsets in self._split(addresses, size * count, "store", text):
            self.mark_written(region, offsets, size * count)
            for element, value in enumerate(values):
                part = value if value.size == 1 else value[selected]
                region.views[size][offsets // size + element] = part

    def elements(
        self, addresses: Array, size: int, text: str
    ) -> Iterator[tuple[Array, Array, Array]]:
        """For atomics: arrays of elements, which threads access them, and at which indices."""
        for region, selected, offsets in self._split(addresses, size, "atomic", text):
            self._check_written(region, offsets, size, 1, text)
            yield region.views[size], np.arange(len(addresses))[selected], offsets // size

    def mark_written(self, region: Region, offsets: Array, size: int) -> None:
        if region.written is not None:
            part = min(size, 8)
            for start in range(0, size, part):
                flags = region.written.view(UNSIGNED[part])
                flags[(offsets + start) // part] = _written_pattern(part)

    def _check_written(
        self, region: Region, offsets: Array, size: int, count: int, text: str
    ) -> None:
        if region.written is None:
            return
        for element in range(count):
            flags = region.written.view(UNSIGNED[size]).take(offsets // size + element)
            missing = flags != _written_pattern(size)
            if missing.any():
                address = region.origin + int(offsets[missing][0]) + element * size
                raise MemoryFault(
                    f"read of memory never written by {int(missing.sum())} thread(s), "
                    f"first at {address:#x}: {text}"
                )

    def _split(
        self, addresses: Array, size: int, what: str, text: str
    ) -> Iterator[tuple[Region, Array | slice, Array]]:
        """By region: the region, which threads access it, and where in its data."""
        if size > 1:
            misaligned = (addresses & U64(size - 1)) != 0
            if misaligned.any():
                address = int(addresses[misaligned][0])
                raise MemoryFault(f"misaligned {size}-byte {what} at {address:#x}: {text}")
        first, last = int(addresses.min()), int(addresses.max())
        index = bisect.bisect_right(self._lows, first) - 1
        if index >= 0 and last + size <= self._regions[index].high:
            region = self._regions[index]
            self._check_writable(region, what, text)
            yield region, slice(None), (addresses - U64(region.origin)).view(S64)
            return
        lows = np.array(self._lows, U64)
        found = np.searchsorted(lows, addresses, "right").astype(S64) - 1
        highs = np.array([region.high for region in self._regions], U64)
        bad = found < 0
        if highs.size:
            bad |= addresses > highs[np.maximum(found, 0)] - U64(size)
        else:
            bad[:] = True
        if bad.any():
            raise MemoryFault(
                f"out-of-bounds {size}-byte {what} by {int(bad.sum())} thread(s), first at "
                f"{int(addresses[bad][0]):#x}{self._nearest(int(addresses[bad][0]))}: {text}"
            )
        for index in np.unique(found):
            region = self._regions[index]
            self._check_writable(region, what, text)
            selected = np.flatnonzero(found == index)
            yield region, selected, (addresses[selected] - U64(region.origin)).view(S64)

    def _check_writable(self, region: Region, what: str, text: str) -> None:
        if what != "load" and not region.writable:
            raise MemoryFault(f"{what} to read-only memory: {text}")

    def _nearest(self, address: int) -> str:
        index = bisect.bisect_right(self._lows, address) - 1
        if index < 0:
            return ""
        region = self._regions[index]
        return f", {address - region.low} bytes into a region of {region.high - region.low}"

    def _index(self, address: int) -> int:
        index = bisect.bisect_right(self._lows, address) - 1
        if index < 0 or address > self._regions[index].high:
            raise MemoryFault(f"no region at {address:#x}")
        return index

    def _take(self, size: int) -> int:
        origin = self._next
        self._next += -(-size // _GAP) * _GAP + _GAP
        return origin

    def _allocate(self, size: int, offset: int) -> Region:
        length = -(-(size + offset) // 16) * 16 + 16
        # Of doubles, so that numpy aligns the array for every width.
        data, written = (np.zeros(length // 8, F64).view(U8) for _ in range(2))
        origin = self._take(length)
        region = Region(origin + offset, origin + offset + size, origin, data, written=written)
        self._insert(region)
        return region

    def _insert(self, region: Region) -> None:
        index = bisect.bisect_right(self._lows, region.low)
        before = self._regions[index - 1] if index else None
        after = self._regions[index] if index < len(self._regions) else None
        if (before and before.high > region.low) or (after and region.high > after.low):
            raise MemoryFault(f"the memory at {region.low:#x} is mapped already")
        self._lows.insert(index, region.low)
        self._regions.insert(index, region)
