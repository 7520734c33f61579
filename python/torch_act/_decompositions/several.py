"""Decompositions of the ops that are no function of one number: prelu, rrelu, glu, the softmax
family.

Sums are taken in float64, as the kernels take them.
"""

import torch
from torch import Tensor

from torch_act._decompositions.arithmetic import Pair, computed_in
from torch_act._decompositions.layout import laid_out_like
from torch_act._decompositions.sigmoidal import logistic, logistic_slope


def prelu(self: Tensor, weight: Tensor) -> Tensor:
    dtype = computed_in(self.dtype).dtype
    x, slope = self.to(dtype), _along_channels(weight.to(dtype), self)
    # A slope of 0 gives 0 at -inf, too.
    lowest = torch.where(slope == 0.0, torch.finfo(dtype).min, -torch.inf)
    y = torch.where(x > 0.0, x, slope * torch.where(x < lowest, lowest, x))
    return laid_out_like(y.to(self.dtype), self)


def prelu_backward(grad_output: Tensor, self: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    dtype = computed_in(self.dtype).dtype
    x, g, slope = self.to(dtype), grad_output.to(dtype), _along_channels(weight.to(dtype), self)
    derivative = torch.where(torch.isnan(x), x, torch.where(x > 0.0, 1.0, slope))
    each = g.double() * torch.where(x > 0.0, 0.0, x).double()
    if weight.numel() == 1:
        of_weight = each.sum()
    else:
        of_weight = each.sum([d for d in range(self.dim()) if d != 1]) if self.dim() > 1 else each
    grad_weight = of_weight.to(weight.dtype).reshape(weight.shape)
    return laid_out_like((derivative * g).to(self.dtype), self), grad_weight


def _along_channels(weight: Tensor, self: Tensor) -> Tensor:
    if weight.numel() == 1:
        return weight.reshape([])
    return weight.reshape([-1] + [1] * (self.dim() - 2)) if self.dim() > 1 else weight


def rrelu_backward_from_slopes(grad_output: Tensor, slopes: Tensor) -> Tensor:
    product = grad_output.to(slopes.dtype) * slopes
    return laid_out_like(product.to(grad_output.dtype), grad_output)


def _halves(self: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    half = self.shape[dim] // 2
    return self.narrow(dim, 0, half), self.narrow(dim, half, half)


def glu(self: Tensor, dim: int) -> Tensor:
    a, b = _halves(self.to(computed_in(self.dtype).dtype), dim)
    return laid_out_like((a * logistic(b)).to(self.dtype), _halves(self, dim)[0])


def glu_backward(grad_output: Tensor, self: Tensor, dim: int) -> Tensor:
    dtype = computed_in(self.dtype).dtype
    a, b = _halves(self.to(dtype), dim)
    g = grad_output.to(dtype)
    both = torch.cat([g * logistic(b), g * (a * logistic_slope(b))], dim)
    return laid_out_like(both.to(self.dtype), self)


def _shifted(self: Tensor, dim: int) -> Pair:
    """x minus the slice's maximum, with the error of the difference."""
    most = self.amax(dim, keepdim=True) if self.dim() == 0 or self.shape[dim] != 0 else self
    difference = computed_in(self.dtype).sum(self, -most)
    known = difference.high > -computed_in(self.dtype).exhausted
    return Pair(difference.high, torch.where(known, difference.low, 0.0))


def _as_computed(self: Tensor, result: torch.dtype) -> Tensor:
    # Half precision becomes float32 in one step; any other dtype the result's first, as in C++.
    halved = result == torch.float32 and self.dtype in (torch.float16, torch.bfloat16)
    return (self if halved else self.to(result)).to(computed_in(result).dtype)


def softmax(self: Tensor, dim: int, dtype: torch.dtype | None) -> Tensor:
    result = dtype or self.dtype
    x = _as_computed(self, result)
    e = computed_in(x.dtype).exp(_shifted(x, dim))
    total = e.double().sum(dim, keepdim=True)
    return (e / total.to(x.dtype)).to(result).contiguous()


def softmin(self: Tensor, dim: int, dtype: torch.dtype | None) -> Tensor:
    return softmax(-_as_computed(self, dtype or self.dtype), dim, dtype or self.dtype)


def log_softmax(self: Tensor, dim: int, dtype: torch.dtype | None) -> Tensor:
    result = dtype or self.dtype
    x = _as_computed(self, result)
    shifted = _shifted(x, dim)
    # The sum less one of its largest terms, which are 1: what remains can be far below 1.
    largest = shifted.high == 0.0
    others = torch.where(largest, 0.0, computed_in(x.dtype).exp(shifted)).double()
    rest = (largest.double().sum(dim, keepdim=True) - 1.0) + others.sum(dim, keepdim=True)
    return (shifted.high - (rest.log1p().to(x.dtype) - shifted.low)).to(result).contiguous()


def softmax_backward(
    grad_output: Tensor, output: Tensor, dim: int, input_dtype: torch.dtype
) -> Tensor:
    dtype = computed_in(output.dtype).dtype
    g, y = grad_output.to(dtype), output.to(dtype)
    total = (g.double() * y.double()).sum(dim, keepdim=True)
    return ((g - total.to(dtype)) * y).to(input_dtype).contiguous()


def softmin_backward(
    grad_output: Tensor, output: Tensor, dim: int, input_dtype: torch.dtype
) -> Tensor:
    return softmax_backward(-grad_output, output, dim, input_dtype)


def log_softmax_backward(
    grad_output: Tensor, output: Tensor, dim: int, input_dtype: torch.dtype
) -> Tensor:
    dtype = computed_in(output.dtype).dtype
    g, y = grad_output.to(dtype), output.to(dtype)
    total = g.double().sum(dim, keepdim=True)
    return (g - torch.exp(y) * total.to(dtype)).to(input_dtype).contiguous()
