"""Decompositions of the softmax family.

Sums are taken in float64, as the kernels take them.
"""

import torch
from torch import Tensor

from torch_act._decompositions.arithmetic import Pair, computed_in


def _shifted(self: Tensor, dim: int) -> Pair:
    """x minus the slice's maximum, with the error of the difference."""
    most = self.amax(dim, keepdim=True) if self.dim() == 0 or self.shape[dim] != 0 else self
    difference = computed_in(self.dtype).sum(self, -most)
    known = difference.high > -computed_in(self.dtype).exhausted
    return Pair(difference.high, torch.where(known, difference.low, 0.0))


def as_computed(self: Tensor, result: torch.dtype) -> Tensor:
    # Half precision becomes float32 in one step; any other dtype the result's first, as in C++.
    halved = result == torch.float32 and self.dtype in (torch.float16, torch.bfloat16)
    return (self if halved else self.to(result)).to(computed_in(result).dtype)


def softmax(self: Tensor, dim: int, dtype: torch.dtype | None) -> Tensor:
    result = dtype or self.dtype
    return softmax_of(as_computed(self, result), dim).to(result).contiguous()


def softmin(self: Tensor, dim: int, dtype: torch.dtype | None) -> Tensor:
    return softmax(-as_computed(self, dtype or self.dtype), dim, dtype or self.dtype)


def log_softmax(self: Tensor, dim: int, dtype: torch.dtype | None) -> Tensor:
    result = dtype or self.dtype
    return log_softmax_of(as_computed(self, result), dim).to(result).contiguous()


def softmax_of(x: Tensor, dim: int) -> Tensor:
    e = computed_in(x.dtype).exp(_shifted(x, dim))
    total = e.double().sum(dim, keepdim=True)
    return e / total.to(x.dtype)


def log_softmax_of(x: Tensor, dim: int) -> Tensor:
    shifted = _shifted(x, dim)
    # The sum less one of its largest terms, which are 1: what remains can be far below 1.
    largest = shifted.high == 0.0
    others = torch.where(largest, 0.0, computed_in(x.dtype).exp(shifted)).double()
    rest = (largest.double().sum(dim, keepdim=True) - 1.0) + others.sum(dim, keepdim=True)
    return shifted.high - (rest.log1p().to(x.dtype) - shifted.low)


def softmax_backward(
    grad_output: Tensor, output: Tensor, dim: int, input_dtype: torch.dtype
) -> Tensor:
    dtype = computed_in(output.dtype).dtype
    return softmax_gradient(grad_output.to(dtype), output.to(dtype), dim).to(input_dtype)


def softmin_backward(
    grad_output: Tensor, output: Tensor, dim: int, input_dtype: torch.dtype
) -> Tensor:
    return softmax_backward(-grad_output, output, dim, input_dtype)


def log_softmax_backward(
    grad_output: Tensor, output: Tensor, dim: int, input_dtype: torch.dtype
) -> Tensor:
    dtype = computed_in(output.dtype).dtype
    return log_softmax_gradient(grad_output.to(dtype), output.to(dtype), dim).to(input_dtype)


def softmax_gradient(g: Tensor, y: Tensor, dim: int) -> Tensor:
    total = (g.double() * y.double()).sum(dim, keepdim=True)
    return ((g - total.to(y.dtype)) * y).contiguous()


def log_softmax_gradient(g: Tensor, y: Tensor, dim: int) -> Tensor:
    total = g.double().sum(dim, keepdim=True)
    return (g - torch.exp(y) * total.to(y.dtype)).contiguous()
