"""One op as a picture: three curves, and below each the errors of ours and of torch's."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import torch
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from torch_act.command_line.calls import Call
from torch_act.gallery import axis
from torch_act.gallery.colours import LIGHT
from torch_act.gallery.curves import ORDERS, curves, remark
from torch_act.gallery.errors import Profile, profiles

RANGE = 7.0
POINTS = 701

ROUNDING = 0.5  # ulp: what is no further off is the nearest number
LOST = 2.0**23  # ulp: no digit of a float32 is right
TOP = 1e8
ULP_TICKS = {ROUNDING: "½", 1.0: "1", 1e1: "10", 1e3: "10³", 1e5: "10⁵", LOST: "2²³"}

SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
STYLE: dict[Any, Any] = {"svg.fonttype": "path", "svg.hashsalt": "torch_act", "font.size": 9.5}


def figure(call: Call, errors: list[Profile]) -> Figure:
    """The picture of one op."""
    with rc_context(STYLE):
        drawn = Figure(figsize=(13, 6.4), facecolor=LIGHT.paper)
        panels = drawn.subplots(2, len(ORDERS))
        _curves(panels[0], call)
        for panel, profile in zip(panels[1], errors, strict=True):
            _errors(panel, profile)
        panels[1, 0].set_ylabel("error in ulp, float32", fontsize=11.5, color=LIGHT.ink)
        for panel in panels.flat:
            finish(panel)
        for panel in panels[1]:  # its labels are long
            panel.tick_params(axis="x", labelsize=8.6)
        name = call.label if not remark(call) else f"{call.label}  ({remark(call)})"
        drawn.text(0.012, 0.965, name, fontsize=16, color=LIGHT.ink, va="center", weight="bold")
        drawn.legend(
            handles=handles(call.torchs is not None),
            loc="center right",
            bbox_to_anchor=(0.995, 0.965),
            ncols=2,
            fontsize=13,
            frameon=False,
            labelcolor=LIGHT.ink,
        )
        drawn.tight_layout(rect=(0, 0, 1, 0.94), h_pad=2.2, w_pad=1.8)
    return drawn


def handles(torch_too: bool) -> list[Line2D]:
    """For a legend."""
    ours = Line2D([], [], color=LIGHT.ours, linewidth=1.8, label="torch_act")
    torchs = Line2D([], [], color=LIGHT.torchs, linewidth=6, alpha=0.45, label="torch")
    return [ours, torchs] if torch_too else [ours]


def curve(
    panel: Axes, x: torch.Tensor, y: torch.Tensor, *, ours: bool, dashed: bool = False
) -> None:
    """torch's is a broad band, which ours, a thin line, leaves in sight."""
    how: dict[str, Any] = (
        {"color": LIGHT.ours, "linewidth": 1.6}
        if ours
        else {"color": LIGHT.torchs, "linewidth": 6, "alpha": 0.45}
    )
    if dashed and ours:
        how["linestyle"] = "--"
    panel.plot(x.numpy(), y.numpy(), solid_capstyle="round", **how)


def cross(panel: Axes) -> None:
    """Lines through the origin."""
    panel.axhline(0, color=LIGHT.grid, linewidth=0.9, zorder=0)
    panel.axvline(0, color=LIGHT.grid, linewidth=0.9, zorder=0)


def svg(drawn: Figure) -> str:
    """The same text for the same picture."""
    file = io.StringIO()
    with rc_context(STYLE):
        drawn.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    text = file.getvalue()
    # A hundredth of a point is enough, for a third of the length.
    paths = re.sub(
        r' d="[^"]*"', lambda path: re.sub(r"(\.\d\d)\d+", r"\1", path.group()), text, flags=re.S
    )
    return paths[paths.index("<svg") :]


def png(drawn: Figure, dpi: int = 110) -> bytes:
    """For what cannot show SVG."""
    file = io.BytesIO()
    drawn.savefig(file, format="png", dpi=dpi, metadata={"Software": None})
    return file.getvalue()


