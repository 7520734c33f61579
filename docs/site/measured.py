"""Rows of the certificate and of the benchmark for one op, as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from torch_act import _C
from torch_act.accuracy.cells import share, worst
from torch_act.accuracy.certificate import Certificate, Row
from torch_act.accuracy.errors import Errors
from torch_act.accuracy.several.section import place
from torch_act.accuracy.several.table import OperandsRow

DOCS = Path(__file__).parents[1]
ACCURACY, SPEED = DOCS / "accuracy.json", DOCS / "speed.json"


def table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Lines of a Markdown table."""
    columns = list(columns)
    lines = [columns, ["---"] * len(columns), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def accuracy(op: str) -> Iterator[str]:
    """The errors with the first set of parameters, and the largest with any."""
    certificate = Certificate(ACCURACY)
    rows = [row for row in certificate.rows.values() if row.op == op]
    several = [row for row in certificate.several.values() if row.op == op]
    if not rows and any(op == pointwise["name"] for pointwise in _C.pointwise_ops()):
        yield f"Not measured yet: `python -m torch_act certify --op {op}`."
        return
    if not rows:
        yield from _of_several(several)
        return
    first = rows[0].case
    cases = {row.case for row in rows}
    yield f"Of `{first}`, measured by `python -m torch_act certify --op {op}`; an ulp, and what is"
    yield "not in this table, are explained in [accuracy](../accuracy.md)."
    yield ""
    columns = ["dtype", "order", "max ulp", "at x", "nearest", "torch: max ulp", "torch: nearest"]
    if len(cases) > 1:
        columns.append(f"max ulp of {len(cases)} sets")
    lines = []
    for row in (row for row in rows if row.case == first):
        line = [row.dtype, row.order, *_errors(row.ours, at=True), *_errors(row.torch)]
        if len(cases) > 1:
            line.append(_number(max(_alike(rows, row))))
        lines.append(line)
    yield from table(columns, lines)
    if several:
        yield ""
        yield from _of_several(several)


def _of_several(rows: list[OperandsRow]) -> Iterator[str]:
    """Rows of the table of several operands."""
    if not rows:
        yield "Not in the certificate."
        return
    yield f"Measured by `python -m torch_act certify --part several --op {rows[0].op}`. The number"
    yield "in parentheses counts an ulp as that of what was rounded on the way, at least. This, and"
    yield "what was tried, is in [accuracy](../accuracy.md#operators-of-several-operands)."
    for case, of_case in groupby(rows, lambda row: row.case):
        yield from ("", f"`{case}`:", "")
        columns = ["dtype", "result", "max ulp", "at", "nearest", "torch: max ulp", "nearest"]
        lines = []
        for row in of_case:
            theirs = ["none", ""] if row.torch is None else [worst(row.torch), share(row.torch)]
            line = [row.dtype, row.order, worst(row.ours), place(row), share(row.ours), *theirs]
            lines.append(line)
        yield from table(columns, lines)


def _alike(rows: list[Row], like: Row) -> Iterator[float]:
    for row in rows:
        if (row.order, row.dtype) == (like.order, like.dtype):
            yield row.ours.worst


def _errors(errors: Errors | None, at: bool = False) -> list[str]:
    if errors is None:
        return ["none"] * (3 if at else 2)
    wrong = errors.counted - errors.correctly_rounded
    share = f"{errors.correctly_rounded / errors.counted:.2%}" if wrong else "all"
    if 0 < wrong < errors.counted // 10_000:
        share = f"all but {wrong}"
    place = [f"{errors.worst_at:.6g}"] if at else []
    return [_number(errors.worst), *place, share]


def _number(ulp: float) -> str:
    if ulp == float("inf"):
        return "∞"
    return f"{ulp:.3g}" if ulp < 1e3 else f"{ulp:.0f}" if ulp < 1e4 else f"{ulp:.1e}"


def speed(op: str) -> Iterator[str]:
    """What docs/speed.json has of the op, if there is one."""
    kept = json.loads(SPEED.read_text()) if SPEED.exists() else {"cells": []}
    cells = [
        cell
        for cell in kept["cells"]
        if cell["op"] in (op, f"{op}-tanh")
        and (cell["layout"], cell["threads"]) == ("contiguous", 1)
    ]
    if not cells:
        yield f"Not measured yet: `python -m torch_act bench --op {op}`."
        return
    header = kept.get("header", {})
    where = ", ".join(str(header[k]) for k in ("processor", "torch") if k in header)
    yield f"Contiguous, one thread: {where}. Other layouts, and two threads: `docs/speed.json`."
    yield ""
    columns = ["op", "dtype", "size", "direction", "ns/element", "torch", "torch / ours"]
    keys = ["op", "dtype", "size", "direction", "ours", "torch", "ratio"]
    yield from table(columns, [[_cell(cell.get(key)) for key in keys] for cell in cells])


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
