"""How to call each op of the catalogue, ours and torch's alike."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

import torch_act
from torch_act._composed import composed
from torch_act.catalogue import CATALOGUE, Entry


@dataclass(frozen=True)
class Call:
    """One op with one set of arguments."""

    entry: Entry
    label: str
    arguments: Mapping[str, Any]

    @property
    def ours(self) -> Callable[..., Tensor]:
        """Our function of the input alone (and of its learned parameters)."""
        return partial(getattr(torch_act.functional, self.entry.name), **self.arguments)

    @property
    def torchs(self) -> Callable[..., Tensor] | None:
        """torch's function, or what is written where it has none of this name; or None."""
        function = getattr(torch.nn.functional, self.entry.name, None) or composed(self.entry)
        return function and partial(function, **self.arguments)

    @property
    def ours_in_place(self) -> Callable[..., Tensor] | None:
        """Our function that overwrites its input; None where there is none."""
        if _takes_inplace(function := self.ours):
            return partial(function, inplace=True)
        op = getattr(torch.ops.act, self.entry.name + "_", None)
        return op and partial(op.default, **self.arguments)

    @property
    def torchs_in_place(self) -> Callable[..., Tensor] | None:
        """torch's, called in the same way: the builtin torch.sigmoid_ takes less than its op."""
        if (function := self.torchs) and _takes_inplace(function):
            return partial(function, inplace=True)
        op = getattr(torch.ops.aten, self.entry.name + "_", None)
        return op and partial(op.default, **self.arguments)

    def further_inputs(self, like: Tensor, channels: int = 1) -> tuple[Tensor, ...]:
        """The differentiable arguments after the input."""
        values = self.entry.parameter_sets[0]
        return tuple(
            torch.full((channels,), float(values[name]), dtype=like.dtype, device=like.device)
            for name in self.entry.tensors
        )


def _takes_inplace(function: Callable[..., Tensor]) -> bool:
    function = getattr(function, "func", function)
    if inspect.isbuiltin(function):  # has no signature, and no such argument
        return False
    return "inplace" in inspect.signature(function).parameters


def calls(*, training: bool) -> Iterator[Call]:
    """Every op of the catalogue with its default arguments, and with each of its variants."""
    for entry in CATALOGUE:
        for index, parameters in enumerate(entry.parameter_sets):
            if index > 0 and entry.variant_argument is None:
                break
            variant = parameters[entry.variant_argument] if entry.variant_argument else None
            suffix = "" if index == 0 else f"-{variant}"
            yield Call(entry, entry.name + suffix, _arguments(entry, parameters, training))


def calls_along_first_dim() -> Iterator[Call]:
    """The softmax family once more, along a dimension whose elements lie apart."""
    for entry in CATALOGUE:
        if entry.name in ALONG_ROWS:
            yield Call(entry, f"{entry.name}-dim0", {"dim": 0})


ALONG_ROWS = ("softmax", "softmin", "log_softmax")


def _arguments(entry: Entry, parameters: Mapping[str, Any], training: bool) -> dict[str, Any]:
    if entry.tensors:
        return {name: value for name, value in parameters.items() if name not in entry.tensors}
    if entry.name == "rrelu":
        return {**parameters, "training": training}
    if entry.name in (*ALONG_ROWS, "glu"):
        return {"dim": -1}
    return dict(parameters)
