"""What `bench --full` measures, and what of it some cells lack."""

from collections.abc import Iterator
from enum import Enum

from torch_act.command_line.calls import ALONG_ROWS
from torch_act.command_line.dtypes import Dtype
from torch_act.command_line.layouts import Layout
from torch_act.command_line.measurement import Cell
from torch_act.command_line.report import size_name, thread_count


class Direction(str, Enum):
    forward = "forward"
    backward = "backward"
    training = "training"
    in_place = "in place"


SIZES = ("64", "4K", "64K", "4M", "64M")
THREADS = (1, 2)


def absent(cells: list[Cell]) -> Iterator[str]:
    """What was measured in no cell; then sizes that lack cells which other sizes have, and where
    Inductor is not beside torch."""
    if whole := list(_wholly_absent(cells)):
        yield f"nothing of: {'; '.join(whole)}"
    yield from _absent_of_sizes(cells)
    if any(cell.inductor for cell in cells):
        yield from _absent_of_inductor(cells)


def _wholly_absent(cells: list[Cell]) -> Iterator[str]:
    axes: list[tuple[list[str], set[str]]] = [
        ([way.value for way in Direction], {cell.direction for cell in cells}),
        ([kind.value for kind in Dtype], {cell.dtype for cell in cells}),
        ([f"{size} elements" for size in SIZES], {f"{size_name(c.size)} elements" for c in cells}),
        ([layout.value for layout in Layout], {cell.layout for cell in cells}),
        ([*map(thread_count, THREADS)], {thread_count(cell.threads) for cell in cells}),
        ([f"{op} along dim 0" for op in ALONG_ROWS], {_along(cell.op) for cell in cells}),
        (["Inductor"], {"Inductor" for cell in cells if cell.inductor}),
    ]
    for values, measured in axes:
        if lacking := [value for value in values if value not in measured]:
            yield ", ".join(lacking)


def _along(op: str) -> str:
    return op.replace("-dim0", " along dim 0")


def _absent_of_sizes(cells: list[Cell]) -> Iterator[str]:
    sizes: dict[tuple[str, int], dict[tuple[str, str], set[int]]] = {}
    for cell in cells:
        kinds = sizes.setdefault((cell.layout, cell.threads), {})
        kinds.setdefault((cell.direction, cell.dtype), set()).add(cell.size)
    for size in sorted({cell.size for cell in cells}):
        for (layout, threads), kinds in sizes.items():
            lacking = {kind: size not in measured for kind, measured in kinds.items()}
            if any(lacking.values()):
                name = f"{size_name(size)} {layout}, {thread_count(threads)}"
                yield f"{name}: {_dtypes_of_each(lacking)}"


def _absent_of_inductor(cells: list[Cell]) -> Iterator[str]:
    layouts = {cell.layout for cell in cells}
    if lacking := layouts - {cell.layout for cell in cells if cell.inductor}:
        names = (layout.value for layout in Layout if layout.value in lacking)
        yield f"Inductor: {', '.join(names)}"
    beside: dict[int, dict[tuple[str, str], list[bool]]] = {}
    for cell in cells:
        if cell.layout == Layout.contiguous and cell.torch:
            where = f"{size_name(cell.size)} {cell.direction}"
            group = beside.setdefault(cell.threads, {}).setdefault((where, cell.dtype), [])
            group.append(cell.inductor is not None)
    for threads, groups in beside.items():
        without = {kind: not any(group) for kind, group in groups.items()}
        if any(without.values()):
            yield f"Inductor, {thread_count(threads)}: {_dtypes_of_each(without)}"


def _dtypes_of_each(lacking: dict[tuple[str, str], bool]) -> str:
    """Names with the dtypes that are lacking, where not all are."""
    texts = []
    for name in dict.fromkeys(name for name, _ in lacking):
        dtypes = {dtype: lacks for (own, dtype), lacks in lacking.items() if own == name}
        which = ", ".join(dtype for dtype, lacks in dtypes.items() if lacks)
        if which:
            texts.append(name if all(dtypes.values()) else f"{name} ({which})")
    return "; ".join(texts)
