"""How to call each op of the catalogue, ours and torch's alike."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

import torch_act
from torch_act.catalogue import CATALOGUE, Entry


@dataclass(frozen=True)
class Call:
    """One op with one set of arguments."""

    entry: Entry
    label: str
    arguments: Mapping[str, Any]

    @property
    def ours(self) -> Callable[..., Tensor]:
        """Our function of the input alone (and of the weight, for prelu)."""
        return partial(getattr(torch_act.functional, self.entry.name), **self.arguments)

    @property
    def torchs(self) -> Callable[..., Tensor] | None:
        """torch's function, or what is written where it has none of this name; or None."""
        function = getattr(torch.nn.functional, self.entry.name, None) or _composed(self.entry)
        return function and partial(function, **self.arguments)

    def further_inputs(self, like: Tensor) -> tuple[Tensor, ...]:
        """The differentiable arguments after the input."""
        if self.entry.name != "prelu":
            return ()
        weight = float(self.entry.parameter_sets[0]["weight"])
        return (torch.full((1,), weight, dtype=like.dtype, device=like.device),)


def calls(*, training: bool) -> Iterator[Call]:
    """Every op of the catalogue with its default arguments, and with each of its variants."""
    for entry in CATALOGUE:
        for index, parameters in enumerate(entry.parameter_sets):
            if index > 0 and entry.variant_argument is None:
                break
            variant = parameters[entry.variant_argument] if entry.variant_argument else None
            suffix = "" if index == 0 else f"-{variant}"
            yield Call(entry, entry.name + suffix, _arguments(entry, parameters, training))


def _composed(entry: Entry) -> Callable[..., Tensor] | None:
    """Of torch's ops, one after the other, as transformers and timm write it."""
    names = ", ".join(["x", *entry.parameter_sets[0]])
    function = f"lambda {names}: {entry.composed}"
    return eval(function, {"torch": torch}) if entry.composed else None


def _arguments(entry: Entry, parameters: Mapping[str, Any], training: bool) -> dict[str, Any]:
    if entry.name == "prelu":
        return {}
    if entry.name == "rrelu":
        return {**parameters, "training": training}
    if entry.name in ("softmax", "softmin", "log_softmax", "glu"):
        return {"dim": -1}
    return dict(parameters)
