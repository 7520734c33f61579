"""Cells in a file: as JSON for programs and comparisons, and line by line while a run goes on."""

import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from torch_act.command_line.measurement import Cell, Key

FIELDS = tuple(field.name for field in fields(Cell))
DERIVED = ("ratio", "inductor_ratio", "copies", "bandwidth", "share")


def as_json(cells: list[Cell], header: dict[str, str], summary: list[str]) -> str:
    """A cell a line, so that a diff shows what changed."""
    rows = [
        json.dumps({**asdict(cell), **{name: getattr(cell, name) for name in DERIVED}})
        for cell in cells
    ]
    return (
        f'{{"header": {json.dumps(header)},\n"summary": {json.dumps(summary, indent=1)},\n'
        f'"cells": [\n' + ",\n".join(rows) + "\n]}\n"
    )


def read(path: Path) -> tuple[list[Cell], dict[str, str]]:
    """The cells and the header of a file that `as_json` wrote."""
    kept = json.loads(path.read_text())
    return [_cell(row) for row in kept["cells"]], kept["header"]


def read_together(paths: Iterable[Path]) -> tuple[list[Cell], dict[str, str]]:
    """Of several runs: a later one's cells replace an earlier one's, in the order of the grid."""
    cells: dict[Key, Cell] = {}
    headers: dict[str, dict[str, None]] = {}
    for path in paths:
        of_it, header = read(path)
        cells |= {cell.key: cell for cell in of_it}
        for name, value in header.items():
            headers.setdefault(name, {}).update(dict.fromkeys(value.split("; ")))
    together = {name: "; ".join(values) for name, values in headers.items()}
    return _as_a_grid(list(cells.values())), together


def _as_a_grid(cells: list[Cell]) -> list[Cell]:
    """Numbers by their size, names as they first come."""
    fields = ("direction", "dtype", "threads", "size", "layout", "op")
    names = {name: list(dict.fromkeys(getattr(cell, name) for cell in cells)) for name in fields}

    def place(cell: Cell) -> list[int]:
        values = [(name, getattr(cell, name)) for name in fields]
        return [v if isinstance(v, int) else names[name].index(v) for name, v in values]

    return sorted(cells, key=place)


def _cell(row: dict[str, Any]) -> Cell:
    return Cell(**{name: row[name] for name in FIELDS if name in row})


class Unfinished:
    """The cells of a run that may be interrupted; those of another header do not count."""

    def __init__(self, folder: Path, header: dict[str, str]):
        self._path = folder / "cells.jsonl"
        first = json.dumps(header)
        lines = self._path.read_text().splitlines() if self._path.exists() else []
        if not lines or lines[0] != first:
            folder.mkdir(parents=True, exist_ok=True)
            self._path.write_text(first + "\n")
            lines = [first]
        cells = [_cell(json.loads(line)) for line in lines[1:] if line.endswith("}")]
        self.cells = {cell.key: cell for cell in cells}

    def put(self, cell: Cell) -> None:
        self.cells[cell.key] = cell
        with self._path.open("a") as file:
            file.write(json.dumps(asdict(cell)) + "\n")

    def finish(self) -> None:
        """The next run starts from nothing."""
        self._path.unlink(missing_ok=True)


def in_order(cells: Iterable[Cell], keys: Iterable[Key]) -> list[Cell]:
    """As the grid has them."""
    known = {cell.key: cell for cell in cells}
    return [known[key] for key in keys if key in known]
