"""What swap and unswap tell: which modules, what they were and are, what was left and why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch

from torch_act.swapping.table import Rows, plain, rich_table

if TYPE_CHECKING:
    import rich.console


NUMBER = re.compile(r"(\d+)")


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
        rows = []
        for exchange in self.exchanged:
            names = ", ".join((exchange.name, *exchange.shared_as))
            remark = f" ({exchange.remark})" if exchange.remark else ""
            rows.append((names, exchange.was, exchange.now + remark))
        return _merged(rows)

    def _left(self) -> Rows:
        return _merged([(left.name, left.kind, left.reason) for left in self.left])


def _merged(rows: Sequence[tuple[str, str, str]]) -> Rows:
    """Rows that are alike but for numbers in the name: once, with how many they are."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for name, *rest in rows:
        alike.setdefault((NUMBER.sub("*", name), *rest), []).append(name)
    return [(_pattern(names), *rest) for (_, *rest), names in alike.items()]


def _pattern(names: list[str]) -> str:
    """The one name, or what the names have in common."""
    if len(names) == 1:
        return names[0] or "(the model)"
    # Text and numbers in turn; the text is the same in all.
    parts = zip(*(NUMBER.split(name) for name in names), strict=True)
    common = (of_all[0] if len(set(of_all)) == 1 else "*" for of_all in parts)
    return f"{''.join(common)} ×{len(names)}"
