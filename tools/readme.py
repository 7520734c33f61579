"""Writes the README's table of operators from the catalogue; with --check, only compares."""

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
BEGIN = "<!-- operators: python tools/readme.py -->\n"
END = "<!-- end of operators -->\n"


def operators_table() -> str:
    """One row for each entry of the catalogue, which needs neither torch nor the library."""
    path = ROOT / "python" / "torch_act" / "catalogue.py"
    spec = importlib.util.spec_from_file_location("catalogue", path)
    catalogue = importlib.util.module_from_spec(spec)
    sys.modules["catalogue"] = catalogue
    spec.loader.exec_module(catalogue)
    rows = ["| # | operator | modules | formula |", "|---|---|---|---|"]
    for entry in catalogue.CATALOGUE:
        numbers = ", ".join(map(str, entry.numbers)) or "–"
        modules = ", ".join(f"`{name}`" for name in entry.modules)
        formula = entry.formula.replace("|", "\\|")
        rows.append(f"| {numbers} | `{entry.name}` | {modules} | {formula} |")
    return "\n".join(rows) + "\n"


def main() -> None:
    readme = ROOT / "README.md"
    text = readme.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    updated = before + BEGIN + operators_table() + END + after
    if "--check" in sys.argv:
        if updated != text:
            raise SystemExit(
                "README.md: the table of operators is out of date; run tools/readme.py"
            )
    else:
        readme.write_text(updated)


if __name__ == "__main__":
    main()
