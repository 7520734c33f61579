"""What is measured of functions of several operands, in the order of the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch

from torch_act.accuracy.cases import DTYPES
from torch_act.accuracy.several.function import Function
from torch_act.accuracy.several.functions import functions
from torch_act.accuracy.several.masked import measure_masked
from torch_act.accuracy.several.measure import measure, measure_sums
from torch_act.accuracy.several.noise import COUNT, measure_noise
from torch_act.accuracy.several.table import ROWS, OperandsRow


@dataclass(frozen=True)
class Task:
    """One function in one dtype: seconds."""

    op: str
    dtype: torch.dtype
    run: Callable[[], list[OperandsRow]]

    @property
    def dtype_name(self) -> str:
        return str(self.dtype).removeprefix("torch.")


def tasks() -> Iterator[Task]:
    for function in functions():
        for dtype in DTYPES:
            yield Task(function.op, dtype, partial(_rows, function, dtype))
    for op in ROWS:
        for dtype in DTYPES:
            yield Task(op, dtype, partial(measure_masked, op, dtype))
    for dtype in COUNT:
        yield Task("gumbel_softmax", dtype, partial(measure_noise, dtype))


def _rows(function: Function, dtype: torch.dtype) -> list[OperandsRow]:
    rows = measure(function, dtype)
    return [*rows, *measure_sums(function, dtype)] if function.channels else rows
