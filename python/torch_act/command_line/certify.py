"""`certify`: how accurate every op is, ours and torch's, and where each is worst."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import partial
from itertools import product
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from torch_act.accuracy.cases import Case, cases
from torch_act.accuracy.certificate import ROWS, Certificate, Row
from torch_act.accuracy.certificate_page import page, summary
from torch_act.accuracy.errors import Errors
from torch_act.accuracy.on_device import other_bits_than_cpu, sweep_on_device
from torch_act.accuracy.orders import FROM_OUTPUT, Subject, subjects
from torch_act.accuracy.rows import INPUTS, measure_rows
from torch_act.accuracy.sampled import float64_sample, measure_float64, measure_half
from torch_act.accuracy.several.tasks import Task, tasks
from torch_act.accuracy.shape import shapes
from torch_act.accuracy.sweep import Sweep, points, state_file
from torch_act.command_line.device import describe
from torch_act.command_line.dtypes import Dtype
from torch_act.command_line.machine import versions


class Part(str, Enum):
    pointwise = "pointwise"
    rows = "rows"
    several = "several"


class Order(str, Enum):
    value = "value"
    derivative = "derivative"
    second = "second derivative"
    output = "derivative from output"


def certify(
    op: Annotated[list[str] | None, typer.Option(help="Default: all.")] = None,
    part: Annotated[
        list[Part] | None,
        typer.Option(
            help="Of one operand; the rows of softmax; of several operands, always all orders and "
            "on the CPU. Default: all."
        ),
    ] = None,
    dtype: Annotated[list[Dtype] | None, typer.Option(help="Default: all.")] = None,
    order: Annotated[list[Order] | None, typer.Option(help="Default: all.")] = None,
    stride: Annotated[
        int, typer.Option(min=1, help="Every so many-th float32 of each binade. Default: all 2^32.")
    ] = 1,
    defaults: Annotated[bool, typer.Option(help="Only the default parameters.")] = False,
    threads: Annotated[int, typer.Option(min=1)] = os.cpu_count() or 1,
    table: Annotated[Path, typer.Option(help="Where the results are, and are added to.")] = Path(
        "docs/accuracy.json"
    ),
    state: Annotated[Path, typer.Option(help="Folder for what is half done.")] = Path(
        "build/certify"
    ),
    markdown: Annotated[Path | None, typer.Option(help="Also write the page to this file.")] = None,
    device: Annotated[
        str,
        typer.Option(
            help="cuda: float32 there, ours alone, in a second for each function; what is known of "
            "torch stays in the table."
        ),
    ] = "cpu",
    compare: Annotated[
        bool,
        typer.Option(
            "--torch/--no-torch",
            help="Measure torch's float32 too; else what is known of it stays in the table.",
        ),
    ] = True,
    bits: Annotated[
        bool, typer.Option(help="With --device: count the results that are not the CPU's, anew.")
    ] = True,
    measure: Annotated[bool, typer.Option(help="Measure; else only print and write.")] = True,
) -> None:
    """Compare every result with the exact one: float32 on all 2^32 inputs, float64 on a sample, the
    half types on all of theirs.

    Options that take several values are repeated: --op gelu --op silu. A run that was interrupted
    goes on where it was when it is started again.
    """
    certificate = Certificate(table)
    if measure:
        several = list(tasks())
        known = {case.name for case in cases()} | set(ROWS) | {task.op for task in several}
        if unknown := set(op or ()) - known:
            raise typer.BadParameter(f"{', '.join(sorted(unknown))}: choose from {sorted(known)}")
        dtypes, parts = dtype or list(Dtype), part or list(Part)
        wanted = [o.value for o in order or Order]
        if Part.pointwise in parts:
            chosen = [case for case in _cases(defaults) if not op or case.name in op]
            sweeps = Sweeps(certificate, stride, threads, state, compare)
            _measure(sweeps, chosen, dtypes, wanted, device, bits)
        if Part.rows in parts and "value" in wanted:
            _measure_rows(certificate, [n for n in ROWS if not op or n in op], dtypes)
        if Part.several in parts and device == "cpu" and not order:
            names = {d.value for d in dtypes}
            _measure_several(
                certificate,
                [t for t in several if (not op or t.op in op) and t.dtype_name in names],
            )
    console = Console()
    for line in summary(certificate):
        console.print(line, highlight=False, soft_wrap=True)
    if markdown is not None:
        markdown.parent.mkdir(parents=True, exist_ok=True)
        markdown.write_text(page(certificate))


def _cases(defaults: bool) -> Iterator[Case]:
    seen: set[tuple[str, str | None]] = set()
    for case in cases():
        if not defaults or (case.name, case.variant) not in seen:
            yield case
        seen.add((case.name, case.variant))


@dataclass(frozen=True)
class Sweeps:
    """What all float32 rows of one run share."""

    certificate: Certificate
    stride: int
    threads: int
    state: Path
    compare: bool  # with torch

    @property
    def inputs(self) -> str:
        return "all" if self.stride == 1 else f"1 in {self.stride} of each binade"

    def keep_torch(self, row: Row) -> None:
        """What is known of torch, and on which inputs it was measured."""
        known = self.certificate.rows.get(row.key)
        if known is not None and known.torch is not None:
            row.torch, inputs = known.torch, known.torch_inputs or known.inputs
            row.torch_inputs = None if inputs == row.inputs else inputs

    def other_bits_of(self, row: Row) -> int | None:
        """As they were counted before, if on the same device and inputs."""
        known = self.certificate.rows.get(row.key)
        if known is None or (known.device, known.inputs) != (row.device, row.inputs):
            return None
        return known.other_bits


def _measure(
    sweeps: Sweeps,
    chosen: list[Case],
    dtypes: list[Dtype],
    orders: list[str],
    device: str,
    bits: bool,
) -> None:
    with _progress() as progress:
        for dtype, case in product(dtypes, chosen):
            every = [s for s in subjects(case, getattr(torch, dtype.value)) if s.order in orders]
            if device != "cpu" and dtype == Dtype.float32:
                rows = _rows_on_device(sweeps, case, every, device, bits, progress)
            else:
                rows = _rows(sweeps, case, every, progress)
            for row in rows:
                _put(sweeps.certificate, row)


def _measure_rows(certificate: Certificate, ops: list[str], dtypes: list[Dtype]) -> None:
    with _progress() as progress:
        grid = list(product(ops, dtypes))
        task = progress.add_task("", total=len(grid))
        for op, dtype in grid:
            progress.update(task, description=f"{op} {dtype.value}")
            ours, theirs = measure_rows(op, getattr(torch, dtype.value))
            row = Row(op, op, "value", dtype.value, INPUTS, ours.errors, theirs.errors)
            if op != "log_softmax" and dtype == Dtype.float32:
                row.sum, row.torch_sum = ours.sum, theirs.sum
            _put(certificate, row)
            progress.advance(task)


def _measure_several(certificate: Certificate, chosen: list[Task]) -> None:
    with _progress() as progress:
        bar = progress.add_task("", total=len(chosen))
        for task in chosen:
            progress.update(bar, description=f"{task.op} {task.dtype_name}")
            certificate.put_several(task.run())
            progress.advance(bar)


def _put(certificate: Certificate, row: Row) -> None:
    certificate.put([row], versions(), [*(str(case) for case in cases()), *ROWS])


def _rows(sweeps: Sweeps, case: Case, every: list[Subject], progress: Progress) -> Iterator[Row]:
    if not every:
        return
    dtype = every[0].dtype
    shape = shapes(every[0])
    sample = float64_sample(case) if dtype == torch.float64 else None
    ours: Errors
    theirs: Errors | None
    for subject in every:
        task = progress.add_task(
            f"{case} {subject.order} {str(dtype).removeprefix('torch.')}",
            total=points(sweeps.stride) if dtype == torch.float32 else 1,
        )
        if sample is not None:
            if subject.order == FROM_OUTPUT:
                progress.remove_task(task)
                continue
            inputs = f"{len(sample[0])} of all binades"
            ours, theirs = measure_float64(subject, shape[subject.order], *sample)
        elif dtype == torch.float32:
            inputs = sweeps.inputs
            sweep = Sweep(subject, shape[subject.order], sweeps.stride, sweeps.compare)
            sweep.run(
                sweeps.threads,
                state_file(sweeps.state, subject) if sweeps.stride == 1 else None,
                partial(progress.advance, task),
            )
            assert sweep.ours is not None
            ours, theirs = sweep.ours, sweep.torchs
        else:
            inputs = "all"
            ours, theirs = measure_half(subject, shape[subject.order])
        progress.remove_task(task)
        kind = str(dtype).removeprefix("torch.")
        row = Row(case.name, str(case), subject.order, kind, inputs, ours, theirs)
        if dtype == torch.float32 and not sweeps.compare:
            sweeps.keep_torch(row)
        yield row


def _rows_on_device(
    sweeps: Sweeps,
    case: Case,
    every: list[Subject],
    device: str,
    bits: bool,
    progress: Progress,
) -> Iterator[Row]:
    where = torch.device(device)
    shape = shapes(every[0]) if every else {}
    for subject in every:
        task = progress.add_task(f"{case} {subject.order} {device}", total=points(sweeps.stride))
        ours = sweep_on_device(
            subject,
            shape[subject.order],
            where,
            sweeps.stride,
            partial(progress.advance, task),
        )
        row = Row(case.name, str(case), subject.order, "float32", sweeps.inputs, ours, None)
        row.device = describe(device)
        sweeps.keep_torch(row)
        if bits:
            row.other_bits = other_bits_than_cpu(subject, where, sweeps.stride, sweeps.threads)
        else:
            row.other_bits = sweeps.other_bits_of(row)
        progress.remove_task(task)
        yield row


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
