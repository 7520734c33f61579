"""Decompositions of the softmax family over the elements that a mask keeps.

What is not kept, or is -inf, is absent: its probability is 0 and so is its gradient, whatever is in
its place. The backward finds the absent elements by their output.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torch_act._decompositions.arithmetic import computed_in
from torch_act._decompositions.layout import computed_once
from torch_act._decompositions.softmax import (
    as_computed,
    log_softmax_gradient,
    log_softmax_of,
    softmax_gradient,
    softmax_of,
)


def masked_softmax(self: Tensor, dtype: torch.dtype | None, **further: Any) -> Tensor:
    x = as_computed(self, dtype or self.dtype)
    return _of_present(softmax_of, 0.0, x, **further).to(dtype or self.dtype)


def masked_softmin(self: Tensor, dtype: torch.dtype | None, **further: Any) -> Tensor:
    x = -as_computed(self, dtype or self.dtype)
    return _of_present(softmax_of, 0.0, x, **further).to(dtype or self.dtype)


def masked_log_softmax(self: Tensor, dtype: torch.dtype | None, **further: Any) -> Tensor:
    x = as_computed(self, dtype or self.dtype)
    return _of_present(log_softmax_of, -torch.inf, x, **further).to(dtype or self.dtype)


def _of_present(
    compute: Callable[[Tensor, int], Tensor],
    of_absent: float,
    x: Tensor,
    *,
    dim: int,
    mask: Tensor | None,
    temperature: float,
    empty: str,
) -> Tensor:
    logits = _divided(x, temperature)
    if mask is not None:
        logits = computed_once(torch.where(mask, logits, -torch.inf))
    absent = logits == -torch.inf
    result = torch.where(absent, of_absent, compute(logits, dim))
    if empty == "nan":
        nothing = absent if x.dim() == 0 else absent.all(dim, keepdim=True)
        result = torch.where(nothing, torch.nan, result)
    return result.contiguous()


def _divided(x: Tensor, temperature: float) -> Tensor:
    """The quotient as division rounds it. Inductor's is a product with the reciprocal on GPUs: the
    remainder puts right what that is off, and an exponential would magnify."""
    number = computed_in(x.dtype)
    divisor = number.rounded(temperature)
    if divisor == 1.0:
        return x
    quotient = x / divisor
    product = number.product(quotient, divisor)
    rest = ((x - product.high) - product.low) / divisor
    return torch.where(rest.abs() <= quotient.abs(), quotient + rest, quotient)


def masked_softmax_backward(
    grad_output: Tensor, output: Tensor, dim: int, temperature: float, input_dtype: torch.dtype
) -> Tensor:
    dtype = computed_in(output.dtype).dtype
    y, absent = output.to(dtype), output == 0.0
    g = torch.where(absent, 0.0, grad_output.to(dtype))
    gradient = softmax_gradient(g, y, dim) * (1.0 / temperature)
    return torch.where(absent, 0.0, gradient).to(input_dtype).contiguous()


def masked_softmin_backward(
    grad_output: Tensor, output: Tensor, dim: int, temperature: float, input_dtype: torch.dtype
) -> Tensor:
    return masked_softmax_backward(-grad_output, output, dim, temperature, input_dtype)


def masked_log_softmax_backward(
    grad_output: Tensor, output: Tensor, dim: int, temperature: float, input_dtype: torch.dtype
) -> Tensor:
    dtype = computed_in(output.dtype).dtype
    y, absent = output.to(dtype), output == -torch.inf
    g = torch.where(absent, 0.0, grad_output.to(dtype))
    gradient = log_softmax_gradient(g, y, dim) * (1.0 / temperature)
    return torch.where(absent, 0.0, gradient).to(input_dtype).contiguous()
