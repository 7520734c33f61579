"""The strides of results: those of the ops' own, whatever the decomposition's steps make of them;
and parameters of the channels beside a tensor.

A program is traced with the op's strides; another layout would change what `view` or a stride in
the traced program means.
"""

import torch
from torch import Tensor
from torch.fx.experimental.symbolic_shapes import statically_known_true


def laid_out_like(result: Tensor, like: Tensor) -> Tensor:
    """`result` with the strides that empty_like gives."""
    expected = torch.empty_like(like).stride()
    if all(statically_known_true(a == b) for a, b in zip(result.stride(), expected, strict=True)):
        return result
    outermost_first = sorted(range(result.dim()), key=lambda d: expected[d], reverse=True)
    dense = result.permute(outermost_first).clone(memory_format=torch.contiguous_format)
    return dense.permute([outermost_first.index(d) for d in range(result.dim())])


def computed_once(x: Tensor) -> Tensor:
    """x in memory of its own, for several passes over it: Inductor's CPU code would compute it anew
    in each, and reads masks of bools one by one."""
    return x.as_strided(x.size(), x.stride()) if x.device.type == "cpu" else x


def along_channels(parameter: Tensor, x: Tensor) -> Tensor:
    """One value, or one for each channel (dimension 1), as a factor of what has x's shape."""
    if parameter.numel() == 1:
        return parameter.reshape([])
    return parameter.reshape([-1] + [1] * (x.dim() - 2)) if x.dim() > 1 else parameter


def sum_to_parameter(full: Tensor, parameter: Tensor) -> Tensor:
    """The sum over all that shares an element of the parameter."""
    if parameter.numel() == 1:
        return full.sum().reshape(parameter.shape)
    others = [d for d in range(full.dim()) if d != 1]
    return full.sum(others) if full.dim() > 1 else full
