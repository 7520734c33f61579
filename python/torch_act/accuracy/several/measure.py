"""The errors of a function of several operands: at sampled points, and of gradients' sums."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

import numpy as np
import torch
from torch import Tensor

from torch_act.accuracy.cases import COMPUTED_IN
from torch_act.accuracy.several.counting import count_at_places
from torch_act.accuracy.several.draw import Draw
from torch_act.accuracy.several.exact import exact
from torch_act.accuracy.several.function import Function
from torch_act.accuracy.several.sample import SEED, inputs, sample
from torch_act.accuracy.several.table import SUM, OperandsRow

SUMS = {torch.float64: (1024, 4)}  # terms of a channel, channels: exact terms are slow
SUMS_OTHERWISE = (4096, 16)


def measure(function: Function, dtype: torch.dtype, every: int = 1) -> list[OperandsRow]:
    """A row for the value and for each gradient; of every so many-th point of the sample."""
    return measure_at(function, dtype, sample(function, dtype, every), inputs(function, dtype))


def measure_at(
    function: Function,
    dtype: torch.dtype,
    points: tuple[Tensor, ...],
    described: str,
    compare: bool = True,
    orders: Collection[str] | None = None,
) -> list[OperandsRow]:
    """`points`: grad_output and the operands; `compare` with torch; all orders by default."""
    high, low = exact(function, dtype, points)
    floors = _floors(function.rounded(dtype), dtype, points)
    ours = function.results(function.ours, *points)
    theirs = _torchs(function, points) if compare else None
    columns = {"grad_output": points[0]} | dict(zip(function.operands, points[1:], strict=True))
    rows = []
    for order, name in enumerate(function.orders):
        if orders is not None and name not in orders:
            continue
        judged = _judged(high[order], points[0], dtype) if order else slice(None)
        against = (high[order][judged], low[order][judged], floors[order][judged])
        found, worst, floored = count_at_places(ours[order][judged], *against)
        chosen = {name: column[judged] for name, column in columns.items()}
        row = OperandsRow(function.op, function.case, name, _name(dtype), described, found)
        row.at, row.floored_at = (_operands(chosen, order, place) for place in (worst, floored))
        if theirs:
            row.torch = count_at_places(theirs[order][judged], *against)[0]
        rows.append(row)
    return rows


def measure_sums(function: Function, dtype: torch.dtype) -> Iterator[OperandsRow]:
    """The gradient of each operand that is one number for a channel, summed over many elements.

    Its floor is the sum of the terms' absolute values.
    """
    terms, channels = SUMS.get(dtype, SUMS_OTHERWISE)
    draw = Draw(SEED)
    x = draw.normal(3, terms * channels).to(dtype)
    grad_output = draw.spread(-2, 2, terms * channels).to(dtype)
    parameters = [p.to(dtype) for p in function.moderate(draw, channels)]
    repeated = [p.repeat(terms) for p in parameters]
    high, low = exact(function, dtype, (grad_output, x, *repeated))

    def summed(evaluate: Callable[..., Tensor | None]) -> tuple[Tensor, ...] | None:
        leaves = [p.clone().requires_grad_() for p in parameters]
        value = evaluate(x.view(terms, channels), *leaves)
        if value is None:
            return None
        return torch.autograd.grad(value, leaves, grad_output.view(terms, channels))

    ours, theirs = summed(function.ours), summed(function.torchs)
    assert ours is not None
    for index, name in enumerate(function.channels):
        order = function.differentiable.index(name) + 1
        each = high[order].astype(np.longdouble) + low[order]
        total = each.reshape(terms, channels).sum(0)
        first = total.astype(np.float64)
        size = np.abs(each).reshape(terms, channels).sum(0).astype(np.float64)
        against = (first, (total - first).astype(np.float64), size)
        yield OperandsRow(
            function.op,
            function.case,
            f"{SUM}gradient of {name}",
            _name(dtype),
            f"{channels} sums of {terms}",
            count_at_places(ours[index], *against)[0],
            count_at_places(theirs[index], *against)[0] if theirs else None,
        )


def _torchs(function: Function, points: tuple[Tensor, ...]) -> list[Tensor] | None:
    if function.torchs(*(operand[:1] for operand in points[1:])) is None:
        return None

    def evaluate(*operands: Tensor) -> Tensor:
        value = function.torchs(*operands)
        assert value is not None
        return value

    return function.results(evaluate, *points)


def _floors(function: Function, dtype: torch.dtype, points: tuple[Tensor, ...]) -> list[np.ndarray]:
    found = function.floors(dtype, *(column.double() for column in points))
    return [
        np.zeros(len(points[0]))
        if floor is None
        else floor.nan_to_num(nan=0.0, posinf=0.0, neginf=0.0).numpy()
        for floor in found
    ]


def _judged(exact: np.ndarray, grad_output: Tensor, dtype: torch.dtype) -> np.ndarray:
    """Not where the derivative, times which grad_output is, is beyond the largest number."""
    with np.errstate(over="ignore"):
        derivative = np.abs(exact / grad_output.double().numpy())
    largest = torch.finfo(COMPUTED_IN[dtype]).max
    judged: np.ndarray = ~(np.isfinite(exact) & (derivative > largest))
    return judged


def _operands(columns: dict[str, Tensor], order: int, place: int) -> dict[str, float]:
    """Those that the result depends on: no value on grad_output."""
    names = list(columns)[1 if order == 0 else 0 :]
    return {name: float(columns[name][place]) for name in names}


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
