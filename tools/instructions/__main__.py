"""Instruction counts of every kernel, and whether its loops are vectorised.

    python tools/instructions              # count, compare with benchmarks/instructions.json
    python tools/instructions --update     # and keep the new counts
    python tools/instructions --vectorised # read the loops' instructions instead
    python tools/instructions --calls      # calls from Python on 64 elements, ours and torch's
    python tools/instructions --calls --markdown docs/overhead.md

Needs g++ and, to count, valgrind; the library and torch for calls alone. Exits with 1 where a count
has grown by over 5 %, a cell is not in the file, a loop is not vectorised, or a call takes more
than torch's and is not known to.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from instructions import calls, calls_page, counts, vectorised


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--vectorised", action="store_true")
    parser.add_argument("--calls", action="store_true")
    parser.add_argument("--markdown", type=Path, help="with --calls: the page to write")
    chosen = parser.parse_args()
    if chosen.vectorised:
        return _vectorised()
    if reason := counts.why_not():
        sys.exit(reason)
    return _calls(chosen.markdown) if chosen.calls else _count(chosen.update)


def _vectorised() -> int:
    cells = vectorised.cells()
    faults = [(cell.name, list(cell.faults())) for cell in cells]
    faults = [(name, several) for name, several in faults if several]
    for name, several in faults:
        print(f"{name}: {several[0]}, and {len(several) - 1} more")
    for cell in cells:
        if cell.exception:
            print(f"{cell.name}: excepted, {cell.exception}")
    print(f"{len(cells) - len(faults)} of {len(cells)} kernels have nothing but vectors in loops")
    return 1 if faults else 0


def _calls(markdown: Path | None) -> int:
    found = calls.overheads()
    for overhead in found:
        print(overhead)
    more = [overhead for overhead in found if overhead.ratio > 1]
    slower = [overhead for overhead in found if overhead.slower]
    print(f"more instructions than torch: {len(more)} of {len(found)} calls")
    print(f"by more than the noise and what is known: {len(slower)}")
    if markdown is not None:
        from torch_act.command_line.machine import machine

        markdown.write_text(calls_page.page(found, machine()))
    return 1 if slower else 0


def _count(update: bool) -> int:
    now = counts.count()
    for cell, numbers in now.items():
        each = ", ".join(f"{dtype} {number / 4096:.2f}" for dtype, number in numbers.items())
        print(f"{cell}: {each} instructions for each element")
    failed = False
    if counts.KEPT.exists():
        kept = counts.Kept()
        if kept.environment != counts.environment():
            print(f"not compared: kept with {kept.environment}, this is {counts.environment()}")
        else:
            changes = kept.changes(now)
            missing = sorted(set(now) - set(kept.counts))
            for change in changes:
                if abs(change.ratio - 1) > 0.01:
                    print(change)
            print(f"grown by over 5 %: {len(counts.grown(changes))} of {len(changes)} cells")
            print(f"not in the file: {len(missing)} kernels {missing[:5]}")
            failed = bool(counts.grown(changes) or missing)
    if update:
        counts.write(now)
        return 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
