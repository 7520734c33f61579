"""The benchmark as a page: what was measured and how, means against bounds, and what misses one."""

from collections.abc import Iterator

from torch_act.command_line.measurement import Cell
from torch_act.command_line.report import geometric_mean, size_name, thread_count
from torch_act.command_line.speed_bounds import MEANS, Miss, misses

TEXT = """# Speed{title}

How long each op takes, beside torch's own function, {inductor}and a copy of memory.

    python -m torch_act bench --full --inductor --json docs/speed.json  # every cell; resumable
    python -m torch_act bench --full --inductor --threads 1 --json one.json  # or in parts
    python -m torch_act bench --from one.json --from two.json --json docs/speed.json
    python -m torch_act bench --from docs/speed.json --page docs/speed.md  # this page
    python -m torch_act bench --full --op gelu --compare docs/speed.json  # what has changed
    ATEN_CPU_CAPABILITY=avx2 python -m torch_act bench  # without AVX-512, torch too

{method}

*times torch* is torch's time by ours, *copies* our time by that of a copy of the same bytes: a
forward reads and writes as much as the copy does, a backward half as much again. Means are
geometric ones, over the ops. torch has no float16 rrelu, and no in-place variant of some ops.

"""
METHOD = (
    "The contenders take turns within one run; the fastest of their turns counts. Every call makes "
    "a fresh\noutput. *backward* is torch.autograd.grad on a retained graph; *training* is forward "
    "and backward. rrelu\nis in training. Layouts: rows of 1024 elements, "
    "images of 64 channels in\nchannels_last, every second element, the transposed matrix, and "
    "prelu with a weight for each channel."
)
MISSED = """A cell is listed where it misses a bound by more than 3 %, the noise of a good run.
The bounds: never slower than torch, nor than Inductor with the op alone; float32 from 4M elements
on, in copies of the same bytes, with AVX-512 (AVX2): 1.1 (1.1) piecewise linear, 1.6 (2.5) with one
exponential, 2 (3.5) with several functions, 2.5 softmax; softmax along another dimension 1.5 times
its time along the last; half types no longer for an element than float32. rrelu has no bound in
copies: most of its time draws random numbers. The number is the ratio to torch or Inductor, or the
multiple.

Why, as far as we know; the shares were not measured one by one:

- Half types: short formulas, and gradients from a saved output (tanh, sigmoid, softmax), are
  computed in float32, and what float32 leaves undecided is marked and computed in double, so that
  every result is the nearest number; torch rounds twice. Long ones are looked up, one load for each
  element, where float32 computes with all lanes; the gradients of logsigmoid and tanhshrink are,
  where torch multiplies by what it has saved.
- silu, gelu, quick_gelu, hardswish, tanhshrink: the digits of the tail and, in derivatives, those
  beside a zero take more terms than torch has. gelu in place is oneDNN's in torch.
- relu, leaky_relu, hardtanh, relu6 in place on 4M elements: -0 and NaN pass by comparisons and
  selections, where torch has one minimum and one maximum; both wait for the third-level cache, and
  of shorter loops more rounds are under way.
- softmax along another dimension reads panels of rows, and of short rows the double logarithm and
  division of each take most of the time; its backward, of half types and in channels_last, too.
- Inductor: squareplus, star_relu, snake, quick_gelu and softsign become one loop there as here,
  with fewer digits; the gradients of prelu's and star_relu's parameters are summed in double here,
  part by part, so that they do not depend on the number of threads. Half types of 4M elements come
  from the third-level cache, where each instruction more shows.
- 64 elements: most of the time is that of the call.
- From 4M elements on, single cells far off their neighbours, ours or torch's: what a call of fresh
  pages costs is the system's matter, and two or three turns do not level it.

"""


def page(cells: list[Cell], header: dict[str, str]) -> str:
    """The whole page as Markdown."""
    inductor = "what torch.compile makes of it " if any(c.inductor for c in cells) else ""
    instruction_set = header.get("build: instruction_set", "")
    title = f" with {instruction_set}" if instruction_set in ("avx2", "baseline") else ""
    lines = [TEXT.format(title=title, inductor=inductor, method=METHOD)]
    lines += [*(f"- {name}: {value}" for name, value in header.items()), ""]
    if absent := list(_absent(cells)):
        lines += ["Not measured, of the grid that the cells below span:", "", *absent, ""]
    lines += ["## Means", "", *_means(cells), ""]
    found = list(misses(cells, instruction_set))
    lines += ["## Bounds that are missed", "", MISSED, *_missed(found, len(cells)), ""]
    return "\n".join(lines)


