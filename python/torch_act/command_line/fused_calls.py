"""How to call what is computed beside an activation, and what is composed of torch's functions."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from torch_act.catalogue import FUSED
from torch_act.command_line.calls import Call


@dataclass(frozen=True)
class FusedCall(Call):
    """One function with one activation."""

    composed: Callable[..., Tensor]

    @property
    def torchs(self) -> Callable[..., Tensor]:
        """The same of torch's functions."""
        return partial(self.composed)

    def further_inputs(self, like: Tensor, channels: int = 1) -> tuple[Tensor, ...]:
        """The bias."""
        if self.entry.name != "bias_act":
            return ()
        return (torch.linspace(-1, 1, like.size(-1), dtype=like.dtype, device=like.device),)


def _swiglu(x: Tensor) -> Tensor:
    gate, other = x.chunk(2, -1)
    return F.silu(gate) * other


def _bias_gelu(x: Tensor, bias: Tensor) -> Tensor:
    return F.gelu(x + bias)


def _bias_relu(x: Tensor, bias: Tensor) -> Tensor:
    return F.relu(x + bias)


_ENTRIES = {entry.name: entry for entry in FUSED}

FUSED_CALLS = (
    FusedCall(_ENTRIES["gated"], "gated by silu", {"activation": "silu"}, _swiglu),
    FusedCall(_ENTRIES["bias_act"], "bias and gelu", {"activation": "gelu"}, _bias_gelu),
    FusedCall(_ENTRIES["bias_act"], "bias and relu", {"activation": "relu"}, _bias_relu),
)
