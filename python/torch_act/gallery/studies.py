"""Pictures of what has several operands: a curve for each of several values of one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

import torch_act
from torch_act.accuracy.several.function import Function
from torch_act.accuracy.several.functions import functions
from torch_act.gallery.colours import LIGHT
from torch_act.gallery.figures import POINTS, RANGE, STYLE, cross, finish
from torch_act.gallery.heat import masked_softmax, surface

# As far apart for colour-blind readers as five can be, on light and on dark paper.
COLOURS = (LIGHT.ours, LIGHT.torchs, "#009e73", "#cc79a7", LIGHT.faint)
GATES = (-2.0, -1.0, 0.5, 1.0, 2.0)
BIASES = (-3.0, -1.0, 0.0, 1.0, 3.0)
DRAWN = 600  # elements of rrelu in training

Curves = Sequence[tuple[float, ...]]  # for each curve the operands after the first one


@dataclass(frozen=True)
class Study:
    """One picture, and in words what it shows."""

    op: str
    label: str
    words: str
    draw: Callable[[], Figure]


def studies() -> Iterator[Study]:
    """In the order of the certificate."""
    found = {function.case: function for function in functions()}
    yield _family(found["prelu"], [(w,) for w in (-0.5, 0.0, 0.25, 0.5, 1.0)])
    yield Study(
        "rrelu",
        "rrelu-training",
        "rrelu in training: 600 numbers with a slope each, drawn between lower and upper, around "
        "the line that evaluation takes; and for other bounds.",
        _rrelu,
    )
    for function in found.values():
        if function.operands == ("gate", "other"):
            words = f"{function.case}: the value and the gradient of the gate as functions of the "
            words += "gate, for five values of the other operand, and the value as a surface."
            yield Study(function.op, f"{function.op}-operands", words, partial(_gated, function))
    yield _family(found["bias_act(silu)"], [(bias,) for bias in BIASES])
    case = "{}, {} and {} 2⁻⁸ to 2⁸"
    yield _family(
        found[case.format("star_relu", "scale", "bias")],
        [(0.8944, -0.4472), (0.5, 0.0), (0.25, 1.0), (-0.25, 0.5), (0.1, -1.0)],
    )
    yield _family(
        found[case.format("xielu(beta=0.5, eps=-1e-06)", "alpha_p", "alpha_n")],
        [(0.8, 0.8), (0.6, 0.2), (0.2, 0.8), (0.3, 2.0), (0.1, 0.0)],
    )
    yield _family(
        found[case.format("snake", "alpha", "beta")],
        [(0.5, 0.5), (1.0, 1.0), (2.0, 2.0), (1.0, 3.0), (2.0, 1.0)],
    )
    yield Study(
        "softmax",
        "softmax-masked",
        "Heat maps of eight rows of scores, a mask that leaves each row the elements up to its own "
        "and the last row none, and the softmax of what is left at temperatures 1 and 0.3: absent "
        "elements and the whole last row are 0.",
        masked_softmax,
    )


def _family(function: Function, curves: Curves) -> Study:
    names = " and ".join(function.operands[1:])
    words = f"{function.op}: the value and its derivatives as functions of x, for five values of "
    return Study(
        function.op,
        f"{function.op}-operands",
        f"{words}{names}.",
        partial(_curves, function, curves),
    )


def _curves(function: Function, curves: Curves) -> Figure:
    orders = list(range(len(function.orders)))
    if function.operands[-1] == "bias":
        orders.pop()  # bias_act's is that in x, star_relu's is 1
    with rc_context(STYLE):
        drawn, panels = _figure(function.op, len(orders))
        _lines(panels, function, curves, orders)
        _named(panels[0])
    return drawn


def _gated(function: Function) -> Figure:
    with rc_context(STYLE):
        drawn, panels = _figure(function.case, 3)
        curves = [(gate,) for gate in GATES]
        _lines(panels[:2], function, curves, [0, 1])
        _named(panels[0])
        surface(drawn, panels[2], function, RANGE)
    return drawn


def _rrelu() -> Figure:
    x = torch.linspace(-RANGE, RANGE, DRAWN)
    generator = torch.Generator().manual_seed(4)
    rrelu = torch_act.functional.rrelu
    with rc_context(STYLE):
        drawn, panels = _figure("rrelu", 3)
        for panel, (lower, upper) in zip(
            panels, ((1 / 8, 1 / 3), (0.0, 1.0), (-0.5, 0.5)), strict=True
        ):
            y = rrelu(x, lower, upper, training=True, generator=generator)
            panel.plot(x, y, ".", color=LIGHT.torchs, markersize=2.5, label="training")
            panel.plot(
                x, rrelu(x, lower, upper), color=LIGHT.ours, linewidth=1.6, label="evaluation"
            )
            _finish(panel, f"lower = {lower:.3g}, upper = {upper:.3g}".replace("-", "−"), "x")
        panels[0].legend(loc="upper left", fontsize=11, frameon=False, labelcolor=LIGHT.ink)
    return drawn


def _lines(
    panels: Sequence[Axes], function: Function, curves: Curves, orders: Sequence[int]
) -> None:
    # An even number of places: none at a kink.
    x = torch.linspace(-RANGE, RANGE, POINTS - 1, dtype=torch.float64)
    found: list[list[Tensor]] = []
    for values in curves:
        operands = [torch.full_like(x, value) for value in values]
        found.append(function.results(function.ours, torch.ones_like(x), x, *operands))
    for panel, order in zip(panels, orders, strict=True):
        title = function.orders[order].replace("gradient of", "derivative in")
        alike = all(torch.equal(results[order], found[0][order]) for results in found)
        for colour, values, results in zip(COLOURS, curves, found, strict=True):
            names = zip(function.operands[1:], values, strict=True)
            label = ", ".join(f"{name} = {value:g}".replace("-", "−") for name, value in names)
            panel.plot(
                *(x.numpy(), results[order].numpy()),
                color=LIGHT.ink if alike else colour,
                linewidth=1.5,
                label=label,
            )
        _finish(panel, title + (", of each alike" if alike else ""), function.operands[0])


def _named(panel: Axes) -> None:
    panel.legend(loc="best", fontsize=9, frameon=False, labelcolor=LIGHT.ink)


def _finish(panel: Axes, title: str, axis: str) -> None:
    cross(panel)
    panel.set_title(title, fontsize=13, color=LIGHT.ink)
    panel.set_xlabel(axis, fontsize=11, color=LIGHT.ink)
    panel.set_xlim(-RANGE, RANGE)
    panel.set_xticks(range(-6, 7, 2))
    finish(panel)


def _figure(name: str, columns: int) -> tuple[Figure, Sequence[Axes]]:
    drawn = Figure(figsize=(4.35 * columns, 4.1), facecolor=LIGHT.paper, layout="constrained")
    panels: Sequence[Axes] = drawn.subplots(1, columns)
    drawn.suptitle(name, x=0.012, ha="left", fontsize=16, color=LIGHT.ink, weight="bold")
    return drawn, panels
