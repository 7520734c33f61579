"""Decompositions of prelu, rrelu and glu, which are no function of one number.

Sums are taken in float64, as the kernels take them.
"""

import torch
from torch import Tensor

from torch_act._decompositions.arithmetic import computed_in
from torch_act._decompositions.layout import along_channels, laid_out_like, sum_to_parameter
from torch_act._decompositions.sigmoidal import logistic, logistic_slope


def prelu(self: Tensor, weight: Tensor) -> Tensor:
    dtype = computed_in(self.dtype).dtype
    x, slope = self.to(dtype), along_channels(weight.to(dtype), self)
    return laid_out_like(sloped(x, slope).to(self.dtype), self)


def sloped(x: Tensor, slope: Tensor) -> Tensor:
    # A slope of 0 gives 0 at -inf, too.
    least = torch.finfo(x.dtype).min
    return torch.where(x > 0.0, x, slope * torch.where((slope == 0.0) & (x < least), least, x))


def slope_at(x: Tensor, slope: Tensor) -> Tensor:
    """The derivative."""
    return torch.where(torch.isnan(x), x, torch.where(x > 0.0, 1.0, slope))


def prelu_backward(grad_output: Tensor, self: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    dtype = computed_in(self.dtype).dtype
    x, g, slope = self.to(dtype), grad_output.to(dtype), along_channels(weight.to(dtype), self)
    each = g.double() * torch.where(x > 0.0, 0.0, x).double()
    grad_weight = sum_to_parameter(each, weight).to(weight.dtype)
    return laid_out_like((g * slope_at(x, slope)).to(self.dtype), self), grad_weight


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
