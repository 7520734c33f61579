"""Two dimensions as colours: a function of two operands, and rows of a masked softmax."""

from __future__ import annotations

import torch
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

import torch_act
from torch_act.accuracy.several.function import Function
from torch_act.gallery.colours import LIGHT
from torch_act.gallery.figures import STYLE, finish

CELLS = 141  # along each side of a surface
LEVELS = (-10, -4, -1, 1, 4, 10)
DARKEST, LIGHTEST = "#000001", "#fffffe"  # on these colours, whatever the paper's
DIVERGING, RISING = "PuOr", "cividis"  # readable for the colour-blind

SIZE = 8  # rows and columns of scores
TEMPERATURES = (1.0, 0.3)


def surface(drawn: Figure, panel: Axes, function: Function, reach: float) -> None:
    """The value for every pair, with lines of equal value."""
    side = torch.linspace(-reach, reach, CELLS)
    first, second = torch.meshgrid(side, side, indexing="xy")
    value = function.ours(first.flatten(), second.flatten()).reshape(CELLS, CELLS)
    largest = 12.0
    image = panel.imshow(
        value.numpy(),
        cmap=DIVERGING,
        origin="lower",
        extent=(-reach, reach, -reach, reach),
        vmin=-largest,
        vmax=largest,
        aspect="auto",
        interpolation="bilinear",
    )
    lines = panel.contour(
        side.numpy(), side.numpy(), value.numpy(), LEVELS, colors=DARKEST, linewidths=0.7
    )
    panel.clabel(lines, fontsize=8)
    bar = drawn.colorbar(image, ax=panel, extend="both", shrink=0.9)
    bar.ax.tick_params(colors=LIGHT.faint, labelcolor=LIGHT.ink, labelsize=9)
    panel.set_title("value", fontsize=13, color=LIGHT.ink)
    panel.set_xlabel(function.operands[0], fontsize=11, color=LIGHT.ink)
    panel.set_ylabel(function.operands[1], fontsize=11, color=LIGHT.ink)
    panel.set_xticks(range(-6, 7, 2))
    finish(panel)


def masked_softmax() -> Figure:
    """Causal attention in small, the last row without anything left."""
    generator = torch.Generator().manual_seed(2)
    scores = torch.randn(SIZE, SIZE, generator=generator) * 1.5
    mask = torch.ones(SIZE, SIZE, dtype=torch.bool).tril()
    mask[-1] = False
    with rc_context(STYLE):
        drawn = Figure(figsize=(13, 4.0), facecolor=LIGHT.paper, layout="constrained")
        panels = drawn.subplots(1, 2 + len(TEMPERATURES))
        drawn.suptitle(
            "softmax(scores, -1, mask=mask, temperature=…)",
            x=0.012,
            ha="left",
            fontsize=15,
            color=LIGHT.ink,
            weight="bold",
        )
        _cells(panels[0], scores, "scores", RISING, "{:.1f}")
        _cells(panels[1], mask.float(), "mask", RISING, "{:.0f}")
        for panel, temperature in zip(panels[2:], TEMPERATURES, strict=True):
            result = torch_act.functional.softmax(scores, -1, mask=mask, temperature=temperature)
            _cells(panel, result, f"temperature = {temperature:g}", RISING, "{:.2f}")
    return drawn


def _cells(panel: Axes, values: Tensor, title: str, colours: str, written: str) -> None:
    low, high = float(values.min()), float(values.max())
    panel.imshow(values.numpy(), cmap=colours, vmin=low, vmax=high)
    for row in range(SIZE):
        for column in range(SIZE):
            value = float(values[row, column])
            text = written.format(value).replace("-", "−")
            if not text.strip("−0."):
                text = text.lstrip("−")
            light = value > (low + high) / 2
            panel.text(
                *(column, row, text),
                ha="center",
                va="center",
                fontsize=7.5,
                color=DARKEST if light else LIGHTEST,
            )
    panel.set_title(title, fontsize=13, color=LIGHT.ink)
    panel.set_xticks(())
    panel.set_yticks(())
    for spine in panel.spines.values():
        spine.set_visible(False)
