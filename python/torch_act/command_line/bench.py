"""`bench`: speed against torch, Inductor and a memory copy."""

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from torch_act.command_line import report, speed_comparison, speed_record
from torch_act.command_line.calls import Call, calls, calls_along_first_dim
from torch_act.command_line.device import describe, why_missing
from torch_act.command_line.dtypes import Dtype
from torch_act.command_line.layouts import Layout
from torch_act.command_line.machine import machine
from torch_act.command_line.measurement import Cell, Plan, measure
from torch_act.command_line.speed_grid import SIZES, THREADS, Direction, elements, plans
from torch_act.command_line.speed_page import page as speed_page

STDOUT = Path("-")
FULL_BUDGET = 0.03  # seconds: with more the whole grid takes longer than a night


def bench(
    op: Annotated[list[str] | None, typer.Option(help="Default: all.")] = None,
    dtype: Annotated[list[Dtype] | None, typer.Option(help="Default: float32.")] = None,
    size: Annotated[
        list[str] | None, typer.Option(help="Elements. Default: 64K and 4M; on cuda 4M and 64M.")
    ] = None,
    layout: Annotated[list[Layout] | None, typer.Option(help="Default: contiguous.")] = None,
    direction: Annotated[
        list[Direction] | None, typer.Option(help="Default: forward and backward.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or cuda:1.")] = "cpu",
    threads: Annotated[list[int] | None, typer.Option(min=1, help="Default: 1.")] = None,
    full: Annotated[
        bool, typer.Option(help="All of these, and softmax along dim 0; resumable.")
    ] = False,
    inductor: Annotated[
        bool, typer.Option(help="Also torch.compile of torch's op, alone.")
    ] = False,
    repeats: Annotated[int, typer.Option(min=1, help="Turns of each contender.")] = 21,
    budget: Annotated[
        float | None, typer.Option(help="Seconds after which a cell takes no more turns.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="Folder for what is half done; with --full: build/bench.")
    ] = None,
    source: Annotated[
        list[Path] | None,
        typer.Option("--from", help="Measure nothing: show this JSON file, or several as one."),
    ] = None,
    json: Annotated[Path | None, typer.Option(help="File to write; - for stdout.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="File to write; - for stdout.")] = None,
    page: Annotated[
        Path | None, typer.Option(help="Write means and missed bounds as a page of Markdown.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="PNG or SVG file to draw.")] = None,
    compare: Annotated[
        Path | None, typer.Option(help="An earlier JSON file: tells what has changed.")
    ] = None,
) -> None:
    """Time every op against torch and a memory copy, taking turns in one run.

    Where torch has no function of the name, against the expression of torch's ops that is written
    instead, as in transformers and timm.

    Options that take several values are repeated: --op gelu --op silu. Times are the fastest of the
    turns. Each call makes a fresh output. Backward is torch.autograd.grad on a retained graph. The
    copy is Tensor.copy_ of as many elements into existing, warm memory.

    On a CUDA device each call is timed by events, after its cache has been overwritten, and GB/s
    and the share of the copy's are told: of the bytes that the call cannot do without.
    """
    quiet = STDOUT in (json, markdown, page)
    console = Console(stderr=quiet)
    if source:
        cells, header = speed_record.read_together(source)
    else:
        _check_device(device)
        chosen = _chosen(op, full)
        own_sizes = SIZES if full else ("64K", "4M") if device == "cpu" else ("4M", "64M")
        sizes = [_elements(text) for text in size or own_sizes]
        counts = threads or (list(THREADS) if full else [1])
        planned = plans(
            chosen,
            direction or (Direction if full else [Direction.forward, Direction.backward]),
            dtype or (Dtype if full else [Dtype.float32]),
            counts,
            sizes,
            layout or (Layout if full else [Layout.contiguous]),
            device,
        )
        if budget is None:
            budget = FULL_BUDGET if full else math.inf
        turns = f"fastest of {repeats} turns"
        if budget < math.inf:
            turns += f", of fewer after {budget} s"
        header = {**machine(), "threads": "; ".join(map(str, counts)), "time": turns}
        if device != "cpu":
            torch.cuda.set_device(torch.device(device).index or 0)
            header["device"] = describe(device)
        _show_header(console, header)
        folder = state or (Path("build/bench") if full else None)
        cells = _measure(list(planned), header, repeats, budget, inductor, folder)

    if source:
        _show_header(console, header)
    if not full:
        console.print(report.rich_table(cells))
    summary = report.summary(cells)
    for line in summary:
        console.print(line, highlight=False, soft_wrap=True)
    if json is not None:
        _write(json, speed_record.as_json(cells, header, summary))
    if markdown is not None:
        _write(markdown, report.markdown(cells, header))
    if page is not None:
        _write(page, speed_page(cells, header, _address(plot, page) if plot else None))
    if plot is not None:
        from torch_act.command_line.speed_plot import draw

        draw(cells, plot)
    if compare is not None:
        before, _ = speed_record.read(compare)
        for line in speed_comparison.lines(speed_comparison.compare(before, cells), not full):
            console.print(line, highlight=False, soft_wrap=True)


def _show_header(console: Console, header: dict[str, str]) -> None:
    for name, value in header.items():
        console.print(f"[bold]{name}[/bold]: {value}", highlight=False)


def _measure(
    plans: list[Plan],
    header: dict[str, str],
    repeats: int,
    budget: float,
    inductor: bool,
    state: Path | None,
) -> list[Cell]:
    unfinished = None
    if state is not None:
        unfinished = speed_record.Unfinished(state, {**header, "Inductor": str(inductor)})
    done = dict(unfinished.cells) if unfinished else {}
    threads = torch.get_num_threads()
    try:
        for plan in _followed([plan for plan in plans if plan.key not in done]):
            cell = done[plan.key] = measure(plan, repeats, budget, inductor)
            if unfinished:
                unfinished.put(cell)
    finally:
        torch.set_num_threads(threads)
    if unfinished:
        unfinished.finish()
    return speed_record.in_order(done.values(), [plan.key for plan in plans])


def _followed(plans: list[Plan]) -> Iterator[Plan]:
    with _progress() as progress:
        task = progress.add_task("", total=len(plans))
        for plan in plans:
            progress.update(
                task, description=f"{plan.call.label} {' '.join(map(str, plan.key[1:4]))}"
            )
            yield plan
            progress.advance(task)


def _chosen(names: list[str] | None, full: bool) -> list[Call]:
    along_first = list(calls_along_first_dim())
    every = [*calls(training=True), *(along_first if full or names else [])]
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
    number = elements(text)
    if number is None:
        raise typer.BadParameter(f"size {text!r}: an even number above 0, as 1000, 64K or 4M")
    return number


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def _address(plot: Path, page: Path) -> str:
    """As a page in its folder refers to it."""
    folder = Path() if page == STDOUT else page.parent
    return Path(os.path.relpath(plot, folder)).as_posix()


def _write(path: Path, text: str) -> None:
    if path == STDOUT:
        typer.echo(text, nl=False)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
