"""compare: a model with its own activations and with ours, module by module."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from torch_act.swapping.exchange import is_swapped, swap, unswap
from torch_act.swapping.measuring import Measured, Run
from torch_act.swapping.table import Rows, plain, rich_table

if TYPE_CHECKING:
    import rich.table

TURNS = 5  # of which the fastest counts

HEADINGS = ("name", "class", "difference", "ms before", "ms ours", "saved before", "saved ours")


@dataclass(frozen=True)
class Compared:
    """One module, before and with ours; of the whole model the name is empty."""

    name: str
    kind: str
    difference: float | None  # the largest between the outputs; None: no floating-point output
    seconds: tuple[float, float]  # of the forward
    saved_bytes: tuple[int, int]  # kept for backward


@dataclass(repr=False)
class Comparison:
    """A row for each module that was swapped, and one for the model. Printed, it is a table."""

    model: Compared
    modules: list[Compared] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<Comparison of {len(self.modules)} modules of {self.model.kind}>"

    def __str__(self) -> str:
        return plain(HEADINGS, self._rows(), numbers=5)

    def __rich__(self) -> rich.table.Table:
        return rich_table("", HEADINGS, self._rows(), numbers=5)

    def _rows(self) -> Rows:
        return [
            (
                row.name or "(the model)",
                row.kind,
                "–" if row.difference is None else f"{row.difference:.2g}",
                *(f"{1e3 * seconds:.3f}" for seconds in row.seconds),
                *(f"{size:,}" for size in row.saved_bytes),
            )
            for row in (*self.modules, self.model)
        ]


def compare(model: nn.Module, *inputs: Any, **kwargs: Any) -> Comparison:
    """Runs a model with its own activations and with ours, prints a table of both and returns it.

    For each module that :func:`torch_act.swap` swaps (of a model that was swapped: for those), and
    in the last row for the whole model:

    - the largest difference between the outputs of the two runs; that of earlier modules is in it;
    - the time of the forward, of the fastest of five turns, hooks that read the clock included;
    - the bytes that autograd saves for backward, parameters and buffers not counted. A tensor that
      several modules save counts for each of them, and once for the model.

    The model is run with or without gradients, in training or evaluation, as it is where compare is
    called. It is left as it was, swapped or not, with its buffers; torch's random state too. Every
    run begins with the same random state, so that dropout is the same.

    Args:
        model: Any model.
        inputs: What it is called with.
        kwargs: Likewise.

    Example:
        >>> model = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.GELU())
        >>> table = torch_act.compare(model, torch.randn(2, 8))  # doctest: +ELLIPSIS
        name ...
        >>> [(row.name, row.kind, row.saved_bytes) for row in table.modules]
        [('1', 'GELU', (64, 64))]
    """
    already = _swapped(model)
    if not already:
        swap(model)
    names = _swapped(model)
    unswap(model)
    try:
        kinds = {name: type(module).__name__ for name, module in model.named_modules()}
        before, after = (Run(model, names, inputs, kwargs) for _ in range(2))
        for turn in range(1 + TURNS):
            (before.time if turn else before.observe)()
            swap(model, where=lambda name, module: name in names)
            (after.time if turn else after.observe)()
            unswap(model)
    finally:
        unswap(model)
        if already:
            swap(model, where=lambda name, module: name in already)
    comparison = Comparison(_compared("", kinds[""], before.whole, after.whole))
    for name in before.modules:
        if name:  # the model's own row is there already
            row = _compared(name, kinds[name], before.modules[name], after.modules[name])
            comparison.modules.append(row)
    print(comparison)
    return comparison


def _swapped(model: nn.Module) -> set[str]:
    return {name for name, module in model.named_modules() if is_swapped(module)}


def _compared(name: str, kind: str, before: Measured, after: Measured) -> Compared:
    return Compared(
        name,
        kind,
        _difference(before.outputs, after.outputs),
        (before.seconds, after.seconds),
        (before.saved_bytes, after.saved_bytes),
    )


def _difference(ones: list[Tensor], others: list[Tensor]) -> float | None:
    """The largest; NaN and the infinities equal themselves, and NaN and a number differ by NaN."""
    largest = []
    for one, other in zip(ones, others, strict=True):
        one, other = one.double(), other.double()
        same = (one == other) | (one.isnan() & other.isnan())
        largest.append((one - other).abs().masked_fill(same, 0).flatten().cpu())
    # Not Python's max, to which a NaN is less than what came before.
    return torch.cat([*largest, torch.zeros(1)]).max().item() if largest else None
