"""Threads of one launch that reach the same byte of global memory with nothing between them.

No order holds between the blocks of a launch: if one writes a byte, no other may write or read it.
Within a block a barrier orders two threads' accesses. Atomics are excepted. Accesses are written
down as they happen and compared at the end of the launch.

A block that reads what others wrote after a fence and an atomic counter (the "last block" scheme)
is correct and reported nevertheless; such a launch needs `check_blocks=False`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .dtypes import S64, Array
from .errors import Race

_LOAD, _STORE = 0, 1


class AccessLog:
    def __init__(self) -> None:
        self._accesses: list[tuple[Array, Array, Array, Array, int, int]] = []
        self._texts: list[str] = []
        self._smallest = 16

    def load(
        self, addresses: Array, blocks: Array, threads: Array, times: Array, size: int, text: str
    ) -> None:
        self._note(addresses, blocks, threads, times, size, _LOAD, text)

    def store(
        self, addresses: Array, blocks: Array, threads: Array, times: Array, size: int, text: str
    ) -> None:
        self._note(addresses, blocks, threads, times, size, _STORE, text)

    def _note(
        self,
        addresses: Array,
        blocks: Array,
        threads: Array,
        times: Array,
        size: int,
        kind: int,
        text: str,
    ) -> None:
        if addresses.size != blocks.size:
            addresses = np.broadcast_to(addresses, blocks.shape)
        self._smallest = min(self._smallest, size)
        self._accesses.append((addresses, blocks, threads, times, size, kind))
        self._texts.append(text)

    def check(self) -> None:
        """Raises Race if any two accesses conflict."""
        stores = [access for access in self._accesses if access[5] == _STORE]
        if not stores:
            return
        unit = self._smallest  # accesses are aligned to their size, so they consist of such units
        low = min(int(access[0].min()) for access in stores)
        high = max(int(access[0].max()) + access[4] for access in stores)
        columns: list[list[Array]] = [[] for _ in range(6)]
        for number, (addresses, blocks, threads, times, size, kind) in enumerate(self._accesses):
            if kind == _LOAD:
                near = (addresses >= low) & (addresses < high)
                if not near.any():
                    continue
                if not near.all():
                    addresses, blocks, threads, times = (
                        column[near] for column in (addresses, blocks, threads, times)
                    )
            first = ((addresses - np.uint64(low)) // np.uint64(unit)).astype(S64)
            for part in range(size // unit):
                fields: list[Any] = [first + part, blocks, times, threads, kind, number]
                for column, values in zip(columns, fields, strict=True):
                    column.append(np.broadcast_to(values, first.shape))
        units, blocks, times, threads, kinds, numbers = map(np.concatenate, columns)
        order = np.lexsort((threads, times, blocks, units))
        units, blocks, times, threads, kinds, numbers = (
            column[order] for column in (units, blocks, times, threads, kinds, numbers)
        )
        same_unit = units[1:] == units[:-1]
        new_block = same_unit & (blocks[1:] != blocks[:-1])
        self._report(units, new_block, units, blocks, kinds, numbers, "blocks")
        same_time = same_unit & ~new_block & (times[1:] == times[:-1])
        new_thread = same_time & (threads[1:] != threads[:-1])
        starts = np.concatenate(([True], ~same_time))
        groups = np.cumsum(starts)
        self._report(groups, new_thread, units, threads, kinds, numbers, "threads")

    def _report(
        self,
        groups: Array,
        differing: Array,
        units: Array,
        who: Array,
        kinds: Array,
        numbers: Array,
        name: str,
    ) -> None:
        """A conflict: a group, sorted, in which neighbours differ, and something is written."""
        if not differing.any():
            return
        suspects = np.unique(groups[1:][differing])
        written = np.unique(groups[kinds == _STORE])
        guilty = np.intersect1d(suspects, written, assume_unique=True)
        if not guilty.size:
            return
        members = np.flatnonzero(groups == guilty[0])
        store = members[kinds[members] == _STORE][0]
        other = members[who[members] != who[store]][0]
        first, second = (
            f"{name[:-1]} {int(who[row])} by {self._texts[numbers[row]]}" for row in (store, other)
        )
        raise Race(
            f"two {name} access one address, {guilty.size} times: first {first} and {second}"
        )
