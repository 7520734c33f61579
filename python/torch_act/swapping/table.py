"""Tables for terminals: plain text, and rich's where rich prints them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import rich.table

Rows = Sequence[Sequence[str]]


def plain(headings: Sequence[str], rows: Rows, numbers: int = 0) -> str:
    """Columns padded to their widest cell; the last `numbers` columns are aligned to the right."""
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    first_number = len(headings) - numbers

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.rjust(width) if index >= first_number else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return "  ".join(padded).rstrip()

    return "\n".join([line(headings), line(["─" * width for width in widths]), *map(line, rows)])


def rich_table(
    title: str, headings: Sequence[str], rows: Rows, numbers: int = 0
) -> rich.table.Table:
    """The same as a rich.table.Table."""
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="right" if index >= len(headings) - numbers else "left")
    for row in rows:
        table.add_row(*row)
    return table
