"""The benchmark's result as a table, as Markdown and as JSON."""

import json
import math
from collections.abc import Iterable
from dataclasses import asdict

from rich import box
from rich.table import Table

from torch_act.command_line.measurement import Cell

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
TEXT_COLUMNS = ("op", "dtype", "direction")
CLEARLY = 0.97  # below this ratio a cell is slower by more than the measurement's noise


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
        table.add_row(*_row(cell), style="red" if _slower(cell) else None)
    return table


def markdown(cells: list[Cell], header: dict[str, str]) -> str:
    """For the README."""
    lines = [f"- {name}: {value}" for name, value in header.items()]
    columns = _columns(cells)
    lines += ["", "| " + " | ".join(columns) + " |"]
    lines += ["|" + "|".join("---" if c in TEXT_COLUMNS else "---:" for c in columns) + "|"]
    lines += ["| " + " | ".join(_row(cell)) + " |" for cell in cells]
    return "\n".join([*lines, "", *summary(cells)]) + "\n"


def as_json(cells: list[Cell], header: dict[str, str]) -> str:
    """For programs."""
    derived = ("ratio", "copies", "bandwidth", "share")
    rows = [{**asdict(cell), **{name: getattr(cell, name) for name in derived}} for cell in cells]
    return json.dumps({"header": header, "cells": rows, "summary": summary(cells)}, indent=2) + "\n"


def summary(cells: list[Cell]) -> list[str]:
    """Geometric means by direction, dtype and size, then the number of cells slower than torch."""
    groups: dict[tuple[str, str, int], list[Cell]] = {}
    for cell in cells:
        if cell.ratio is not None:
            groups.setdefault((cell.direction, cell.dtype, cell.size), []).append(cell)
    lines = []
    for (direction, dtype, size), group in groups.items():
        ratio = _geometric_mean(cell.ratio for cell in group if cell.ratio is not None)
        copies = _geometric_mean(cell.copies for cell in group)
        lines.append(
            f"{direction} {dtype} {size_name(size)}: {ratio:.2f} times as fast as torch, "
            f"{copies:.2f} copies{_reached(group)} (geometric means of {len(group)})"
        )
    slower = [cell for group in groups.values() for cell in group if _slower(cell)]
    clearly = [cell for cell in slower if _slower(cell, than=CLEARLY)]
    total = sum(map(len, groups.values()))
    lines.append(
        f"slower than torch: {len(slower)} of {total} cells "
        f"({len(clearly)} by more than {100 * (1 - CLEARLY):.0f} %)"
    )
    return lines


def size_name(size: int) -> str:
    """4194304 as 4M, 65536 as 64K."""
    for unit, letter in ((2**20, "M"), (2**10, "K")):
        if size >= unit and size % unit == 0:
            return f"{size // unit}{letter}"
    return str(size)


def _on_device(cell: Cell) -> bool:
    return cell.device != "cpu"


def _columns(cells: list[Cell]) -> tuple[str, ...]:
    return COLUMNS + DEVICE_COLUMNS if any(map(_on_device, cells)) else COLUMNS


def _reached(group: list[Cell]) -> str:
    if not all(map(_on_device, group)):
        return ""
    bandwidth = _geometric_mean(cell.bandwidth for cell in group)
    share = _geometric_mean(cell.share for cell in group)
    return f", {bandwidth:.0f} GB/s, {100 * share:.0f} % of the copy's"


def _row(cell: Cell) -> list[str]:
    theirs = "–" if cell.torch is None else f"{cell.torch:.3f}"
    ratio = "–" if cell.ratio is None else f"{cell.ratio:.2f}"
    on_device = [f"{cell.bandwidth:.0f}", f"{100 * cell.share:.0f} %"] if _on_device(cell) else []
    return [
        cell.op,
        cell.dtype,
        size_name(cell.size),
        cell.direction,
        f"{cell.ours:.3f}",
        theirs,
        ratio,
        f"{cell.copies:.2f}",
        *on_device,
    ]


def _slower(cell: Cell, than: float = 1) -> bool:
    return cell.ratio is not None and cell.ratio < than


def _geometric_mean(values: Iterable[float]) -> float:
    logarithms = [math.log(value) for value in values]
    return math.exp(sum(logarithms) / len(logarithms))
