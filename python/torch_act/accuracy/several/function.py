"""A function of several operands: what is asked of each, and how its results are taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

import torch_act
from torch_act.accuracy.cases import COMPUTED_IN
from torch_act.accuracy.several.draw import Draw

Floors = Sequence[Tensor | None]


@dataclass(frozen=True)
class Function:
    """One op with fixed arguments. Operands are vectors of one length; x is the first of them.

    Results are the value and grad_output times the derivative by each of `differentiable`.
    """

    op: str  # in the catalogue
    case: str
    operands: tuple[str, ...]
    differentiable: tuple[str, ...]
    # The operands that the op takes once for each channel: here each number of x has its own.
    channels: tuple[str, ...] = ()
    reach: tuple[int, int] | None = None  # of the exponents of all but the first operand
    replayable: bool = True  # whether a result depends on its operands alone, not on their place

    @property
    def orders(self) -> list[str]:
        return ["value", *(f"gradient of {name}" for name in self.differentiable)]

    def rounded(self, dtype: torch.dtype) -> Function:
        """With the fixed arguments as the arithmetic of the dtype has them."""
        return self

    def ours(self, *operands: Tensor) -> Tensor:
        raise NotImplementedError

    def torchs(self, *operands: Tensor) -> Tensor | None:
        """The same composed of torch's functions."""
        return None

    def balls(self, grad_output: Any, *operands: Any) -> list[Any]:
        """The exact results, in balls of FLINT's."""
        raise NotImplementedError

    def floors(self, dtype: torch.dtype, grad_output: Tensor, *operands: Tensor) -> Floors:
        """For each result in double the least magnitude whose ulp counts.

        That of the largest term, where a result is a small difference of terms that were rounded;
        and of the least normal number, times what a factor is multiplied by that can be less.
        """
        least = torch.finfo(COMPUTED_IN[dtype]).tiny * grad_output.abs()
        return [None, *(least for _ in self.differentiable)]

    def hard(self, draw: Draw, count: int) -> list[Tensor]:
        """Operands where the function changes, ends or cancels."""
        raise NotImplementedError

    def moderate(self, draw: Draw, count: int) -> list[Tensor]:
        """The operands in `channels`, as networks have them."""
        return [draw.uniform(-1, 1, count) for _ in self.channels]

    def domain(self, dtype: torch.dtype, *operands: Tensor) -> Tensor:
        """Where the exact results can be told; operands in double."""
        return torch.ones_like(operands[0], dtype=torch.bool)

    def prepared(self, *operands: Tensor) -> tuple[Tensor, ...]:
        """With the operands that are not chosen freely."""
        return operands

    def wide(self, dtype: torch.dtype, grad_output: Tensor, *operands: Tensor) -> list[Tensor]:
        """The results by our formulas in double."""
        computed = self.rounded(dtype)
        return computed.results(
            computed.ours, grad_output.double(), *(o.double() for o in operands)
        )

    def results(
        self, evaluate: Callable[..., Tensor], grad_output: Tensor, *operands: Tensor
    ) -> list[Tensor]:
        """Value and gradients of a function; the gradients from a saved input."""
        leaves = [operand.detach().clone() for operand in operands]
        wanted = [
            leaves[self.operands.index(name)].requires_grad_() for name in self.differentiable
        ]
        given = [
            leaf[None] if self.channels and name not in self.channels else leaf
            for name, leaf in zip(self.operands, leaves, strict=True)
        ]
        with torch_act.saved_as("input"):
            value = evaluate(*given).reshape(grad_output.shape)
        gradients = torch.autograd.grad(value, wanted, grad_output)
        return [value.detach(), *gradients]
