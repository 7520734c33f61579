"""The benchmark as a page: what was measured and how, means against bounds, and what misses one."""

from collections.abc import Iterator

from torch_act.command_line.machine import HELD
from torch_act.command_line.measurement import Cell, Key
from torch_act.command_line.report import size_name
from torch_act.command_line.speed_bounds import (
    COPIES,
    Group,
    Miss,
    geometric_mean,
    groups,
    misses,
)
from torch_act.command_line.speed_grid import absent
from torch_act.command_line.speed_outliers import outliers
from torch_act.command_line.speed_reasons import OF_MEANS, by_reason

TEXT = """# Speed{title}

How long each op takes, beside torch's own function, {inductor}and a copy of memory.

{commands}
{method}

*times torch* is torch's time by ours, *copies* our time by that of a copy of the same bytes: a
forward reads and writes as much as the copy does, a backward half as much again. Means are
geometric ones, over the ops; in bold, those below their bound. torch has no float16 rrelu, and no
in-place variant of some ops.

"""
COMMANDS = """    python -m torch_act bench --full --inductor --json docs/{name}.json  # resumable
    python -m torch_act bench --full --inductor --threads 1 --json one.json  # or in parts
    python -m torch_act bench --full --inductor --threads 2 --json two.json
    python -m torch_act bench --from one.json --from two.json --json docs/{name}.json
    python -m torch_act bench --from docs/{name}.json --page docs/{name}.md --plot docs/{name}.svg
    python -m torch_act bench --full --op gelu --compare docs/{name}.json  # what has changed
"""
HOLD = "    export {variable}={value}  # torch's loops too\n"
METHOD = """The contenders take turns within one run; the fastest of their turns counts. Every call
makes a fresh output, but in place, where the input is written anew before each turn. *backward* is
torch.autograd.grad on a retained graph; *training* is forward and backward. rrelu is in training.
Layouts: rows of 1024 elements, images of 64 channels in channels_last, every second element, the
transposed matrix, and prelu with a weight for each channel."""
MISSED = """A cell is listed where it misses a bound by more than 3 %, the noise of a good run.
The bounds: the means' in the table above; never slower than torch, nor than Inductor with the op
alone; float32 from 4M elements on, in copies of the same bytes, with AVX-512 (AVX2): 1.1 (1.1)
piecewise linear, 1.6 (2.5) with one exponential, 2 (3.5) with several functions, 2.5 softmax;
softmax along another dimension 1.5 times its time along the last; half types no longer for an
element than float32. rrelu has no bound in copies: most of its time draws random numbers. The
number is the ratio to torch or Inductor, or the multiple. The reasons are what we know; their
shares were not measured one by one.
"""


def page(cells: list[Cell], header: dict[str, str], plot: str | None = None) -> str:
    """The whole page as Markdown, with the plot at this address."""
    inductor = "what torch.compile makes of it " if any(c.inductor for c in cells) else ""
    instruction_set = header.get("build: instruction_set", "")
    narrower = instruction_set in ("avx2", "baseline")
    commands = COMMANDS.format(name=f"speed-{instruction_set}" if narrower else "speed")
    if HELD in header:
        commands = HOLD.format(variable=HELD, value=header[HELD]) + commands
    lines = [
        TEXT.format(
            title=f" with {instruction_set}" if narrower else "",
            inductor=inductor,
            commands=commands,
            method=METHOD,
        )
    ]
    lines += [*(f"- {name}: {value}" for name, value in header.items()), ""]
    if lacking := list(absent(cells)):
        lines += ["Not measured:", ""]
        lines += [*(f"- {group}" for group in lacking), ""]
    if plot is not None:
        lines += [f"![Each op's speed in multiples of torch's and of a copy]({plot})", ""]
    every_group = groups(cells)
    lines += ["## Means", "", *_table_of_means(every_group), ""]
    found = list(misses(cells, instruction_set))
    waited = set(outliers(cells))
    lines += ["## Bounds that are missed", "", MISSED]
    lines += [*_missed_means(every_group), *_missed(found, waited, len(cells)), ""]
    return "\n".join(lines)


def _table_of_means(every: list[Group]) -> Iterator[str]:
    yield "| direction | dtype | size | layout | threads | ops | times torch | bound | copies |"
    yield "|---|---|---:|---|---:|---:|---:|---:|---:|"
    for group in every:
        shown = _number(group.ratio)
        if group.missed:
            shown = f"**{shown}**"
        copies = geometric_mean(1 / cell.share for cell in group.cells)
        yield (
            f"| {group.direction} | {group.dtype} | {size_name(group.size)} | {group.layout} "
            f"| {group.threads} | {len(group.cells)} | {shown} "
            f"| {f'≥ {group.bound}' if group.bound else ''} | {copies:.2f} |"
        )


def _missed_means(every: list[Group]) -> Iterator[str]:
    missed = [group for group in every if group.missed]
    if not missed:
        return
    yield from (f"### Means over the ops: {len(missed)}", "", OF_MEANS, "")
    yield f"| direction | dtype | size | times torch | bound | {' | '.join(COPIES)} |"
    yield "|---|---|---:|---:|---:|" + "---:|" * len(COPIES)
    for group in missed:
        yield (
            f"| {group.direction} | {group.dtype} | {size_name(group.size)} "
            f"| {_number(group.ratio)} | ≥ {group.bound} "
            f"| {' | '.join(_number(group.ratio_of(kind)) for kind in COPIES)} |"
        )
    yield ""


def _number(ratio: float | None) -> str:
    return "–" if ratio is None else f"{ratio:.2f}"


def _missed(found: list[Miss], waited: set[Key], total: int) -> Iterator[str]:
    cells = {miss.cell.key for miss in found}
    yield f"{len(cells)} of {total} cells miss a bound."
    for bound in dict.fromkeys(miss.bound for miss in sorted(found, key=lambda m: m.bound)):
        own = [miss for miss in found if miss.bound == bound]
        yield from ("", f"### {bound}: {_cells(own)}")
        for reason, several in by_reason(own, waited):
            yield from ("", f"{_cells(several)}. {reason}", "", *_table_of_misses(several))


def _cells(found: list[Miss]) -> str:
    return "1 cell" if len(found) == 1 else f"{len(found)} cells"


def _table_of_misses(found: list[Miss]) -> Iterator[str]:
    yield from ("| op | dtype | direction | where |", "|---|---|---|---|")
    rows: dict[tuple[str, str, str], list[Miss]] = {}
    for miss in found:
        rows.setdefault((miss.cell.op, miss.cell.dtype, miss.cell.direction), []).append(miss)
    for (op, dtype, direction), several in rows.items():
        where = "; ".join(
            f"{size_name(miss.cell.size)} {miss.where} {miss.number:.2f}" for miss in several
        )
        yield f"| {op} | {dtype} | {direction} | {where} |"
