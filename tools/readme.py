"""Writes the README's tables of operators from the catalogue; with --check, only compares."""

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[1]
BEGIN = "<!-- {}: python tools/readme.py -->\n"
END = "<!-- end of {} -->\n"


def _catalogue() -> ModuleType:
    """The module by itself, which needs neither torch nor the library."""
    path = ROOT / "python" / "torch_act" / "catalogue.py"
    spec = importlib.util.spec_from_file_location("catalogue", path)
    catalogue = importlib.util.module_from_spec(spec)
    sys.modules["catalogue"] = catalogue
    spec.loader.exec_module(catalogue)
    return catalogue


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _modules(entry: Any) -> str:
    return ", ".join(f"`{name}`" for name in entry.modules) or "–"


def operators_table(entries: Sequence[Any]) -> str:
    """One row for each activation."""
    table = _row("#", "operator", "modules", "formula") + "|---|---|---|---|\n"
    for entry in entries:
        numbers = ", ".join(map(str, entry.numbers)) or "–"
        table += _row(numbers, f"`{entry.name}`", _modules(entry), entry.formula)
    return table


def fused_table(entries: Sequence[Any]) -> str:
    """One row for each function that computes an activation and something else beside it."""
    table = _row("function", "module", "formula") + "|---|---|---|\n"
    for entry in entries:
        table += _row(f"`{entry.name}`", _modules(entry), entry.formula)
    return table


def _with_table(text: str, name: str, table: str) -> str:
    before, rest = text.split(BEGIN.format(name))
    _, after = rest.split(END.format(name))
    return before + BEGIN.format(name) + table + END.format(name) + after


def main() -> None:
    catalogue, readme = _catalogue(), ROOT / "README.md"
    text = readme.read_text()
    updated = _with_table(text, "operators", operators_table(catalogue.CATALOGUE))
    updated = _with_table(updated, "fused", fused_table(catalogue.FUSED))
    if "--check" in sys.argv:
        if updated != text:
            raise SystemExit(
                "README.md: the tables of operators are out of date; run tools/readme.py"
            )
    else:
        readme.write_text(updated)


if __name__ == "__main__":
    main()
