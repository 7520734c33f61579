"""How many instructions each kernel executes, by valgrind, and the counts that are kept."""

import json
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from instructions.program import ROOT, build, compiler

KEPT = ROOT / "benchmarks/instructions.json"
GROWTH = 1.05  # what a change may cost a cell

Counts = dict[str, dict[str, int]]  # by "instruction set/op/order", then by dtype


def why_not() -> str | None:
    """Why nothing can be counted here; None where it can."""
    if shutil.which("valgrind") is None:
        return "valgrind is not installed"
    if platform.machine() != "x86_64":
        return f"the counts are those of x86-64, this is {platform.machine()}"
    return None


def environment() -> dict[str, str]:
    """What a count depends on beside the sources: the C library holds the baseline's fma."""
    return {"compiler": compiler(), "libc": " ".join(platform.libc_ver())}


def count() -> Counts:
    """Instructions of one call on 4096 elements: exact, and the same in every run."""
    counts: Counts = {}
    for name, instructions in dumps(str(build()), "count").items():
        cell, _, dtype = name.rpartition("/")
        counts.setdefault(cell, {})[dtype] = instructions
    return counts


def dumps(
    *command: str,
    options: tuple[str, ...] = (),
    variables: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, int]:
    """Runs a program that dumps its counts under names, and gives the number of each.

    `variables` are added to its environment.
    """
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [
                *("valgrind", "--quiet", "--tool=callgrind", "--collect-atstart=no", *options),
                *(f"--callgrind-out-file={folder}/out", *command),
            ],
            env={**os.environ, **variables},
            check=True,
        )
        found: dict[str, int] = {}
        for dump in sorted(Path(folder).glob("out.*"), key=lambda path: int(path.suffix[1:])):
            text = dump.read_text()
            if named := re.search(r"^desc: Trigger: Client Request: (.+)$", text, re.M):
                number = int(re.search(r"^summary: (\d+)", text, re.M)[1])
                found[named[1]] = min(number, found.get(named[1], number))
        return found


@dataclass(frozen=True)
class Change:
    """A cell, and its counts: the one that is kept and today's."""

    cell: str
    before: int
    now: int

    @property
    def ratio(self) -> float:
        return self.now / self.before

    def __str__(self) -> str:
        return f"{self.cell}: {self.before} to {self.now}, {100 * (self.ratio - 1):+.1f} %"


class Kept:
    """The file of counts."""

    def __init__(self, path: Path = KEPT):
        kept = json.loads(path.read_text())
        self.environment: dict[str, str] = kept["environment"]
        self.counts: Counts = kept["counts"]

    def changes(self, now: Counts) -> list[Change]:
        """Of the cells that both have."""
        return [
            Change(f"{cell}/{dtype}", self.counts[cell][dtype], number)
            for cell, numbers in now.items()
            for dtype, number in numbers.items()
            if dtype in self.counts.get(cell, {})
        ]


def grown(changes: list[Change]) -> list[Change]:
    return [change for change in changes if change.ratio > GROWTH]


def write(counts: Counts, path: Path = KEPT) -> None:
    """A line for each kernel, so that a diff shows what changed."""
    lines = [f"{json.dumps(cell)}: {json.dumps(numbers)}" for cell, numbers in counts.items()]
    path.write_text(
        f'{{"environment": {json.dumps(environment())},\n"elements": 4096,\n"counts": {{\n'
        + ",\n".join(lines)
        + "\n}}\n"
    )
