"""What docstrings hold that reStructuredText would read as markup: |x|, a * b."""

from typing import Any

from sphinx.application import Sphinx

LITERAL = ("Formula:",)
PLAIN = ("Domain:", "Dtypes:", "Raises:", "Differences from torch:", "Source:")
CONTINUED = " " * 6  # a line that goes on from the one before, as torch_act/_docstrings.py wraps


def _escape(
    app: Sphinx, what: str, name: str, documented: Any, options: Any, lines: list[str]
) -> None:
    """Before napoleon: formulas become literal, other text of the catalogue is escaped."""
    section, changed = "", []
    for line in lines:
        if line and not line[0].isspace():
            section = line
        elif section in (*LITERAL, *PLAIN) and line.startswith(CONTINUED):
            changed[-1] += " " + line.strip()
            continue
        changed.append(line)
    lines[:] = changed
    for number, line in enumerate(lines):
        if line and not line[0].isspace():
            section = line
        elif section in LITERAL and line.strip():
            lines[number] = f"    ``{line.strip()}``"
        elif section in PLAIN:
            lines[number] = line.replace("|", r"\|").replace("*", r"\*").replace("_", r"\_")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("autodoc-process-docstring", _escape, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
