"""A value, a derivative or a second derivative of a case: ours, torch's and the reference's."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from torch_act.accuracy.cases import COMPUTED_IN, Case

# Of a derivative from the output, x is the output: it is judged as a function of what was saved.
ORDERS = ("value", "derivative", "second derivative", "derivative from output")
FROM_OUTPUT = "derivative from output"
Evaluate = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Subject:
    """One order of one case in one dtype."""

    case: Case
    order: str
    dtype: torch.dtype

    def ours(self, x: Tensor) -> Tensor:
        return _ours(self.case, self.order, x)

    def theirs(self) -> Evaluate | None:
        """torch's, by its own autograd; None where torch has none."""
        if not self.case.in_torch:
            return None
        if self.order == FROM_OUTPUT:
            evaluate = _torch_from_output(self.case)
        else:
            evaluate = partial(_torch, self.case, ORDERS.index(self.order))
        try:
            if evaluate is not None:
                evaluate(torch.zeros(1, dtype=self.dtype))
        except RuntimeError:  # no double backward for hardsigmoid, no output for a negative slope
            return None
        return evaluate

    def reference(self, x: Tensor) -> Tensor:
        """The double formula, with the parameters as the dtype's arithmetic has them.

        A condition on rounded arithmetic (softplus: beta·x > threshold) is decided as that does.
        """
        wide, numbers = x.double(), self.case.numbers(self.dtype)
        if self.case.name != "softplus" or self.order == FROM_OUTPUT:
            return _ours(_with(self.case, numbers), self.order, wide)
        computed = x.to(COMPUTED_IN[self.dtype])
        linear = computed * numbers["beta"] > numbers["threshold"]
        never = _with(self.case, numbers | {"threshold": float("inf")})
        identity = (wide, torch.ones_like(wide), torch.zeros_like(wide))
        return torch.where(
            linear, identity[ORDERS.index(self.order)], _ours(never, self.order, wide)
        )

    def domain(self) -> tuple[float, float]:
        """The x to judge: all numbers, or the outputs that there are."""
        if self.order != FROM_OUTPUT:
            return (-torch.inf, torch.inf)
        edges = self.case.value(torch.tensor([-torch.inf, torch.inf], dtype=self.dtype))
        return tuple(sorted(edges.tolist()))


def subjects(case: Case, dtype: torch.dtype) -> list[Subject]:
    """All orders that there are."""
    every = [Subject(case, order, dtype) for order in ORDERS[:3]]
    if case.output_gives_gradient:
        from_output = Subject(case, FROM_OUTPUT, dtype)
        lowest, highest = from_output.domain()
        if lowest < highest:  # a negative slope folds the line: no output tells where it came from
            every.append(from_output)
    return every


def _ours(case: Case, order: str, x: Tensor) -> Tensor:
    if order == "value":
        return case.value(x)
    if order == "derivative":
        return case.derivative(x)
    if order == "second derivative":
        return case.second_derivative(x)
    return case.backward(torch.ones_like(x), x, is_result=True)


def _with(case: Case, numbers: dict[str, float]) -> Case:
    return replace(case, parameters=tuple((case.keywords | numbers).items()))


def _torch(case: Case, order: int, x: Tensor) -> Tensor:
    if order == 0:
        return case.torch_value(x)
    x = x.detach().requires_grad_()
    y = case.torch_value(x)
    for remaining in range(order, 0, -1):
        if not y.requires_grad:
            return torch.zeros_like(x)
        (y,) = torch.autograd.grad(
            y, x, torch.ones_like(y), create_graph=remaining > 1, allow_unused=True
        )
        if y is None:
            return torch.zeros_like(x)
    return y.detach()


def _torch_from_output(case: Case) -> Evaluate | None:
    """torch's backward where it reads the output."""
    aten, p = torch.ops.aten, case.keywords

    def elu(alpha: float, scale: float, input_scale: float) -> Evaluate:
        return lambda y: aten.elu_backward(torch.ones_like(y), alpha, scale, input_scale, True, y)

    match case.name:
        case "sigmoid":
            return lambda y: aten.sigmoid_backward(torch.ones_like(y), y)
        case "tanh":
            return lambda y: aten.tanh_backward(torch.ones_like(y), y)
        case "elu":
            return elu(p["alpha"], 1.0, 1.0)
        case "celu" if p["alpha"] < torch.inf:
            return elu(p["alpha"], 1.0, 1.0 / p["alpha"])
        case "selu":
            return elu(1.6732632423543772848170429916717, 1.0507009873554804934193349852946, 1.0)
        case "relu":
            return lambda y: aten.threshold_backward(torch.ones_like(y), y, 0)
        case "leaky_relu":
            return lambda y: aten.leaky_relu_backward(
                torch.ones_like(y), y, p["negative_slope"], True
            )
    return None
