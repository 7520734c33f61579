"""`bench`: speed against torch and against a memory copy."""

from enum import Enum
from itertools import product
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from torch_act.command_line import report
from torch_act.command_line.calls import Call, calls
from torch_act.command_line.device import describe, why_missing
from torch_act.command_line.machine import versions
from torch_act.command_line.measurement import measure

STDOUT = Path("-")


class Dtype(str, Enum):
    float32 = "float32"
    float64 = "float64"
    bfloat16 = "bfloat16"
    float16 = "float16"


class Direction(str, Enum):
    forward = "forward"
    backward = "backward"


def bench(
    op: Annotated[list[str] | None, typer.Option(help="Default: all.")] = None,
    dtype: Annotated[list[Dtype] | None, typer.Option(help="Default: float32.")] = None,
    size: Annotated[
        list[str] | None, typer.Option(help="Elements. Default: 64K and 4M; on cuda 4M and 64M.")
    ] = None,
    direction: Annotated[list[Direction] | None, typer.Option(help="Default: both.")] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or cuda:1.")] = "cpu",
    threads: Annotated[int, typer.Option(min=1)] = 1,
    repeats: Annotated[int, typer.Option(min=1, help="Turns of each contender.")] = 21,
    json: Annotated[Path | None, typer.Option(help="File to write; - for stdout.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="File to write; - for stdout.")] = None,
) -> None:
    """Time every op against torch and a memory copy, taking turns in one run.

    Where torch has no function of the name, against the expression of torch's ops that is written
    instead, as in transformers and timm.

    Options that take several values are repeated: --op gelu --op silu. Times are the fastest of the
    turns. Each call makes a fresh output. Backward is torch.autograd.grad on a retained graph. The
    copy is Tensor.copy_ of the input into existing, warm memory.

    On a CUDA device each call is timed by events, after its cache has been overwritten, and GB/s
    and the share of the copy's are told: of the bytes that the call cannot do without.
    """
    chosen = _chosen(op)
    _check_device(device)
    on_cpu = device == "cpu"
    sizes = [_elements(text) for text in size or (("64K", "4M") if on_cpu else ("4M", "64M"))]
    torch.set_num_threads(threads)
    header = {**versions(), "threads": str(threads), "time": f"fastest of {repeats} turns"}
    if not on_cpu:
        torch.cuda.set_device(torch.device(device).index or 0)
        header["device"] = describe(device)
    quiet = STDOUT in (json, markdown)
    console = Console(stderr=quiet)
    for name, value in header.items():
        console.print(f"[bold]{name}[/bold]: {value}", highlight=False)

    cells = []
    grid = list(product(direction or Direction, dtype or (Dtype.float32,), sizes, chosen))
    with _progress() as progress:
        task = progress.add_task("", total=len(grid))
        for way, kind, elements, call in grid:
            progress.update(task, description=f"{call.label} {kind.value} {way.value}")
            numbers = getattr(torch, kind.value)
            cells.append(measure(call, numbers, elements, way.value, repeats, device))
            progress.advance(task)

    console.print(report.rich_table(cells))
    for line in report.summary(cells):
        console.print(line, highlight=False, soft_wrap=True)
    if json is not None:
        _write(json, report.as_json(cells, header))
    if markdown is not None:
        _write(markdown, report.markdown(cells, header))


def _chosen(names: list[str] | None) -> list[Call]:
    every = list(calls(training=True))
    known = {call.label for call in every}
    if unknown := set(names or ()) - known:
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: choose from {sorted(known)}")
    return [call for call in every if not names or call.label in names]


def _check_device(device: str) -> None:
    try:
        known = torch.device(device).type in ("cpu", "cuda")
    except RuntimeError:
        known = False
    if not known:
        raise typer.BadParameter(f"device {device!r}: cpu, cuda or cuda with an index")
    if reason := why_missing(device):
        raise typer.BadParameter(f"device {device!r}: {reason}")


def _elements(text: str) -> int:
    units = {"K": 2**10, "M": 2**20}
    number, unit = (text[:-1], units[text[-1].upper()]) if text[-1:].upper() in units else (text, 1)
    if not number.isdigit() or int(number) == 0 or int(number) * unit % 2:
        raise typer.BadParameter(f"size {text!r}: an even number above 0, as 1000, 64K or 4M")
    return int(number) * unit


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def _write(path: Path, text: str) -> None:
    if path == STDOUT:
        typer.echo(text, nl=False)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
