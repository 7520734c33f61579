"""Modules that stand for classes of other libraries and that torch_act.nn has no class for.

Those that keep a parameterised part of the class, a projection say, are mixed into it: see `mixed`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from torch_act import functional as F
from torch_act import nn
from torch_act.swapping import functions


class Sigmoid(nn.Sigmoid):
    """timm's Sigmoid, which has an argument `inplace`."""

    inplace: bool

    def forward(self, input: Tensor) -> Tensor:
        return functions.sigmoid(input, self.inplace)


class Tanh(nn.Tanh):
    """timm's Tanh, which has an argument `inplace`."""

    inplace: bool

    def forward(self, input: Tensor) -> Tensor:
        return functions.tanh(input, self.inplace)


class ClippedGELU(torch.nn.Module):
    """transformers' ClippedGELUActivation: our gelu, torch's clip."""

    min: float
    max: float

    def forward(self, input: Tensor) -> Tensor:
        return torch.clip(F.gelu(input), self.min, self.max)


class Mixin:
    """Marks what is mixed into a class instead of standing for it."""

    computed_by: str


class ProjectedGELU(Mixin):
    """The gelu of diffusers' GELU, which is a projection with gelu behind it."""

    computed_by = "torch_act.functional.gelu"
    approximate: str

    def gelu(self, gate: Tensor) -> Tensor:
        return F.gelu(gate, approximate=self.approximate)


class ProjectedQuickGELU(Mixin):
    """The forward of diffusers' ApproximateGELU, a projection with quick_gelu behind it."""

    computed_by = "torch_act.functional.quick_gelu"
    proj: torch.nn.Module

    def forward(self, x: Tensor) -> Tensor:
        return F.quick_gelu(self.proj(x))


class ProjectedGEGLU(Mixin):
    """The gelu of diffusers' GEGLU, which is a projection with a gated gelu behind it."""

    computed_by = "torch_act.functional.gelu"

    def gelu(self, gate: Tensor) -> Tensor:
        return F.gelu(gate)


_MIXED = "_torch_act_mixed"


def is_mixed(kind: object) -> bool:
    return getattr(kind, _MIXED, False) is True


_made: dict[tuple[type, type], type[torch.nn.Module]] = {}


def mixed(ours: type, original: type[torch.nn.Module]) -> type[torch.nn.Module]:
    """A subclass of the original under its name, whose computation is ours.

    It exists only in memory, so an instance is pickled as its two classes and its state.
    """

    if (ours, original) in _made:
        return _made[ours, original]

    def __reduce_ex__(self: torch.nn.Module, protocol: Any) -> Any:
        return _instance, (ours, original), self.__dict__

    kind = type(
        original.__name__,
        (ours, original),
        {
            "__doc__": original.__doc__,
            "__module__": original.__module__,
            "__qualname__": original.__qualname__,
            "__reduce_ex__": __reduce_ex__,
            _MIXED: True,
        },
    )
    return _made.setdefault((ours, original), kind)


def _instance(ours: type, original: type[torch.nn.Module]) -> torch.nn.Module:
    kind = mixed(ours, original)
    return kind.__new__(kind)
