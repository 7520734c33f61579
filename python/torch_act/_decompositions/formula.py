"""What a decomposed formula is: the same functions of one number as its C++ counterpart."""

import torch
from torch import Tensor

from torch_act._decompositions.arithmetic import Format


class Formula:
    """Made for one call: with the format to compute in, and the op's parameters by name."""

    # Where the derivative is 0 the gradient is 0, whatever grad_output is.
    flat_blocks_gradient = False

    def __init__(self, number: Format):
        self.number = number

    def value(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def derivative(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def second_derivative(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    # Of a formula whose output y determines its derivative, also
    #   derivative_from_output(y), and its derivative by y, second_derivative_from_output(y).


def scaled(formula: Formula, derivative: Tensor, gradient: Tensor) -> Tensor:
    """A gradient times a derivative of the formula."""
    product = derivative * gradient
    return torch.where(derivative == 0.0, 0.0, product) if formula.flat_blocks_gradient else product