def _absent(cells: list[Cell]) -> Iterator[str]:
    """Which cells a size lacks that other sizes have, and where Inductor is not beside torch."""
    sizes: dict[tuple[str, int], dict[tuple[str, str], set[int]]] = {}
    beside: dict[int, dict[tuple[str, str], list[bool]]] = {}
    for cell in cells:
        kinds = sizes.setdefault((cell.layout, cell.threads), {})
        kinds.setdefault((cell.direction, cell.dtype), set()).add(cell.size)
        if cell.layout == "contiguous" and cell.torch:
            where = f"{size_name(cell.size)} {cell.direction}"
            group = beside.setdefault(cell.threads, {}).setdefault((where, cell.dtype), [])
            group.append(cell.inductor is not None)
    for size in sorted({cell.size for cell in cells}):
        for (layout, threads), kinds in sizes.items():
            lacking = {kind: size not in measured for kind, measured in kinds.items()}
            if any(lacking.values()):
                name = f"{size_name(size)} {layout}, {thread_count(threads)}"
                yield f"- {name}: {_dtypes_of_each(lacking)}"
    if any(cell.inductor for cell in cells):
        for threads, groups in beside.items():
            lacking = {kind: not any(group) for kind, group in groups.items()}
            if any(lacking.values()):
                yield f"- Inductor, {thread_count(threads)}: {_dtypes_of_each(lacking)}"


def _dtypes_of_each(lacking: dict[tuple[str, str], bool]) -> str:
    """Names with the dtypes that are lacking, where not all are."""
    texts = []
    for name in dict.fromkeys(name for name, _ in lacking):
        dtypes = {dtype: lacks for (own, dtype), lacks in lacking.items() if own == name}
        which = ", ".join(dtype for dtype, lacks in dtypes.items() if lacks)
        if which:
            texts.append(name if all(dtypes.values()) else f"{name} ({which})")
    return "; ".join(texts)


def _means(cells: list[Cell]) -> Iterator[str]:
    yield "| direction | dtype | size | layout | threads | ops | times torch | bound | copies |"
    yield "|---|---|---:|---|---:|---:|---:|---:|---:|"
    groups: dict[tuple[str, str, int, str, int], list[Cell]] = {}
    for cell in cells:
        key = cell.direction, cell.dtype, cell.size, cell.layout, cell.threads
        groups.setdefault(key, []).append(cell)
    for (direction, dtype, size, layout, threads), group in groups.items():
        compared = [cell.ratio for cell in group if cell.ratio is not None]
        plain = layout == "contiguous" and threads == 1
        bound = MEANS.get((direction, dtype, size)) if plain else None
        ratio = geometric_mean(compared) if compared else None
        shown = "–" if ratio is None else f"{ratio:.2f}"
        if bound and ratio is not None and ratio < bound:
            shown = f"**{shown}**"
        copies = geometric_mean(1 / cell.share for cell in group)
        yield (
            f"| {direction} | {dtype} | {size_name(size)} | {layout} | {threads} | {len(group)} "
            f"| {shown} | {f'≥ {bound}' if bound else ''} | {copies:.2f} |"
        )


def _missed(found: list[Miss], total: int) -> Iterator[str]:
    cells = {miss.cell.key for miss in found}
    yield f"{len(cells)} of {total} cells miss a bound."
    for bound in dict.fromkeys(miss.bound for miss in sorted(found, key=lambda m: m.bound)):
        own = [miss for miss in found if miss.bound == bound]
        yield from ("", f"### {bound}: {len(own)} cells", "")
        yield from ("| op | dtype | direction | where |", "|---|---|---|---|")
        rows: dict[tuple[str, str, str], list[Miss]] = {}
        for miss in own:
            key = miss.cell.op, miss.cell.dtype, miss.cell.direction
            rows.setdefault(key, []).append(miss)
        for (op, dtype, direction), several in rows.items():
            where = "; ".join(
                f"{size_name(miss.cell.size)} {miss.where} {miss.number:.2f}" for miss in several
            )
            yield f"| {op} | {dtype} | {direction} | {where} |"
