"""Cells that a wait made slow: far off what the same loop takes in others."""

from collections.abc import Iterator

from torch_act.command_line.layouts import Layout
from torch_act.command_line.measurement import Cell, Key
from torch_act.command_line.speed_bounds import FROM_MEMORY
from torch_act.command_line.speed_grid import Direction

DENSE = (Layout.contiguous, Layout.channels_last, Layout.transposed)  # one loop for all
LEAST_NEIGHBOURS = 3
FAR = 2.0


def outliers(cells: list[Cell]) -> Iterator[Key]:
    """Those from memory that take more than twice as long as the slowest of their neighbours.

    Neighbours have the same op, dtype, size and direction, in another dense layout or with another
    number of threads. More threads than a neighbour's take no longer; fewer take as many times
    longer as there are fewer.
    """
    alike: dict[tuple[str, str, int, str], list[Cell]] = {}
    for cell in cells:
        has_result = cell.direction != Direction.in_place
        if cell.size >= FROM_MEMORY and cell.layout in DENSE and has_result:
            alike.setdefault((cell.op, cell.dtype, cell.size, cell.direction), []).append(cell)
    for group in alike.values():
        for cell in group:
            expected = [
                other.ours * max(1, other.threads / cell.threads)
                for other in group
                if other is not cell
            ]
            if len(expected) >= LEAST_NEIGHBOURS and cell.ours > FAR * max(expected):
                yield cell.key
