"""What comes out at the edges of the range: ±∞, the largest numbers, ±0, NaN."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from torch_act.command_line.calls import Call
from torch_act.gallery.curves import Function, curves

LARGEST = torch.finfo(torch.float32).max
POINTS = {
    "−∞": -torch.inf,
    "−3.4·10³⁸": -LARGEST,
    "−0": -0.0,
    "0": 0.0,
    "3.4·10³⁸": LARGEST,
    "∞": torch.inf,
    "NaN": torch.nan,
}


@dataclass(frozen=True)
class Edge:
    """One result of ours, as text, and torch's; None where torch has no such function."""

    ours: str
    torchs: str | None

    @property
    def differs(self) -> bool:
        return self.torchs is not None and self.ours != self.torchs


def edges(call: Call) -> dict[str, list[Edge]]:
    """For each of POINTS, by order: value and derivative."""
    ours = _at_edges(call, call.ours)
    torchs = _at_edges(call, call.torchs) if call.torchs else None
    return {
        order: [
            Edge(text, torchs[row][column] if torchs else None)
            for column, text in enumerate(ours[row])
        ]
        for row, order in enumerate(("value", "derivative"))
    }


def _at_edges(call: Call, function: Function) -> list[list[str]]:
    # One at a time: a result of torch's can depend on the position in the tensor.
    every = [curves(call, function, torch.tensor([x])) for x in POINTS.values()]
    return [[_text(at[order]) for at in every] for order in (0, 1)]


def _text(result: torch.Tensor | None) -> str:
    if result is None:
        return "none"
    number = float(result[0])
    if number != number:
        return "NaN"
    return f"{number:.4g}".replace("-", "−").replace("inf", "∞")
