"""The strides of results: those of the ops' own, whatever the decomposition's steps make of them.

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
