"""What `bench --full` measures, and what of it some cells lack."""

import math
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from itertools import product
from typing import Any

import torch

from torch_act.command_line.calls import Call, calls, calls_along_first_dim
from torch_act.command_line.dtypes import Dtype
from torch_act.command_line.layouts import Layout
from torch_act.command_line.measurement import Cell, Key, Plan
from torch_act.command_line.report import size_name, thread_count


class Direction(str, Enum):
    forward = "forward"
    backward = "backward"
    training = "training"
    in_place = "in place"


SIZES = ("64", "4K", "64K", "4M", "64M")
THREADS = (1, 2)


# The places of a key, each with how its values are named.
AXES: tuple[Callable[[Any], str], ...] = (
    lambda op: str(op).replace("-dim0", " along dim 0"),
    str,
    lambda size: f"{size_name(size)} elements",
    str,
    str,
    thread_count,
)
FEW = 8  # of more values than these and than half, those that are not meant are named


def elements(text: str) -> int | None:
    """64K as 65536; None for what is no even number above 0."""
    units = {"K": 2**10, "M": 2**20}
    number, unit = (text[:-1], units[text[-1].upper()]) if text[-1:].upper() in units else (text, 1)
    if not number.isdigit() or int(number) == 0 or int(number) * unit % 2:
        return None
    return int(number) * unit


def plans(
    chosen: Iterable[Call],
    directions: Iterable[Direction] = Direction,
    dtypes: Iterable[Dtype] = Dtype,
    threads: Iterable[int] = THREADS,
    sizes: Iterable[int] = tuple(filter(None, map(elements, SIZES))),
    layouts: Iterable[Layout] = Layout,
    device: str = "cpu",
) -> Iterator[Plan]:
    """Every cell that there can be of these."""
    for way, kind, count, size, layout, call in product(
        directions, dtypes, threads, sizes, layouts, chosen
    ):
        plan = Plan(call, getattr(torch, kind.value), size, way.value, layout, count, device)
        if plan.possible:
            yield plan


def whole_grid() -> Iterator[Key]:
    """Of every cell that there can be."""
    return (plan.key for plan in plans([*calls(training=True), *calls_along_first_dim()]))


def absent(cells: list[Cell]) -> Iterator[str]:
    """What of the whole grid was not measured; then what was, with torch but without Inductor."""
    measured = {cell.key for cell in cells}
    grid = list(whole_grid())
    for path in _described(set(grid) - measured, grid):
        yield "; ".join(path) or "everything"
    beside = [cell.key for cell in cells if cell.torch is not None]
    without = {cell.key for cell in cells if cell.torch is not None and cell.inductor is None}
    for path in _described(without, beside):
        yield "; ".join(("Inductor", *path))


def _described(lacking: set[Key], every: Iterable[Key]) -> list[tuple[str, ...]]:
    """The keys that are lacking of all of these, as groups: names of values, axis by axis."""
    every = list(every)
    if not lacking:
        return []
    if len(lacking) == len(every):
        return [()]
    axis = min(range(len(AXES)), key=lambda axis: _divided(lacking, every, axis))
    groups: dict[tuple[tuple[str, ...], ...], list[Any]] = {}
    values = list(dict.fromkeys(key[axis] for key in every))
    for value in values:
        own = [key for key in every if key[axis] == value]
        paths = _described(lacking.intersection(own), own)
        groups.setdefault(tuple(paths), []).append(value)
    if len(groups) == 1:
        return list(next(iter(groups)))
    return [(_named(own, values, axis), *path) for paths, own in groups.items() for path in paths]


def _divided(lacking: set[Key], every: list[Key], axis: int) -> float:
    """How many values of an axis have both, keys that are lacking and others."""
    values = {key[axis] for key in every}
    if len(values) == 1:
        return math.inf
    with_lacking = {key[axis] for key in lacking}
    return len(with_lacking & {key[axis] for key in every if key not in lacking})


def _named(own: list[Any], values: list[Any], axis: int) -> str:
    """One axis's values, or all but the others."""
    others = [value for value in values if value not in own]
    if len(own) > FEW and len(own) > len(others):
        return f"all but {', '.join(map(AXES[axis], others))}"
    return ", ".join(map(AXES[axis], own))
