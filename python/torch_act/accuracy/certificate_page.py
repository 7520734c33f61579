"""The table as a page: what was measured, how, and which bounds are missed."""

from collections.abc import Iterable, Iterator

from torch_act.accuracy.certificate import HALF_TYPES, Certificate, Row
from torch_act.accuracy.errors import Errors

DTYPES = ("float32", "float64", *HALF_TYPES)
ORDERS = ("value", "derivative", "second derivative", "derivative from output")


def summary(certificate: Certificate) -> Iterator[str]:
    """A line for each dtype and order: the worst of all cases."""
    for dtype, order, rows in _groups(certificate):
        worst = max(rows, key=lambda row: row.ours.worst)
        floored = max(rows, key=lambda row: row.ours.worst_floored)
        missed = sum(row.misses is not None for row in rows)
        yield (
            f"{dtype} {order}: {worst.ours.worst:.4g} ulp ({worst.case}), "
            f"{floored.ours.worst_floored:.4g} ({floored.case}) with the floor at zeros; "
            f"{missed} of {len(rows)} miss the bound"
        )


def page(certificate: Certificate) -> str:
    """The whole page as Markdown."""
    lines = [TEXT, *(f"- {name}: {value}" for name, value in certificate.header.items()), ""]
    lines += ["## Summary", "", *_summary_table(certificate), ""]
    lines += ["## Bounds that are missed", "", MISSED, *_misses(certificate), ""]
    for dtype in DTYPES:
        rows = [row for row in certificate.rows.values() if row.dtype == dtype]
        if rows:
            lines += [f"## {dtype}", "", *_table(rows), ""]
    return "\n".join(lines)


def _groups(certificate: Certificate) -> Iterator[tuple[str, str, list[Row]]]:
    for dtype in DTYPES:
        for order in ORDERS:
            rows = [
                row for row in certificate.rows.values() if (row.dtype, row.order) == (dtype, order)
            ]
            if rows:
                yield dtype, order, rows


def _summary_table(certificate: Certificate) -> list[str]:
    lines = [
        "| dtype | order | cases | max ulp | with the floor | nearest | torch: max ulp | nearest |",
        "|---|---|---:|---|---|---:|---|---:|",
    ]
    for dtype, order, rows in _groups(certificate):
        worst = max(rows, key=lambda row: row.ours.worst)
        floored = max(rows, key=lambda row: row.ours.worst_floored)
        compared = [row for row in rows if row.torch is not None]
        theirs = max(compared, key=lambda row: row.torch.worst, default=None)
        lines.append(
            f"| {dtype} | {order} | {len(rows)} | {_number(worst.ours.worst)}, {worst.case} "
            f"| {_number(floored.ours.worst_floored)}, {floored.case} "
            f"| {_share(row.ours for row in rows)} "
            + (
                f"| {_number(theirs.torch.worst)}, {theirs.case} "
                f"| {_share(row.torch for row in compared)} |"
                if theirs
                else "| – | – |"
            )
        )
    return lines


def _misses(certificate: Certificate) -> list[str]:
    missed = [row for row in certificate.rows.values() if row.misses]
    missed.sort(key=lambda row: (DTYPES.index(row.dtype), ORDERS.index(row.order)))
    return ["| dtype | order | case | |", "|---|---|---|---|"] + [
        f"| {row.dtype} | {row.order} | {row.case} | {row.misses} |" for row in missed
    ]


def _table(rows: list[Row]) -> list[str]:
    lines = [
        "| case | order | inputs | max ulp | at | nearest | faults "
        "| torch: max ulp | at | nearest | faults |",
        "|---|---|---|---:|---|---:|---|---:|---|---:|---|",
    ]
    for row in rows:
        theirs = "| | | |" if row.torch is None else _cells(row.torch)
        lines.append(f"| {row.case} | {row.order} | {row.inputs} {_cells(row.ours)} {theirs} |")
    return [line.replace("| | | | |", "| – | | | |") for line in lines]


def _cells(errors: Errors) -> str:
    worst = _number(errors.worst)
    if errors.worst_floored != errors.worst:
        worst += f" ({_number(errors.worst_floored)})"
    return f"| {worst} | {errors.worst_at:.9g} | {_share([errors])} | {_faults(errors)}"


def _faults(errors: Errors) -> str:
    names = {
        "wrong_kind": "kind",
        "wrong_sign": "sign",
        "reversals": "order",
        "asymmetries": "symmetry",
    }
    found = {name: getattr(errors, field) for field, name in names.items()}
    return ", ".join(f"{name} {number}" for name, number in found.items() if number)


def _share(many: Iterable[Errors]) -> str:
    """Never 100 % where one is missing."""
    every = list(many)
    wrong = sum(errors.counted - errors.correctly_rounded for errors in every)
    counted = sum(errors.counted for errors in every)
    if wrong == 0:
        return "all"
    if wrong < 1000:
        return f"all but {wrong}"
    return f"{100 * (counted - wrong) / counted:.2f} %"


def _number(ulp: float) -> str:
    return f"{ulp:.3f}" if ulp < 1000 else f"{ulp:.2e}"


TEXT = "# Accuracy\n"
MISSED = ""
