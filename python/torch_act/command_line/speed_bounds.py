"""What speed is promised, and which means and cells miss it."""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from torch_act.catalogue import CATALOGUE, Entry
from torch_act.command_line.calls import ALONG_ROWS
from torch_act.command_line.layouts import Layout
from torch_act.command_line.measurement import Cell, Key

CLEARLY = 0.97  # below this ratio a cell is slower by more than the measurement's noise

OF_TORCH = "torch's speed"
OF_INDUCTOR = "Inductor's speed"
OF_FLOAT32 = "float32's time per element"
OF_LAST_DIM = "1.5 times the last dimension's time"
OF_COPY = "copies of the same bytes"

# Geometric means over all ops, one thread, contiguous: times torch's speed.
MEANS = {
    ("forward", "float32", 2**22): 2.0,
    ("forward", "bfloat16", 2**22): 3.5,
    ("backward", "float32", 2**22): 1.5,
    ("forward", "float32", 2**16): 2.5,
    ("forward", "bfloat16", 2**16): 4.0,
}

# Multiples of a copy of the same bytes, float32 from 4M elements on, by instruction set.
COPIES = {
    "piecewise linear": {"avx512": 1.1, "avx2": 1.1},
    "one exponential": {"avx512": 1.6, "avx2": 2.5},
    "several functions": {"avx512": 2.0, "avx2": 3.5},
    "softmax": {"avx512": 2.5, "avx2": 2.5},
}
OTHER_DIM = 1.5  # times what softmax takes along the last dimension
FROM_MEMORY = 2**22


def class_of(entry: Entry) -> str | None:
    """By what the definition is built on; None where no bound is promised."""
    if entry.name in ALONG_ROWS:
        return "softmax"
    if entry.name == "glu":
        return "one exponential"
    if entry.name == "rrelu":
        return None  # most of its time draws random numbers
    pieces = entry.pieces or next(iter(entry.variants.values()), ())
    text = " ".join(expression for _, expression in pieces) or entry.composed
    if re.search(r"log\(|erfc\(|sin\(", text):
        return "several functions"
    # softsign's division and squareplus's root take as long as an exponential.
    longer = re.search(r"exp\(|expm1\(|tanh\(|sqrt\(|/ \(", text)
    return "one exponential" if longer else "piecewise linear"


@cache
def class_of_op(label: str) -> str | None:
    """The same by a cell's name."""
    names = {entry.name: entry for entry in CATALOGUE}
    name, _, variant = label.partition("-")
    if variant == "tanh":
        return "several functions"
    return class_of(names[name]) if name in names else None


@dataclass(frozen=True)
class Group:
    """The cells, of all ops, of one direction, dtype, size, layout and number of threads."""

    direction: str
    dtype: str
    size: int
    layout: str
    threads: int
    cells: list[Cell]

    @property
    def ratio(self) -> float | None:
        """How many times faster than torch, the geometric mean."""
        return _mean_ratio(self.cells)

    @property
    def bound(self) -> float | None:
        """What the ratio is to reach."""
        plain = self.layout == Layout.contiguous and self.threads == 1
        return MEANS.get((self.direction, self.dtype, self.size)) if plain else None

    @property
    def missed(self) -> bool:
        return self.bound is not None and self.ratio is not None and self.ratio < self.bound

    def ratio_of(self, kind: str) -> float | None:
        """That of the ops of one class."""
        return _mean_ratio([cell for cell in self.cells if class_of_op(cell.op) == kind])


def groups(cells: Iterable[Cell]) -> list[Group]:
    """In the order of the cells."""
    of_keys: dict[tuple[str, str, int, str, int], list[Cell]] = {}
    for cell in cells:
        key = cell.direction, cell.dtype, cell.size, cell.layout, cell.threads
        of_keys.setdefault(key, []).append(cell)
    return [Group(*key, own) for key, own in of_keys.items()]


def _mean_ratio(cells: list[Cell]) -> float | None:
    compared = [cell.ratio for cell in cells if cell.ratio is not None]
    return geometric_mean(compared) if compared else None


def geometric_mean(values: Iterable[float]) -> float:
    """The mean of ratios."""
    logarithms = [math.log(value) for value in values]
    return math.exp(sum(logarithms) / len(logarithms))


@dataclass(frozen=True)
class Miss:
    """A cell that is slower than promised."""

    cell: Cell
    bound: str
    number: float  # below 1 or above the bound: see the text

    @property
    def where(self) -> str:
        threads = "" if self.cell.threads == 1 else f", {self.cell.threads} threads"
        return f"{self.cell.layout}{threads}"


def misses(cells: list[Cell], instruction_set: str) -> Iterator[Miss]:
    """Each bound with each cell that misses it."""
    known = {cell.key: cell for cell in cells}
    for cell in cells:
        if cell.ratio is not None and cell.ratio < CLEARLY:
            yield Miss(cell, OF_TORCH, cell.ratio)
        if cell.inductor_ratio is not None and cell.inductor_ratio < CLEARLY:
            yield Miss(cell, OF_INDUCTOR, cell.inductor_ratio)
        yield from _against_copy(cell, instruction_set)
        yield from _against(cell, known, dtype="float32")
        yield from _against(cell, known, op=cell.op.removesuffix("-dim0"))


def _against_copy(cell: Cell, instruction_set: str) -> Iterator[Miss]:
    kind = class_of_op(cell.op)
    bound = COPIES.get(kind or "", {}).get(instruction_set)
    measured = (
        cell.dtype == "float32"
        and cell.size >= FROM_MEMORY
        and cell.layout == "contiguous"
        and cell.threads == 1
        and cell.direction in ("forward", "backward")
        and not cell.op.endswith("-dim0")
    )
    if bound is not None and measured and 1 / cell.share > bound / CLEARLY:
        yield Miss(cell, f"{bound} {OF_COPY} ({kind})", 1 / cell.share)


def _against(cell: Cell, known: dict[Key, Cell], **other: str) -> Iterator[Miss]:
    """Half types per element against float32, and softmax's other dimensions against the last."""
    op, dtype = other.get("op", cell.op), other.get("dtype", cell.dtype)
    if (op, dtype) == (cell.op, cell.dtype) or ("dtype" in other and cell.dtype == "float64"):
        return
    reference = known.get((op, dtype, *cell.key[2:]))
    if reference is None:
        return
    factor, name = OTHER_DIM, OF_LAST_DIM
    if "dtype" in other:
        factor, name = 1.0, OF_FLOAT32
    if cell.ours / reference.ours > factor / CLEARLY:
        yield Miss(cell, name, cell.ours / reference.ours)
