"""What swap and unswap tell: which modules, what they were and are, what was left and why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch

from torch_act.swapping.table import Rows, plain, rich_table

if TYPE_CHECKING:
    import rich.console


@dataclass(frozen=True)
class Exchange:
    """One module, or one function that a module keeps as an attribute."""

    name: str  # as in named_modules(); of a function: the module's name and the attribute's
    was: str
    now: str
    remark: str = ""
    shared_as: tuple[str, ...] = ()  # its other names


@dataclass(frozen=True)
class Left:
    """An activation that stayed what it was."""

    name: str
    kind: str
    reason: str


@dataclass(repr=False)
class SwapReport:
    """What became of a model's activations. Printed, it is a table.

    Rows that differ in numbers within the name only are printed as one, with ``*`` for the number.
    """

    model: torch.nn.Module
    exchanged: list[Exchange] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)

    @property
    def names(self) -> set[str]:
        """The names of what was exchanged."""
        return {exchange.name for exchange in self.exchanged}

    def __repr__(self) -> str:
        parts = [self._summary()]
        if self.exchanged:
            parts.append(plain(("name", "was", "is now"), self._exchanged()))
        if self.left:
            parts.append(plain(("left", "class", "why"), self._left()))
        return "\n\n".join(parts)

    def __rich_console__(
        self, console: rich.console.Console, options: rich.console.ConsoleOptions
    ) -> rich.console.RenderResult:
        yield self._summary()
        if self.exchanged:
            yield rich_table("exchanged", ("name", "was", "is now"), self._exchanged())
        if self.left:
            yield rich_table("left", ("name", "class", "why"), self._left())

    def _summary(self) -> str:
        return (
            f"{type(self.model).__name__}: {len(self.exchanged)} exchanged, {len(self.left)} left"
        )

    def _exchanged(self) -> Rows:
        return _merged(
            [
                (e.name, e.was, e.now + (f" ({e.remark})" if e.remark else ""))
                for e in self.exchanged
            ]
        )

    def _left(self) -> Rows:
        return _merged([(left.name, left.kind, left.reason) for left in self.left])


def _merged(rows: Sequence[tuple[str, str, str]]) -> Rows:
    """Rows that are alike but for numbers in the name: once, with how many they are."""
    pattern = [(re.sub(r"\d+", "*", name), *rest) for name, *rest in rows]
    count = Counter(pattern)
    merged = []
    for key, row in zip(pattern, rows, strict=True):
        if key not in count:
            continue
        times = count.pop(key)
        name = row[0] if times == 1 else f"{key[0]} ×{times}"
        merged.append((name or "(the model)", *row[1:]))
    return merged
