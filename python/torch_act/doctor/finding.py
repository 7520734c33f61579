"""One line of the result; all of them as text and as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Literal

Level = Literal["ok", "note", "problem"]

MARKS: dict[Level, str] = {"ok": "  ", "note": "• ", "problem": "✗ "}
WIDTH = 100
INDENT = " " * 24


@dataclass(frozen=True)
class Finding:
    """A fact, how serious it is, and what to do about it."""

    group: str
    name: str
    value: str
    level: Level = "ok"
    advice: str = ""


def healthy(findings: Iterable[Finding]) -> bool:
    """Whether nothing is broken; notes are about what could be better."""
    return all(finding.level != "problem" for finding in findings)


def as_text(findings: Iterable[Finding]) -> str:
    """For the terminal."""
    lines = []
    for group, members in groupby(findings, key=lambda finding: finding.group):
        lines.append(group)
        for finding in members:
            head = f"  {MARKS[finding.level]}{finding.name}"
            lines += textwrap.wrap(f"{head:24}{finding.value}", WIDTH, subsequent_indent=INDENT)
            if finding.advice:
                arrow, rest = f"{INDENT}→ ", f"{INDENT}  "
                lines += textwrap.wrap(
                    finding.advice,
                    WIDTH,
                    initial_indent=arrow,
                    subsequent_indent=rest,
                    break_on_hyphens=False,
                )
    return "\n".join([*lines, "", _verdict(list(findings))])


def _verdict(findings: list[Finding]) -> str:
    problems = sum(finding.level == "problem" for finding in findings)
    notes = sum(finding.level == "note" for finding in findings)
    if problems:
        return f"{problems} to be put right (✗), {notes} to know (•)."
    return f"All works; {notes} to know (•)." if notes else "All works."


def as_json(findings: Iterable[Finding]) -> str:
    """For programs."""
    every = list(findings)
    content = {"healthy": healthy(every), "findings": [asdict(finding) for finding in every]}
    return json.dumps(content, indent=2, ensure_ascii=False)
