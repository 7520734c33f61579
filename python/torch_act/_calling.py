"""How a Python function reaches its kernel.

There are two ways in. The builtins of `_C` call the dispatcher through typed handles and cost
about as much as torch's own; `torch.ops.act.<name>` costs 2 to 4 µs more for each call, but is an
object that a graph can hold. Hence the rule:

1. An argument with `__torch_function__`, or an active TorchFunctionMode: the function hands itself
   to `handle_torch_function`, as those of torch.nn.functional do. torch.fx traces by this.
2. Dynamo is reading the code (torch.compile, strict torch.export): the op itself, which becomes a
   node of the graph. A builtin would break the graph.
3. Otherwise the builtin. Whatever traces below Python (make_fx, torch.jit.trace, fake tensors,
   torch.func) sees the op in either case, for both ways lead through the dispatcher.

The functions write `(traceable if is_dynamo_compiling() else kernels).<name>` out: to ask a
function of this file instead would be 2 % of a call on a small tensor.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

import torch
from torch import Generator, Tensor
from torch.overrides import (
    handle_torch_function,
    has_torch_function_unary,
    has_torch_function_variadic,
)

from torch_act import _C
from torch_act.catalogue import CATALOGUE

__all__ = [
    "handle_torch_function",
    "has_torch_function_unary",
    "has_torch_function_variadic",
    "kernels",
    "traceable",
]


class _Operators:
    """The ops under the names of the builtins, and with their positional arguments."""

    @staticmethod
    def gelu(input: Tensor, approximate: str) -> Any:
        return torch.ops.act.gelu.default(input, approximate=approximate)

    @staticmethod
    def rrelu(
        input: Tensor, lower: float, upper: float, training: bool, generator: Generator | None
    ) -> Any:
        return torch.ops.act.rrelu.default(input, lower, upper, training, generator=generator)

    @staticmethod
    def rrelu_(
        input: Tensor, lower: float, upper: float, training: bool, generator: Generator | None
    ) -> Any:
        return torch.ops.act.rrelu_.default(input, lower, upper, training, generator=generator)

    @staticmethod
    def softmax(input: Tensor, dim: int, dtype: torch.dtype | None) -> Any:
        return torch.ops.act.softmax.default(input, dim, dtype=dtype)

    @staticmethod
    def softmin(input: Tensor, dim: int, dtype: torch.dtype | None) -> Any:
        return torch.ops.act.softmin.default(input, dim, dtype=dtype)

    @staticmethod
    def log_softmax(input: Tensor, dim: int, dtype: torch.dtype | None) -> Any:
        return torch.ops.act.log_softmax.default(input, dim, dtype=dtype)

    @staticmethod
    def gated(
        input: Tensor, activation: str, layout: str, dim: int, parameters: Sequence[float]
    ) -> Any:
        return torch.ops.act.gated.default(
            input, activation, layout=layout, dim=dim, parameters=parameters
        )

    @staticmethod
    def gated_pair(
        gate: Tensor, other: Tensor, activation: str, parameters: Sequence[float]
    ) -> Any:
        return torch.ops.act.gated_pair.default(gate, other, activation, parameters=parameters)

    @staticmethod
    def bias_act(
        input: Tensor, bias: Tensor, activation: str, dim: int, parameters: Sequence[float]
    ) -> Any:
        return torch.ops.act.bias_act.default(
            input, bias, activation, dim=dim, parameters=parameters
        )


def _adopt_operators() -> None:
    # The others take no keyword-only argument: the op itself is the function.
    for entry in CATALOGUE:
        for name in (entry.name, entry.name + "_"):
            if name not in vars(_Operators) and hasattr(torch.ops.act, name):
                setattr(_Operators, name, getattr(torch.ops.act, name).default)


def _masked(op: Any) -> Any:
    def call(
        input: Tensor,
        dim: int,
        mask: Tensor | None,
        temperature: float,
        empty: str,
        dtype: torch.dtype | None,
    ) -> Any:
        return op(input, dim, mask=mask, temperature=temperature, empty=empty, dtype=dtype)

    return staticmethod(call)


_adopt_operators()
for _name in ("masked_softmax", "masked_softmin", "masked_log_softmax"):
    setattr(_Operators, _name, _masked(getattr(torch.ops.act, _name).default))


class Kernels(Protocol):
    """A function for each op and each in-place op, by its name.

    Called as `<name>(input, every argument in order)`.
    """

    def __getattr__(self, name: str) -> Callable[..., Tensor]: ...


kernels, traceable = cast(Kernels, _C), cast(Kernels, _Operators)  # rules 3 and 2
