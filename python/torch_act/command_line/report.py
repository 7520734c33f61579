"""The benchmark's result as a table, in the terminal and in Markdown."""

from collections.abc import Iterable

from rich import box
from rich.table import Table

from torch_act.command_line.layouts import Layout
from torch_act.command_line.measurement import Cell
from torch_act.command_line.speed_bounds import CLEARLY, geometric_mean, groups

COLUMNS = (
    "op",
    "dtype",
    "size",
    "direction",
    "ours ns/element",
    "torch ns/element",
    "torch / ours",
    "ours / copy",
)
DEVICE_COLUMNS = ("GB/s", "share of copy")  # on a GPU, whose bandwidth is what there is to reach
GRID_COLUMNS = ("layout", "threads")  # where there is more than one of them
INDUCTOR_COLUMNS = ("Inductor ns/element", "Inductor / ours")
TEXT_COLUMNS = ("op", "dtype", "direction", "layout")


def rich_table(cells: Iterable[Cell]) -> Table:
    """For the terminal; cells slower than torch in red."""
    table = Table(box=box.SIMPLE, padding=0)
    cells = list(cells)
    for column in _columns(cells):
        table.add_column(
            column.replace(" ", "\n", 1),
            justify="left" if column in TEXT_COLUMNS else "right",
            no_wrap=True,
        )
    for cell in cells:
        row = _row(cell)
        table.add_row(
            *(row[column] for column in _columns(cells)), style="red" if _slower(cell) else None
        )
    return table


def markdown(cells: list[Cell], header: dict[str, str]) -> str:
    """For the README."""
    lines = [f"- {name}: {value}" for name, value in header.items()]
    columns = _columns(cells)
    lines += ["", "| " + " | ".join(columns) + " |"]
    lines += ["|" + "|".join("---" if c in TEXT_COLUMNS else "---:" for c in columns) + "|"]
    for row in map(_row, cells):
        lines.append("| " + " | ".join(row[column] for column in columns) + " |")
    return "\n".join([*lines, "", *summary(cells)]) + "\n"


def summary(cells: list[Cell]) -> list[str]:
    """Geometric means by direction, dtype and size, and by layout and threads where there are
    several; then the number of cells slower than torch."""
    compared = [cell for cell in cells if cell.ratio is not None]
    lines = []
    for group in groups(compared):
        where = "" if group.layout == Layout.contiguous else f" {group.layout}"
        where += "" if group.threads == 1 else f" {group.threads} threads"
        copies = geometric_mean(cell.copies for cell in group.cells)
        lines.append(
            f"{group.direction} {group.dtype} {size_name(group.size)}{where}: "
            f"{group.ratio:.2f} times as fast as torch, "
            f"{copies:.2f} copies{_reached(group.cells)} (geometric means of {len(group.cells)})"
        )
    slower = [cell for cell in compared if _slower(cell)]
    clearly = [cell for cell in slower if _slower(cell, than=CLEARLY)]
    lines.append(
        f"slower than torch: {len(slower)} of {len(compared)} cells "
        f"({len(clearly)} by more than {100 * (1 - CLEARLY):.0f} %)"
    )
    return lines


def size_name(size: int) -> str:
    """4194304 as 4M, 65536 as 64K."""
    for unit, letter in ((2**20, "M"), (2**10, "K")):
        if size >= unit and size % unit == 0:
            return f"{size // unit}{letter}"
    return str(size)


def thread_count(threads: int) -> str:
    """With its word."""
    return "1 thread" if threads == 1 else f"{threads} threads"


def _on_device(cell: Cell) -> bool:
    return cell.device != "cpu"


def _columns(cells: list[Cell]) -> tuple[str, ...]:
    columns: tuple[str, ...] = COLUMNS
    if any(cell.layout != Layout.contiguous or cell.threads > 1 for cell in cells):
        columns += GRID_COLUMNS
    if any(cell.inductor is not None for cell in cells):
        columns += INDUCTOR_COLUMNS
    return columns + DEVICE_COLUMNS if any(map(_on_device, cells)) else columns


def _reached(group: list[Cell]) -> str:
    if not all(map(_on_device, group)):
        return ""
    bandwidth = geometric_mean(cell.bandwidth for cell in group)
    share = geometric_mean(cell.share for cell in group)
    return f", {bandwidth:.0f} GB/s, {100 * share:.0f} % of the copy's"


def _row(cell: Cell) -> dict[str, str]:
    """By the name of the column."""

    def number(value: float | None, digits: int) -> str:
        return "–" if value is None else f"{value:.{digits}f}"

    return {
        "op": cell.op,
        "dtype": cell.dtype,
        "size": size_name(cell.size),
        "direction": cell.direction,
        "ours ns/element": number(cell.ours, 3),
        "torch ns/element": number(cell.torch, 3),
        "torch / ours": number(cell.ratio, 2),
        "ours / copy": number(cell.copies, 2),
        "layout": cell.layout,
        "threads": str(cell.threads),
        "Inductor ns/element": number(cell.inductor, 3),
        "Inductor / ours": number(cell.inductor_ratio, 2),
        "GB/s": number(cell.bandwidth, 0),
        "share of copy": f"{100 * cell.share:.0f} %",
    }


def _slower(cell: Cell, than: float = 1) -> bool:
    return cell.ratio is not None and cell.ratio < than
