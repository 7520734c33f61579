"""Decompositions of the ops that compute an activation and something else beside it.

Each takes the activation as its formula.
"""

import torch
from torch import Tensor

from torch_act._decompositions.arithmetic import computed_in
from torch_act._decompositions.formula import Formula, scaled
from torch_act._decompositions.layout import laid_out_like


def _halves(self: Tensor, layout: str, dim: int) -> tuple[Tensor, Tensor]:
    """Gate and other factor."""
    if layout == "interleaved":
        dim %= self.dim()
        pairs = self.unflatten(dim, (-1, 2)) if self.shape[dim] else self.unflatten(dim, (0, 2))
        return pairs.select(dim + 1, 0), pairs.select(dim + 1, 1)
    half = self.shape[dim] // 2
    first, second = self.narrow(dim, 0, half), self.narrow(dim, half, half)
    return (first, second) if layout == "first" else (second, first)


def _joined(gate: Tensor, other: Tensor, layout: str, dim: int) -> Tensor:
    if layout == "interleaved":
        dim %= gate.dim()
        return torch.stack([gate, other], dim + 1).flatten(dim, dim + 1)
    return torch.cat([gate, other] if layout == "first" else [other, gate], dim)


def _gradients(
    activation: Formula, grad_output: Tensor, gate: Tensor, other: Tensor
) -> tuple[Tensor, Tensor]:
    dtype = computed_in(gate.dtype).dtype
    g, x, factor = grad_output.to(dtype), gate.to(dtype), other.to(dtype)
    of_gate = scaled(activation, activation.derivative(x), g * factor)
    return of_gate.to(gate.dtype), (g * activation.value(x)).to(other.dtype)


def gated_pair(activation: Formula, gate: Tensor, other: Tensor) -> Tensor:
    dtype = computed_in(gate.dtype).dtype
    product = activation.value(gate.to(dtype)) * other.to(dtype)
    return laid_out_like(product.to(gate.dtype), gate)


def gated_pair_backward(
    activation: Formula, grad_output: Tensor, gate: Tensor, other: Tensor
) -> tuple[Tensor, Tensor]:
    of_gate, of_other = _gradients(activation, grad_output, gate, other)
    return laid_out_like(of_gate, gate), laid_out_like(of_other, other)


def gated(activation: Formula, self: Tensor, layout: str, dim: int) -> Tensor:
    return gated_pair(activation, *_halves(self, layout, dim))


def gated_backward(
    activation: Formula, grad_output: Tensor, self: Tensor, layout: str, dim: int
) -> Tensor:
    gradients = _gradients(activation, grad_output, *_halves(self, layout, dim))
    return laid_out_like(_joined(*gradients, layout, dim), self)


def _biased(self: Tensor, bias: Tensor, dim: int, dtype: torch.dtype) -> Tensor:
    along = [1] * self.dim()
    along[dim] = -1
    return self.to(dtype) + bias.to(dtype).view(along)


def bias_act(activation: Formula, self: Tensor, bias: Tensor, dim: int) -> Tensor:
    y = activation.value(_biased(self, bias, dim, computed_in(self.dtype).dtype))
    return laid_out_like(y.to(self.dtype), self)


def bias_act_backward(
    activation: Formula,
    grad_output: Tensor,
    self_or_result: Tensor,
    bias: Tensor,
    dim: int,
    is_result: bool,
) -> tuple[Tensor, Tensor]:
    saved, dtype = self_or_result, computed_in(self_or_result.dtype).dtype
    if is_result:
        slope = activation.derivative_from_output(saved.to(dtype))  # type: ignore[attr-defined]
    else:
        slope = activation.derivative(_biased(saved, bias, dim, dtype))
    full = scaled(activation, slope, grad_output.to(dtype))
    others = [d for d in range(saved.dim()) if d != dim % saved.dim()]
    of_bias = full.double().sum(others) if others else full
    return laid_out_like(full.to(saved.dtype), saved), of_bias.to(bias.dtype)
