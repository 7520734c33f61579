"""`gallery`: every activation with its derivative, ours over torch's, as one picture."""

import math
from pathlib import Path
from typing import Annotated

import torch
import typer
from torch import Tensor

from torch_act.command_line.calls import Call, calls

COLUMNS = 7
RANGE = 7.0
POINTS = 1401
COLOURS = {"value": "#1f5fa8", "derivative": "#c8501e"}


def gallery(
    output: Annotated[Path, typer.Option(help="Folder for gallery.png.")] = Path("build/demo"),
) -> None:
    """Draw every activation with its derivative."""
    typer.echo(f"gallery: {draw(output / 'gallery.png')}")


def draw(path: Path) -> Path:
    """Writes the picture to `path`."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    every = list(calls(training=False))
    rows = math.ceil(len(every) / COLUMNS)
    figure = Figure(figsize=(2.9 * COLUMNS, 2.7 * rows))
    axes = figure.subplots(rows, COLUMNS, sharex=True)
    for axis, call in zip(axes.flat, every, strict=False):
        _panel(axis, call)
    for axis in axes.flat[len(every) :]:
        axis.set_visible(False)
    lines = [
        Line2D([], [], color=colour, label=f"{what}, torch_act", linewidth=1.4)
        for what, colour in COLOURS.items()
    ]
    lines += [
        Line2D([], [], color=colour, label=f"{what}, torch", linewidth=6, alpha=0.3)
        for what, colour in COLOURS.items()
    ]
    figure.suptitle("The activations and their derivatives, torch_act over torch", fontsize=18)
    figure.legend(
        handles=lines,
        loc="upper center",
        ncols=4,
        fontsize=13,
        frameon=False,
        bbox_to_anchor=(0.5, 0.965),
    )
    figure.tight_layout(rect=(0, 0, 1, 0.94))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    return path


def _panel(axis, call: Call) -> None:
    x = torch.linspace(-RANGE, RANGE, POINTS)
    curves = [(call.torchs, 6.0, 0.3), (call.ours, 1.4, 1.0)]
    for function, width, opacity in curves:
        if function is None:
            continue
        for what, y in zip(COLOURS, _value_and_derivative(call, function, x), strict=True):
            axis.plot(
                x, y, color=COLOURS[what], linewidth=width, alpha=opacity, solid_capstyle="round"
            )
    axis.axhline(0, color="0.8", linewidth=0.8, zorder=0)
    axis.axvline(0, color="0.8", linewidth=0.8, zorder=0)
    axis.set_title(call.label, fontsize=13, pad=16)
    axis.text(
        0.5, 1.02, _remark(call), transform=axis.transAxes, ha="center", fontsize=8.5, color="0.35"
    )
    axis.set_xticks(range(-6, 7, 3))
    axis.tick_params(labelsize=8)
    axis.spines[["top", "right"]].set_visible(False)


def _value_and_derivative(call: Call, function, x: Tensor) -> tuple[Tensor, Tensor]:
    x = x.clone().requires_grad_()
    y = function(_input(call, x), *call.further_inputs(x))[:, 0]
    (derivative,) = torch.autograd.grad(y.sum(), x)
    return y.detach(), derivative


def _input(call: Call, x: Tensor) -> Tensor:
    # What is not a function of one number is shown along one coordinate: a row for each point.
    if call.entry.pieces:
        return x[:, None]
    if call.entry.name == "glu":
        return torch.stack([torch.ones_like(x), x], dim=1)
    return torch.stack([x, torch.zeros_like(x)], dim=1)


def _remark(call: Call) -> str:
    if call.entry.name == "glu":
        return "a = 1, b = x"
    if not call.entry.pieces:
        return "of (x, 0), the first"
    parameters = call.arguments or call.entry.parameter_sets[0]
    return ", ".join(
        f"{name}={value:.3g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in parameters.items()
        if not isinstance(value, bool)
    )
