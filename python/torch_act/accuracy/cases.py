"""What is certified: every pointwise op of the C++ list, with each of its parameter sets.

The ops come from the library itself, their definitions and parameter sets from the catalogue.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
import torch
from torch import Tensor

import torch_act
from torch_act._composed import composed
from torch_act.accuracy.reference import Reference
from torch_act.catalogue import BY_NAME

HALF_DTYPES = (torch.bfloat16, torch.float16)
DTYPES = (torch.float32, torch.float64, *HALF_DTYPES)

# The dtype that each dtype is computed in, and numpy's name of it.
COMPUTED_IN = {
    dtype: torch.float64 if dtype == torch.float64 else torch.float32 for dtype in DTYPES
}
NUMPY: dict[torch.dtype, type[np.floating[Any]]] = {
    torch.float32: np.float32,
    torch.float64: np.float64,
}


@dataclass(frozen=True)
class Case:
    """One pointwise op with fixed parameters."""

    name: str
    parameters: tuple[tuple[str, float | str], ...]
    variant: str | None  # the value of the parameter that chooses a formula (gelu's approximate)
    output_gives_gradient: bool  # whether the backward has the argument is_result
    two_slopes: bool  # whether two bits for each element give the backward

    def __str__(self) -> str:
        return f"{self.name}({', '.join(f'{k}={v}' for k, v in self.parameters)})"

    @property
    def keywords(self) -> dict[str, Any]:
        return dict(self.parameters)

    def value(self, x: Tensor) -> Tensor:
        result: Tensor = getattr(torch.ops.act, self.name)(x, **self.keywords)
        return result

    def backward(self, grad_output: Tensor, saved: Tensor, **is_result: bool) -> Tensor:
        op = getattr(torch.ops.act, self.name + "_backward")
        result: Tensor = op(grad_output, saved, **self.keywords, **is_result)
        return result

    def double_backward(
        self, grad_grad_input: Tensor, grad_output: Tensor, saved: Tensor, **is_result: bool
    ) -> Tensor:
        op = getattr(torch.ops.act, self.name + "_double_backward")
        keywords = self.keywords | is_result
        result: Tensor = op(grad_grad_input, grad_output, saved, **keywords)
        return result

    def derivative(self, x: Tensor) -> Tensor:
        return self.backward(torch.ones_like(x), x)

    def second_derivative(self, x: Tensor) -> Tensor:
        return self.double_backward(torch.ones_like(x), torch.ones_like(x), x)

    @property
    def in_torch(self) -> bool:
        return hasattr(torch.nn.functional, self.name)

    def torch_value(self, x: Tensor) -> Tensor:
        """The same activation by torch.nn.functional, or by what is written in its stead."""
        plain = {"sigmoid": torch.sigmoid, "tanh": torch.tanh}
        function = plain.get(self.name) or composed(BY_NAME[self.name])
        return (function or getattr(torch.nn.functional, self.name))(x, **self.keywords)

    def numbers(self, dtype: torch.dtype) -> dict[str, float]:
        """The numeric parameters, rounded to the dtype that `dtype` is computed in."""
        entry, round_to = BY_NAME[self.name], NUMPY[COMPUTED_IN[dtype]]
        return {k: float(round_to(v)) for k, v in entry.numbers_of(self.keywords).items()}

    def reference(self, dtype: torch.dtype) -> Reference:
        pieces = BY_NAME[self.name].definition(self.keywords)
        return Reference(pieces, self.numbers(dtype), NUMPY[COMPUTED_IN[dtype]])

    @property
    def width(self) -> float:
        """The scale of x on which it changes: 1, unless a parameter stretches the axis."""
        entry = BY_NAME[self.name]
        width = float(eval(entry.width, entry.numbers_of(self.keywords)))
        return width if width < inf else 1.0


def cases(case_type: type[Case] = Case) -> Iterator[Case]:
    """Every case, in the order of the list; as instances of a subclass where one is given."""
    for op in torch_act._C.pointwise_ops():
        entry = BY_NAME.get(op["name"])
        if entry is None:  # reported by tests/test_reference.py
            continue
        variant_argument = op["variants"][0] if op["variants"] else None
        for parameters in entry.parameter_sets:
            yield case_type(
                op["name"],
                tuple(parameters.items()),
                str(parameters[variant_argument]) if variant_argument else None,
                bool(op["output_determines"]),
                bool(op["two_slopes"]),
            )
