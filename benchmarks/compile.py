"""Compiled by Inductor: torch's own op, our kernel, our decomposition.

    python benchmarks/compile.py --markdown -

Each op is timed alone, f(x), and within a chain that could be one pass over memory, f(x·w + b)·z,
with w and b for each of 1024 columns. Training is forward and the gradient of x, both. The
contenders take turns in one run, as in `python -m torch_act bench`.
"""

import math
from collections.abc import Callable
from functools import cache
from itertools import product
from pathlib import Path
from typing import Annotated

import torch
import torch_act
import typer
from rich.console import Console
from rich.progress import track
from torch import Tensor
from torch_act.command_line.calls import Call, calls
from torch_act.command_line.layouts import ROW
from torch_act.command_line.machine import versions
from torch_act.command_line.turns import fastest

CONTENDERS = ("torch", "kernels", "decompositions")
Contender = Callable[[], object]


def main(
    op: Annotated[list[str] | None, typer.Option(help="Default: all.")] = None,
    rows: Annotated[int, typer.Option(min=2, help=f"Of {ROW} elements.")] = 4096,
    threads: Annotated[int, typer.Option(min=1)] = 1,
    repeats: Annotated[int, typer.Option(min=1, help="Turns of each contender.")] = 11,
    markdown: Annotated[Path | None, typer.Option(help="File to write; - for stdout.")] = None,
) -> None:
    torch.set_num_threads(threads)
    every = [call for call in calls(training=True) if call.torchs and (not op or call.label in op)]
    grid = list(product(("alone", "chain"), ("forward", "training"), every))
    table = [
        (where, way, call.label, _measure(call, where, way, rows, repeats))
        for where, way, call in track(grid, console=Console(stderr=True), transient=True)
    ]
    text = _markdown(table, rows, threads, repeats)
    if markdown is None or str(markdown) == "-":
        typer.echo(text)
    else:
        markdown.write_text(text)


def _measure(call: Call, where: str, way: str, rows: int, repeats: int) -> list[float]:
    """Nanoseconds for each element of the input, by contender."""
    contenders = [_contender(call, name, where, way, rows) for name in CONTENDERS]
    times = [ns / (rows * ROW) for ns in fastest(contenders, repeats)]
    torch._dynamo.reset()
    return times


def _contender(call: Call, name: str, where: str, way: str, rows: int) -> Contender:
    function = call.torchs if name == "torch" else call.ours
    x, leaf, z, w, b = _inputs(rows)
    further = call.further_inputs(x)
    if call.entry.name == "glu":
        z = z[:, : ROW // 2].contiguous()

    def program(x: Tensor) -> Tensor:
        if where == "alone":
            return function(x, *further)
        return function(x * w + b, *further) * z

    compiled = torch.compile(program, fullgraph=True)

    def forward() -> object:
        with torch.no_grad():
            return compiled(x)

    def training() -> object:
        return torch.autograd.grad(compiled(leaf), leaf, z)

    contender = forward if way == "forward" else training

    def chosen() -> object:
        # Under the other choice it would be compiled again.
        with torch_act.compile_with("kernels" if name == "torch" else name):
            return contender()

    chosen()
    return chosen


@cache
def _inputs(rows: int) -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(rows, ROW, generator=generator).mul_(3)
    z = torch.rand(rows, ROW, generator=generator)
    return x, x.clone().requires_grad_(), z, *torch.rand(2, ROW, generator=generator)


def _markdown(table: list, rows: int, threads: int, repeats: int) -> str:
    header = {**versions(), "elements": f"{rows} x {ROW}, float32", "threads": str(threads)}
    lines = [f"- {key}: {value}" for key, value in header.items()]
    lines += [f"- time: ns/element, fastest of {repeats} turns", ""]
    lines += ["| op | " + " | ".join(_columns()) + " |", "|---|" + "---:|" * len(_columns())]
    for label in dict.fromkeys(label for _, _, label, _ in table):
        cells = [f"{t:.3f}" for _, _, name, times in table if name == label for t in times]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    means = []
    for where, way in dict.fromkeys((where, way) for where, way, _, _ in table):
        columns = zip(*(times for w, y, _, times in table if (w, y) == (where, way)), strict=True)
        means += [math.exp(sum(map(math.log, c)) / len(c)) for c in map(list, columns)]
    lines.append("| geometric mean | " + " | ".join(f"{mean:.3f}" for mean in means) + " |")
    return "\n".join(lines) + "\n"


def _columns() -> list[str]:
    ways = product(("alone", "chain"), ("forward", "training"))
    return [f"{where}, {way}: {name}" for where, way in ways for name in CONTENDERS]


if __name__ == "__main__":
    typer.run(main)
