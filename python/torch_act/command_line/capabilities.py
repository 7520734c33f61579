"""`capabilities`: what works with each activation, tried here and now, ours and torch's."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from torch_act.command_line.calls import Call, calls
from torch_act.command_line.fused_calls import FUSED_CALLS
from torch_act.command_line.machine import versions
from torch_act.command_line.probes import PROBES, Subject, ours, torchs, works
from torch_act.command_line.saved_bytes import saved_bytes

BOTH, ONLY_OURS, ONLY_TORCHS, NEITHER, NOTHING = "●", "★", "torch", "–", ""

TEXT = f"""# Op by capability

Each cell is the outcome of a trial on this machine: {BOTH} ours and torch's, {ONLY_OURS} ours
alone, `{ONLY_TORCHS}` torch's alone, {NEITHER} neither, empty where there is nothing to
try. Where torch has no function of the name, its part is played by the expression of its ops that
is written instead. rrelu is in training. Sparse tensors are for ops with f(0) = 0.

`python -m torch_act capabilities --markdown -` prints this page.
"""
SAVED = """## Saved for backward

Bytes for each element of a float32 input, measured with `saved_tensors_hooks`. In place, the result
itself is not counted: it is there anyhow. 0 is where the output determines the gradient. It cannot
for gelu, silu, mish, hardswish, quick_gelu and hard_mish, which take a value twice; for softplus,
logsigmoid, softsign, tanhshrink, the shrinks, squareplus and laplace it could only with fewer
digits, and for relu_squared not where the square overflows; prelu's weight can be negative. These
keep a copy of the input, as in torch. rrelu saves its slopes, in place the state that it draws them
from, 16 bytes for each call. In the last columns under `torch_act.saved_as("bits")`.
"""
FUSED = """## Beside an activation

The same for what is computed in an activation's pass; torch's is composed of its functions. Two
tensors of `gated_pair` are as the two halves of `gated`.
"""


def capabilities(
    markdown: Annotated[str, typer.Option(help="File for the tables; - for stdout.")] = "-",
) -> None:
    """Try everything with every activation, ours and torch's, and print the table."""
    text = page()
    if markdown == "-":
        sys.stdout.write(text)
    else:
        Path(markdown).write_text(text)


def page() -> str:
    """The tables as Markdown."""
    every = list(calls(training=True))
    lines = [f"- {name}: {value}" for name, value in versions().items()]
    names = [call.label for call in every]
    rows = [(name, [cell(probe, call) for call in every]) for name, probe in PROBES.items()]
    table = _table(["capability", *names], rows)
    saved = _table(SAVED_COLUMNS, [(call.label, list(_saved(call))) for call in every])
    fused_rows = [(n, [cell(probe, call) for call in FUSED_CALLS]) for n, probe in PROBES.items()]
    fused_rows.append(("saved bytes: ours", [_fused_bytes(ours, call) for call in FUSED_CALLS]))
    fused_rows.append(("saved bytes: torch", [_fused_bytes(torchs, call) for call in FUSED_CALLS]))
    fused = _table(["capability", *(call.label for call in FUSED_CALLS)], fused_rows)
    return "\n".join([TEXT, *lines, "", table, "", SAVED, saved, "", FUSED, fused]) + "\n"


def _fused_bytes(whose: Callable[[Call], Subject], call: Call) -> str:
    return f"{saved_bytes(whose(call), in_place=False):.3g}"


def cell(probe: Callable[[Subject], bool | None], call: Call) -> str:
    """The outcome for one activation."""
    mine, theirs = works(probe, ours(call)), works(probe, torchs(call))
    if mine is None:
        return NOTHING
    if mine:
        return BOTH if theirs else ONLY_OURS
    return ONLY_TORCHS if theirs else NEITHER


SAVED_COLUMNS = [
    "op",
    "ours",
    "torch",
    "in place: ours",
    "in place: torch",
    "bits",
    "bits in place",
]


def _saved(call: Call) -> Iterator[str]:
    def text(number: float | None) -> str:
        return "" if number is None else f"{number:.3g}"

    for in_place in (False, True):
        for subject in (ours(call), torchs(call)):
            yield text(saved_bytes(subject, in_place=in_place))
    for in_place in (False, True):
        plain = saved_bytes(ours(call), in_place=in_place)
        as_bits = saved_bytes(ours(call), in_place=in_place, as_bits=True)
        yield "" if as_bits == plain else text(as_bits)


def _table(columns: list[str], rows: list[tuple[str, list[str]]]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join([name, *cells]) + " |" for name, cells in rows]
    return "\n".join(lines)
