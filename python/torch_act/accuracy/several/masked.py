"""The softmax family with a mask and a temperature: every element, and the gradient's."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor

from torch_act import functional
from torch_act.accuracy.cases import COMPUTED_IN
from torch_act.accuracy.errors import Errors
from torch_act.accuracy.rows import exact, rows
from torch_act.accuracy.several.counting import count_at_places
from torch_act.accuracy.several.draw import Draw
from torch_act.accuracy.several.sample import SEED
from torch_act.accuracy.several.table import OperandsRow

TEMPERATURE = 0.7
LONGEST = 4096
INPUTS = "rows of 1 to 4096, half of each absent"
Softmax = Callable[..., Tensor]


def measure_masked(op: str, dtype: torch.dtype, longest: int = LONGEST) -> list[OperandsRow]:
    """Value and gradient of a member of the family, ours and torch's."""
    named = {"value": (Errors(), Errors()), "gradient": (Errors(), Errors())}
    draw = Draw(SEED)
    for row in rows(dtype):
        if len(row) > longest:
            break
        mask = draw.signs(len(row)) > 0
        grad_output = draw.spread(-2, 2, len(row)).to(dtype)
        expected = _value(op, row, mask)
        for index, evaluate in enumerate((_ours(op), _torchs(op))):
            leaf = row.clone().requires_grad_()
            result = evaluate(leaf, mask)
            (gradient,) = torch.autograd.grad(result, leaf, grad_output)
            output = result.detach()
            named["value"][index].add(count_at_places(output, *expected, np.zeros(len(row)))[0])
            of_gradient = _gradient(op, output, grad_output, mask)
            named["gradient"][index].add(count_at_places(gradient, *of_gradient)[0])
    case = f"{op}(temperature={TEMPERATURE}) with a mask"
    kind = str(dtype).removeprefix("torch.")
    return [OperandsRow(op, case, order, kind, INPUTS, *both) for order, both in named.items()]


def _ours(op: str) -> Softmax:
    function = getattr(functional, op)
    return lambda row, mask: function(row, -1, mask=mask, temperature=TEMPERATURE)


def _torchs(op: str) -> Softmax:
    """0 for a row with nothing left, as ours."""
    function = partial(getattr(torch.nn.functional, op), dim=-1)
    absent = torch.inf if op == "softmin" else -torch.inf

    def evaluate(row: Tensor, mask: Tensor) -> Tensor:
        result = function(torch.where(mask, row / TEMPERATURE, absent))
        nothing = -torch.inf if op == "log_softmax" else 0.0
        return result if mask.any() else torch.where(mask, result, nothing)

    return evaluate


def _value(op: str, row: Tensor, mask: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Of the quotients as the arithmetic rounds them: so it is documented."""
    high = np.full(len(row), -np.inf if op == "log_softmax" else 0.0)
    low = np.zeros(len(row))
    if mask.any():
        kept = mask.numpy()
        high[kept], low[kept] = exact(op, row.to(COMPUTED_IN[row.dtype])[mask] / TEMPERATURE)
    return high, low


def _gradient(
    op: str, output: Tensor, grad_output: Tensor, mask: Tensor
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the output that was saved; high, low and the size of the terms."""
    y = output.double().numpy().astype(np.longdouble)
    g = np.where(mask.numpy(), grad_output.double().numpy(), 0.0).astype(np.longdouble)
    if op == "log_softmax":
        p = np.exp(y)
        result, size = g - p * g.sum(), np.abs(g) + p * np.abs(g).sum()
    else:
        result, size = y * (g - (g * y).sum()), y * (np.abs(g) + np.abs(g * y).sum())
    number = {torch.float32: np.float32, torch.float64: np.float64}[COMPUTED_IN[output.dtype]]
    sign = -1 if op == "softmin" else 1
    result, size = sign * result / number(TEMPERATURE), size / number(TEMPERATURE)
    high = result.astype(np.float64)
    return high, (result - high).astype(np.float64), size.astype(np.float64)
