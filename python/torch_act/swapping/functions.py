"""Our functions with the arguments of torch's and of timm's, where torch_act.functional's differ.

The names and defaults are theirs, so that ours can stand wherever theirs is called.
"""

import torch
from torch import Tensor

from torch_act import functional as F


def softmax(input: Tensor, dim: int, dtype: torch.dtype | None = None) -> Tensor:
    """torch.softmax, which knows no `_stacklevel`."""
    return F.softmax(input, dim, dtype=dtype)


def log_softmax(input: Tensor, dim: int, dtype: torch.dtype | None = None) -> Tensor:
    """torch.log_softmax, which knows no `_stacklevel`."""
    return F.log_softmax(input, dim, dtype=dtype)


def rrelu(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    generator: torch.Generator | None = None,
) -> Tensor:
    """torch.rrelu, whose fifth argument is no `inplace`."""
    return F.rrelu(input, lower, upper, training, generator=generator)


def sigmoid_(input: Tensor) -> Tensor:
    """torch.sigmoid_"""
    result: Tensor = torch.ops.act.sigmoid_(input)
    return result


def tanh_(input: Tensor) -> Tensor:
    """torch.tanh_"""
    result: Tensor = torch.ops.act.tanh_(input)
    return result


def sigmoid(x: Tensor, inplace: bool = False) -> Tensor:
    """timm's sigmoid."""
    return sigmoid_(x) if inplace else F.sigmoid(x)


def tanh(x: Tensor, inplace: bool = False) -> Tensor:
    """timm's tanh."""
    return tanh_(x) if inplace else F.tanh(x)


def swish(x: Tensor, inplace: bool = False) -> Tensor:
    """timm's swish."""
    return F.silu(x, inplace)


def swish_me(x: Tensor, inplace: bool = False) -> Tensor:
    """timm's swish_me, never in place."""
    return F.silu(x)


def mish(x: Tensor, inplace: bool = False) -> Tensor:
    """timm's mish and mish_me, never in place."""
    return F.mish(x)


def hard_swish(x: Tensor, inplace: bool = False) -> Tensor:
    """timm's hard_swish."""
    return F.hardswish(x, inplace)


def hard_swish_me(x: Tensor, inplace: bool = False) -> Tensor:
    """timm's hard_swish_me, never in place."""
    return F.hardswish(x)


def hard_sigmoid(x: Tensor, inplace: bool = False) -> Tensor:
    """timm's hard_sigmoid."""
    return F.hardsigmoid(x, inplace)


def hard_sigmoid_me(x: Tensor, inplace: bool = False) -> Tensor:
    """timm's hard_sigmoid_me, never in place."""
    return F.hardsigmoid(x)


def hard_mish(x: Tensor, inplace: bool = False) -> Tensor:
    """timm's hard_mish."""
    return F.hard_mish(x, inplace)


def hard_mish_me(x: Tensor, inplace: bool = False) -> Tensor:
    """timm's hard_mish_me, never in place."""
    return F.hard_mish(x)


def quick_gelu(x: Tensor, inplace: bool = False) -> Tensor:
    """timm's quick_gelu, never in place."""
    return F.quick_gelu(x)


def gelu(x: Tensor, inplace: bool = False) -> Tensor:
    """timm's gelu, never in place."""
    return F.gelu(x)


def gelu_tanh(x: Tensor, inplace: bool = False) -> Tensor:
    """timm's gelu_tanh, never in place."""
    return F.gelu(x, approximate="tanh")
