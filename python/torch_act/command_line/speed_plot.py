"""The benchmark as a picture: how many times faster than torch, and how many copies of memory."""

from pathlib import Path

from matplotlib.figure import Figure

from torch_act.command_line.measurement import Cell
from torch_act.command_line.report import size_name, thread_count
from torch_act.command_line.speed_bounds import FROM_MEMORY

COLOURS = {"float32": "#1f77b4", "float64": "#7f7f7f", "bfloat16": "#d62728", "float16": "#ff7f0e"}
MARKERS = {"forward": "^", "backward": "v", "training": "o", "in place": "_"}


def draw(cells: list[Cell], path: Path) -> None:
    """PNG or SVG, by the file's name: a column for each op, a colour for each dtype, a marker for
    each direction; contiguous, with the fewest threads, of the size that bounds are stated for or,
    on a CUDA device and where that was not measured, of the largest."""
    shown = [cell for cell in cells if cell.layout == "contiguous"]
    stated = {cell.size for cell in shown if cell.device == "cpu"} & {FROM_MEMORY}
    size, threads = max(stated or {c.size for c in shown}), min(c.threads for c in shown)
    shown = [cell for cell in shown if (cell.size, cell.threads) == (size, threads)]
    ops = list(dict.fromkeys(cell.op for cell in shown))
    kinds = list(dict.fromkeys((cell.direction, cell.dtype) for cell in shown))

    figure = Figure(figsize=(4 + 0.36 * len(ops), 8), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    for kind in kinds:
        own = [cell for cell in shown if (cell.direction, cell.dtype) == kind]
        direction, dtype = kind
        marks = {"color": COLOURS[dtype], "marker": MARKERS[direction], "s": 20}
        marks["label"] = " ".join(kind)
        compared = [cell for cell in own if cell.ratio is not None]
        above.scatter([ops.index(c.op) for c in compared], [c.ratio for c in compared], **marks)
        below.scatter([ops.index(c.op) for c in own], [1 / c.share for c in own], **marks)
    for axis, what in ((above, "times torch's speed"), (below, "copies of the same bytes")):
        axis.set_yscale("log", base=2)
        axis.yaxis.set_major_formatter("{x:g}")
        axis.axhline(1, color="0.5", linewidth=0.8, zorder=0)
        axis.set_ylabel(what)
        axis.grid(axis="y", color="0.92")
        axis.spines[["top", "right"]].set_visible(False)
    below.set_xticks(range(len(ops)), ops, rotation=90)
    above.set_title(f"{size_name(size)} elements, {thread_count(threads)}")
    above.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
