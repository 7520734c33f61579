"""float32: every number there is, or every 1,021st of each binade, against the double formula."""

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from torch_act import _C
from torch_act.accuracy.errors import Errors
from torch_act.accuracy.orders import Evaluate, Subject
from torch_act.accuracy.shape import Shape
from torch_act.accuracy.ulp import floor_of

BLOCK = 1 << 17  # patterns: with their negatives, and in double, what a core's cache holds
BINADE = 1 << 23
SIGN_BIT = -(1 << 31)


@dataclass(frozen=True)
class Block:
    """Bit patterns of numbers >= 0: first, first + stride, …, and the one that follows them."""

    first: int
    count: int
    stride: int
    following: int

    def numbers(self, device: torch.device | None = None) -> Tensor:
        """float32: these, and then their negatives."""
        last = self.first + self.stride * (self.count - 1)
        own = torch.arange(self.first, last + 1, self.stride, dtype=torch.int32, device=device)
        following = own.new_full((1,), self.following)
        return torch.cat(
            [own, following, own | SIGN_BIT, following | SIGN_BIT],
        ).view(torch.float32)


def blocks(stride: int, size: int = BLOCK) -> list[Block]:
    """Of each binade every stride-th number, from its first one on, and its last one.

    The first ones are 0, the powers of 2, infinity and a NaN beside it.
    """
    found = []
    for binade in range(0, 1 << 31, BINADE):
        after = binade + BINADE
        for begin in range(binade, after, size * stride):
            count = -(-min(after - begin, size * stride) // stride)
            found.append((begin, count))
        if (BINADE - 1) % stride:
            found.append((after - 1, 1))
    following = [begin for begin, _ in found[1:]] + [(1 << 31) - 1]
    return [
        Block(begin, count, stride, after)
        for (begin, count), after in zip(found, following, strict=True)
    ]


@dataclass
class Sweep:
    """What has been counted so far, ours and torch's."""

    subject: Subject
    shape: Shape
    stride: int = 1
    compare: bool = True  # with torch
    done: int = 0  # blocks
    ours: Errors | None = None
    torchs: Errors | None = None

    def run(
        self, threads: int, state: Path | None, advance: Callable[[int], None] = lambda _: None
    ) -> None:
        """Goes on from `state`, if there is one, and keeps it until the sweep is complete."""
        if state is not None and state.exists():
            self._resume(json.loads(state.read_text()))
        every = blocks(self.stride)
        advance(sum(block.count for block in every[: self.done]))
        theirs = self.subject.theirs() if self.compare else None
        measure = _Measurement(self.subject, self.shape, theirs)
        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            while self.done < len(every):
                batch = every[self.done : self.done + 64 * threads]
                for block, (mine, other) in zip(batch, pool.map(measure, batch), strict=True):
                    self._add(mine, other)
                    advance(block.count)
                self.done += len(batch)
                if state is not None:
                    self._save(state)
        if state is not None:
            state.unlink()

    def _add(self, ours: Errors, torchs: Errors | None) -> None:
        if self.ours is None:
            self.ours, self.torchs = ours, torchs
            return
        self.ours.add(ours)
        if torchs is not None and self.torchs is not None:
            self.torchs.add(torchs)

    def _save(self, state: Path) -> None:
        """Written whole or not at all."""
        state.parent.mkdir(parents=True, exist_ok=True)
        kept = {
            "stride": self.stride,
            "done": self.done,
            "ours": self.ours and self.ours.as_dict(),
            "torch": self.torchs and self.torchs.as_dict(),
        }
        draft = state.with_suffix(".draft")
        draft.write_text(json.dumps(kept))
        os.replace(draft, state)

    def _resume(self, kept: dict[str, Any]) -> None:
        if kept["stride"] != self.stride:
            return
        self.done = kept["done"]
        self.ours = kept["ours"] and Errors.of(kept["ours"])
        self.torchs = kept["torch"] and Errors.of(kept["torch"])


class _Measurement:
    """One block and its negatives, each result computed once."""

    def __init__(self, subject: Subject, shape: Shape, theirs: Evaluate | None):
        self.subject, self.shape, self.theirs = subject, shape, theirs
        self.floor = floor_of(subject.case, subject.order)
        self.domain = subject.domain()

    def __call__(self, block: Block) -> tuple[Errors, Errors | None]:
        x = block.numbers()
        outside = outside_of(self.domain, x)
        exact = blank(self.subject.reference(x), outside)
        torchs = None
        if self.theirs is not None:
            torchs = self._count(x, blank(self.theirs(x), outside), exact)
        return self._count(x, blank(self.subject.ours(x), outside), exact), torchs

    def _count(self, x: Tensor, result: Tensor, exact: Tensor) -> Errors:
        halves = [tuple(t.chunk(2)) for t in (x, result, exact)]
        total = Errors()
        for x_half, result_half, exact_half in zip(*halves, strict=True):
            arrays = (t[:-1].numpy() for t in (x_half, result_half, exact_half))
            total.add(Errors(**_C.measure_errors(*arrays, *self.floor)))
        plus, minus = (half.numpy() for half in halves[1])
        if direction := self.shape.direction:
            # Away from 0 on both sides.
            total.reversals = _C.count_reversals(plus, direction) + _C.count_reversals(
                minus, -direction
            )
        if symmetry := self.shape.symmetry:
            total.asymmetries = _C.count_asymmetries(plus[:-1], minus[:-1], symmetry)
        return total


def outside_of(domain: tuple[float, float], x: Tensor) -> Tensor | None:
    """Where x is none to judge; None where all are."""
    lowest, highest = domain
    limited = lowest > -torch.inf or highest < torch.inf
    return (x < lowest) | (x > highest) if limited else None


def blank(result: Tensor, outside: Tensor | None) -> Tensor:
    """NaN, which no sum counts, where x is no output."""
    return result if outside is None else result.masked_fill(outside, torch.nan)


def points(stride: int) -> int:
    """How many numbers >= 0 a sweep looks at: each stands for itself and its negative."""
    return sum(block.count for block in blocks(stride))


def state_file(folder: Path, subject: Subject) -> Path:
    """Where a sweep of this subject keeps what it has counted."""
    name = f"{subject.case}-{subject.order}".replace(" ", "_")
    return folder / f"{name}.json"
