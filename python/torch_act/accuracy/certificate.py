"""The published table: a row for each case, order and dtype; which bounds it misses; as JSON."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch_act.accuracy.errors import Errors
from torch_act.accuracy.several.table import OperandsRow

HALF_TYPES = ("bfloat16", "float16")

# In ulp. The second derivative is measured, and has no bound.
BOUNDS = {
    ("float32", "value"): 1.0,
    ("float32", "derivative"): 2.0,
    ("float32", "derivative from output"): 2.0,
    ("float64", "value"): 2.0,
    ("float64", "derivative"): 2.0,
}
ROWS = ("softmax", "softmin", "log_softmax")
ROWS_BOUND = 2.0  # of each element, in every dtype


@dataclass
class Row:
    """What was measured of one order of one case in one dtype."""

    op: str
    case: str
    order: str
    dtype: str
    inputs: str  # which
    ours: Errors
    torch: Errors | None
    sum: float | None = None  # of a row of softmax: how far from 1, in n·2⁻³²
    torch_sum: float | None = None
    torch_inputs: str | None = None  # where they are others than ours
    device: str | None = None  # where ours ran, if not on the CPU
    other_bits: int | None = None  # results there that are not the CPU's

    @property
    def key(self) -> tuple[str, str, str]:
        return self.case, self.order, self.dtype

    @property
    def bound(self) -> float | None:
        return ROWS_BOUND if self.op in ROWS else BOUNDS.get((self.dtype, self.order))

    @property
    def misses(self) -> str | None:
        """In words, why the row misses its bound; None where it does not."""
        errors = self.ours
        if self.dtype in HALF_TYPES and self.op not in ROWS:
            wrong = errors.counted - errors.correctly_rounded
            if wrong == 0 or self.order == "second derivative":
                return None
            return f"{wrong} not the nearest number: rounded twice, in float32 and then"
        if errors.wrong_kind or errors.wrong_sign:
            return f"{errors.wrong_kind} of a wrong kind, {errors.wrong_sign} of a wrong sign"
        if (self.sum or 0) > 1:
            return f"a sum is {self.sum:.3g}·n·2⁻³² from 1"
        if self.other_bits:
            return f"{self.other_bits} results on {self.device} are not the CPU's"
        if self.bound is None or errors.worst <= self.bound:
            return None
        where = f"{errors.worst:.4g} ulp at {errors.worst_at:.9g}"
        if errors.worst == errors.worst_floored:
            return f"{where}: the formula's rounding errors"
        elsewhere = f"; {errors.worst_floored:.4g} elsewhere"
        return f"{where}, beside a zero, where terms cancel" + (
            elsewhere if errors.worst_floored > self.bound else ""
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            **vars(self),
            "ours": self.ours.as_dict(),
            "torch": self.torch and self.torch.as_dict(),
        }


class Certificate:
    """The rows in a file, which is written anew, whole, with each row that is put."""

    def __init__(self, path: Path):
        self.path = path
        kept = json.loads(path.read_text()) if path.exists() else {"header": {}, "rows": []}
        self.header: dict[str, str] = kept["header"]
        self.rows: dict[tuple[str, str, str], Row] = {}
        for entry in kept["rows"]:
            ours, torch = Errors.of(entry["ours"]), entry["torch"] and Errors.of(entry["torch"])
            row = Row(**(entry | {"ours": ours, "torch": torch}))
            self.rows[row.key] = row
        # Of functions of several operands, in the order in which they were first measured.
        several = map(OperandsRow.of, kept.get("several operands", ()))
        self.several: dict[tuple[str, str, str], OperandsRow] = {row.key: row for row in several}

    def put(self, rows: Iterable[Row], header: dict[str, str], order: list[str]) -> None:
        """`order`: the cases as the list has them."""
        self.header = header
        self.rows |= {row.key: row for row in rows}
        place = {case: k for k, case in enumerate(order)}
        ordered = sorted(self.rows.values(), key=lambda row: place.get(row.case, len(place)))
        self.rows = {row.key: row for row in ordered}
        self._write()

    def put_several(self, rows: Iterable[OperandsRow]) -> None:
        self.several |= {row.key: row for row in rows}
        self._write()

    def _write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".draft")
        draft.write_text(_as_json(self.header, self.rows.values(), self.several.values()))
        os.replace(draft, self.path)


def _as_json(header: dict[str, str], rows: Iterable[Row], several: Iterable[OperandsRow]) -> str:
    """A row a line: so that a diff shows what changed."""
    parts = [f'{{"header": {json.dumps(header)}']
    for name, of_it in (("rows", rows), ("several operands", several)):
        lines = ",\n".join(json.dumps(row.as_dict()) for row in of_it)
        parts.append(f'"{name}": [\n{lines}\n]')
    return ",\n".join(parts) + "}\n"