def describe(call: Call, errors: list[Profile]) -> str:
    """The picture in words, for those who do not see it."""
    sentences = [
        f"Six plots of {call.label}. Above: value, derivative and second derivative for x from "
        f"{-RANGE:.0f} to {RANGE:.0f}.",
        "Below: the error of each in ulp over all float32 numbers.",
    ]
    for profile in errors:
        sentences.append(f"{profile.order.capitalize()}: {largest(profile)}.")
    return " ".join(sentences)


def largest(profile: Profile) -> str:
    """The worst errors that were seen, in words."""
    ours, torchs = profile.worst()
    if torchs is None:
        return f"at most {_number(ours)} ulp; torch has none"
    return f"at most {_number(ours)} ulp; torch {_number(torchs)}"


def _number(ulp: float) -> str:
    if np.isinf(ulp):
        return "∞"
    if ulp < 1e4:
        return f"{ulp:.3g}" if ulp < 100 else f"{ulp:.0f}"
    digits, _, exponent = f"{ulp:.1e}".partition("e+")
    return f"{digits}·10{str(int(exponent)).translate(SUPERSCRIPTS)}"


def draw(call: Call) -> tuple[Figure, list[Profile]]:
    """The picture and the numbers in it."""
    errors = profiles(call)
    return figure(call, errors), errors


def _curves(panels: Any, call: Call) -> None:
    x = torch.linspace(-RANGE, RANGE, POINTS)
    for function, ours in ((call.torchs, False), (call.ours, True)):
        if function is None:
            continue
        for panel, y in zip(panels, curves(call, function, x), strict=True):
            if y is not None:
                curve(panel, x, y, ours=ours)
                if ours and y.min() == y.max():  # a constant
                    panel.set_ylim(float(y[0]) - 1.1, float(y[0]) + 1.1)
    for panel, order in zip(panels, ORDERS, strict=True):
        cross(panel)
        panel.set_title(order, fontsize=13, color=LIGHT.ink)
        panel.set_xlim(-RANGE, RANGE)
        panel.set_xticks(range(-6, 7, 2))


def _errors(panel: Axes, profile: Profile) -> None:
    at, _ = axis.numbers()
    if profile.torchs is not None:
        shown = np.clip(profile.torchs, ROUNDING, TOP)
        panel.fill_between(at, ROUNDING, shown, color=LIGHT.torchs, alpha=0.45, linewidth=0)
        panel.plot(at, shown, color=LIGHT.torchs, linewidth=0.8)
    panel.plot(at, np.clip(profile.ours, ROUNDING, TOP), color=LIGHT.ours, linewidth=1.6)
    panel.set_yscale("function", functions=(_height, _ulp))
    panel.set_ylim(0.4, 3 * TOP)
    panel.set_yticks(list(ULP_TICKS), list(ULP_TICKS.values()))
    panel.minorticks_off()
    panel.set_xlim(-axis.REACH, axis.REACH)
    panel.set_xticks(*axis.ticks())
    for level in (1.0, LOST):
        panel.axhline(level, color=LIGHT.grid, linewidth=0.9, zorder=0)
    panel.set_title(largest(profile), fontsize=11.5, color=LIGHT.faint)


def _height(ulp: axis.Floats) -> axis.Floats:
    """Logarithmic; below 10, where good results are, a decade has twice the height."""
    decades = np.log10(np.maximum(ulp, 1e-3))
    return np.where(decades < 1, 2 * decades, 1 + decades)


def _ulp(height: axis.Floats) -> axis.Floats:
    return np.power(10.0, np.where(height < 2, height / 2, height - 1))


def finish(panel: Axes) -> None:
    """The frame and its labels."""
    panel.set_facecolor("none")
    panel.spines[["top", "right"]].set_visible(False)
    for spine in panel.spines.values():
        spine.set_color(LIGHT.faint)
    panel.tick_params(colors=LIGHT.faint, labelcolor=LIGHT.ink, labelsize=9.5)
