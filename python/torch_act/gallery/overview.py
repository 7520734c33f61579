"""Every activation with its derivative, ours over torch's, as one picture."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from torch_act.command_line.calls import Call
from torch_act.gallery.colours import LIGHT
from torch_act.gallery.curves import curves, remark
from torch_act.gallery.figures import POINTS, RANGE, STYLE, cross, curve, finish, handles

COLUMNS = 7
LONGEST = 30  # characters of a remark in one line


def overview(calls: Sequence[Call]) -> Figure:
    """A panel for each: the value a full line, the derivative a dashed one."""
    rows = math.ceil(len(calls) / COLUMNS)
    with rc_context(STYLE):
        drawn = Figure(figsize=(2.9 * COLUMNS, 2.75 * rows + 0.9), facecolor=LIGHT.paper)
        panels = drawn.subplots(rows, COLUMNS, sharex=True, squeeze=False)
        for panel, call in zip(panels.flat, calls, strict=False):
            _panel(panel, call)
        for panel in panels.flat[len(calls) :]:
            panel.set_visible(False)
        for column in panels.T:  # the axis stands below the last one that is there
            shown = [panel for panel in column if panel.get_visible()]
            for panel in shown[-1:]:
                panel.tick_params(labelbottom=True)
        value = Line2D([], [], color=LIGHT.faint, label="value")
        derivative = Line2D([], [], color=LIGHT.faint, label="derivative", linestyle="--")
        drawn.legend(
            handles=[*handles(torch_too=True), value, derivative],
            loc="upper center",
            ncols=4,
            fontsize=14,
            frameon=False,
            labelcolor=LIGHT.ink,
        )
        drawn.tight_layout(rect=(0, 0, 1, 1 - 0.55 / drawn.get_figheight()))
    return drawn


def _panel(panel: Axes, call: Call) -> None:
    x = torch.linspace(-RANGE, RANGE, POINTS)
    for function, ours in ((call.torchs, False), (call.ours, True)):
        if function is None:
            continue
        value, derivative, _ = curves(call, function, x)
        if derivative is not None:
            curve(panel, x, derivative, ours=ours, dashed=True)
        if value is not None:
            curve(panel, x, value, ours=ours)
    cross(panel)
    panel.set_title(call.label, fontsize=13, pad=16, color=LIGHT.ink)
    panel.text(
        *(0.5, 1.02, remark(call)),
        transform=panel.transAxes,
        ha="center",
        fontsize=8.5 if len(remark(call)) <= LONGEST else 7,
        color=LIGHT.faint,
    )
    panel.set_xlim(-RANGE, RANGE)
    panel.set_xticks(range(-6, 7, 3))
    finish(panel)
