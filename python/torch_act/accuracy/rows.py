"""The softmax family: every element of rows of 1 to 2²⁰, with logits up to ±10⁴."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from torch_act import functional
from torch_act.accuracy.certificate import ROWS
from torch_act.accuracy.errors import Errors, count

SIZES = (1, 2, 3, 5, 8, 17, 64, 100, 128, 1000, 4096, 1 << 16, 1 << 20)
ENOUGH = 128  # elements: in shorter rows the best rounding of each moves the sum further
INPUTS = "rows of 1 to 2^20"


@dataclass
class RowErrors:
    """Of all elements of many rows, and how far from 1 their sums are, in n·2⁻³²."""

    errors: Errors = field(default_factory=Errors)
    sum: float = 0.0


def measure_rows(op: str, dtype: torch.dtype) -> tuple[RowErrors, RowErrors]:
    """Ours and torch's, of an op of ROWS."""
    assert op in ROWS
    ours, torchs = RowErrors(), RowErrors()
    for row in rows(dtype):
        high, low = exact(op, row)
        for total, library in ((ours, functional), (torchs, torch.nn.functional)):
            evaluate = getattr(library, op)
            total.errors.add(_count(evaluate, row, high, low))
            if op != "log_softmax" and dtype == torch.float32 and len(row) >= ENOUGH:
                deviation = abs(float(evaluate(row, dim=-1).double().sum()) - 1)
                total.sum = max(total.sum, deviation * 2.0**32 / len(row))
    return ours, torchs


def rows(dtype: torch.dtype) -> Iterator[Tensor]:
    """Logits of several spreads; all alike; one that outweighs the rest."""
    generator = np.random.default_rng(20240229)
    for size in SIZES:
        kinds = [
            generator.normal(0, 1, size),
            *(generator.uniform(-reach, reach, size) for reach in (20, 100, 1e4)),
            np.full(size, generator.uniform(-1e4, 1e4)),
            np.where(np.arange(size) == size // 2, 9.0, generator.normal(-8, 1, size)),
        ]
        yield from (torch.from_numpy(kind).to(dtype) for kind in kinds)


def exact(op: str, row: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """high + low, to some 2⁻⁶¹: in extended precision, from differences that are exact."""
    x = row.double().numpy()
    x = -x if op == "softmin" else x
    top = x.argmax()
    difference = x - x[top]
    back = difference - x  # the rounding error of the difference, after Knuth
    lost = (x - (difference - back)) - (x[top] + back)
    power = np.exp(difference.astype(np.longdouble)) * (1 + lost.astype(np.longdouble))
    others = np.delete(power, top).sum()
    if op == "log_softmax":
        result = (difference.astype(np.longdouble) - np.log1p(others)) + lost
    else:
        result = power / (1 + others)
    high = result.astype(np.float64)
    return high, (result - high).astype(np.float64)


def _count(
    evaluate: Callable[..., Tensor], row: Tensor, high: np.ndarray, low: np.ndarray
) -> Errors:
    """Along the last dimension, and along another one beside a copy."""
    x = row.double().numpy()
    none = np.zeros(len(row))
    total = Errors()
    for result in (
        evaluate(row, dim=-1),
        evaluate(torch.stack([row, row], dim=1), dim=0)[:, 0],
    ):
        total.add(count(x, result.double().numpy(), high, low, row.dtype, none))
    return total
