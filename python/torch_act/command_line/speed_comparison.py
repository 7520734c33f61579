"""Two runs of the benchmark, cell by cell."""

from collections.abc import Iterator
from dataclasses import dataclass

from torch_act.command_line.measurement import Cell
from torch_act.command_line.report import size_name
from torch_act.command_line.speed_bounds import geometric_mean

LEAST = 0.05  # changes up to this are taken for noise, whatever the turns of either run say


@dataclass(frozen=True)
class Change:
    """A cell of both runs."""

    before: Cell
    now: Cell

    @property
    def time(self) -> float:
        """Our time now as a multiple of the one before."""
        return self.now.ours / self.before.ours

    @property
    def relative(self) -> float:
        """The same, less what torch's time (or else the copy's) changed: that was the machine."""
        before, now = self.before, self.now
        if before.torch and now.torch:
            return self.time / (now.torch / before.torch)
        return self.time / (now.copy / before.copy)

    @property
    def slower(self) -> bool:
        """By more than the noise, both by the clock and beside what was measured with it."""
        margin = 1 + max(LEAST, self.before.noise + self.now.noise)
        return self.time > margin and self.relative > margin


def compare(before: list[Cell], now: list[Cell]) -> list[Change]:
    """Of the cells that both runs have."""
    known = {cell.key: cell for cell in before}
    return [Change(known[cell.key], cell) for cell in now if cell.key in known]


def lines(changes: list[Change], every: bool = False) -> Iterator[str]:
    """Each slower cell (or each cell), then the mean."""
    if not changes:
        yield "no cell is in both runs"
        return
    slower = [change for change in changes if change.slower]
    for change in changes if every else slower:
        cell = change.now
        mark = " SLOWER" if change.slower else ""
        yield (
            f"{cell.op} {cell.dtype} {size_name(cell.size)} {cell.direction} {cell.layout} "
            f"{cell.threads} threads: {change.before.ours:.3f} to {cell.ours:.3f} ns/element, "
            f"{100 * (change.time - 1):+.0f} % ({100 * (change.relative - 1):+.0f} % beside "
            f"torch){mark}"
        )
    time = geometric_mean(change.time for change in changes)
    relative = geometric_mean(change.relative for change in changes)
    yield (
        f"time now / before: {time:.3f}, beside torch {relative:.3f} (geometric means of "
        f"{len(changes)} cells); slower by more than the noise: {len(slower)}"
    )
