"""Value, derivative and second derivative of an op along one line of inputs."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

import torch_act
from torch_act.command_line.calls import Call

ORDERS = ("value", "derivative", "second derivative")

Function = Callable[..., Tensor]


def curves(call: Call, function: Function, x: Tensor) -> list[Tensor | None]:
    """The three at each element of `x`, a vector; None for what the function does not give.

    Ours save their input: that gradient is the exact function of it.
    """
    x = x.clone().requires_grad_()
    with torch_act.saved_as("input"):
        y = function(line(call, x), *call.further_inputs(x))[:, 0]
    found: list[Tensor | None] = [y.detach()]
    for order in (1, 2):
        derivative = _derivative(y, x, create_graph=order == 1)
        found.append(None if derivative is None else derivative.detach())
        if derivative is None:
            return [*found, *[None] * (2 - order)]
        y = derivative
    return found


def _derivative(y: Tensor, x: Tensor, create_graph: bool) -> Tensor | None:
    if not y.requires_grad:  # a constant
        return torch.zeros_like(x)
    ones = torch.ones_like(y)
    try:
        (found,) = torch.autograd.grad(
            y, x, ones, create_graph=create_graph, allow_unused=True, materialize_grads=True
        )
    except RuntimeError:  # torch's hardsigmoid has no second derivative
        return None
    return found


def line(call: Call, x: Tensor) -> Tensor:
    """Inputs for the numbers `x`, a row each, whose first result is drawn."""
    if _of_one_number(call):
        return x[:, None]
    if call.entry.name == "glu":
        return torch.stack([torch.ones_like(x), x], dim=1)
    return torch.stack([x, torch.zeros_like(x)], dim=1)


def _of_one_number(call: Call) -> bool:
    return bool(call.entry.pieces or call.entry.tensors)


def remark(call: Call) -> str:
    """The line of inputs and the parameters, in words."""
    if call.entry.name == "glu":
        return "a = 1, b = x"
    if not _of_one_number(call):
        return "of (x, 0), the first"
    parameters = {**call.entry.parameter_sets[0], **call.arguments}
    return ", ".join(
        f"{name}={value:.3g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in parameters.items()
        if not isinstance(value, bool)
    )
