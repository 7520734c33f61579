"""The ops in terms of torch's own, which Inductor fuses with what surrounds them.

Each formula of csrc/act/formulas has its counterpart here: the same values at ±inf, NaN and kinks,
the same care in the tails; rounded as Inductor's exp, tanh, log1p and erfc allow. The module is
imported when something is compiled, not before.

Two kinds of ops stay kernels. philox_state draws from a generator, which it changes, as no
arithmetic does; what rrelu and gumbel_softmax make of a state is arithmetic, with the same bits.
And the ops of saved_as("bits"): who asks for it wants bytes packed, which Inductor's CPU code does
one by one.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload

from torch_act._decompositions import (
    exponential,
    fused,
    masked_softmax,
    normal,
    parametric,
    piecewise,
    random,
    several,
    sigmoidal,
    softmax,
)
from torch_act._decompositions.arithmetic import computed_in
from torch_act._decompositions.formula import Formula, scaled
from torch_act._decompositions.layout import laid_out_like

__all__ = ["decompositions"]

Decomposition = Callable[..., Any]

# By the op's name; gelu's `approximate` chooses among several.
FORMULAS: Mapping[str, type[Formula] | Mapping[str, type[Formula]]] = {
    "relu": piecewise.Relu,
    "relu6": piecewise.Relu6,
    "leaky_relu": piecewise.LeakyRelu,
    "sigmoid": sigmoidal.Sigmoid,
    "tanh": sigmoidal.Tanh,
    "elu": exponential.Elu,
    "celu": exponential.Celu,
    "selu": exponential.Selu,
    "gelu": {"none": normal.Gelu, "tanh": sigmoidal.GeluTanh},
    "silu": sigmoidal.Silu,
    "softplus": sigmoidal.Softplus,
    "softsign": exponential.Softsign,
    "hardtanh": piecewise.Hardtanh,
    "logsigmoid": sigmoidal.Logsigmoid,
    "mish": exponential.Mish,
    "hardswish": piecewise.Hardswish,
    "hardsigmoid": piecewise.Hardsigmoid,
    "hardshrink": piecewise.Hardshrink,
    "softshrink": piecewise.Softshrink,
    "tanhshrink": sigmoidal.Tanhshrink,
    "threshold": piecewise.Threshold,
    "relu_squared": piecewise.ReluSquared,
    "quick_gelu": sigmoidal.QuickGelu,
    "hard_mish": piecewise.HardMish,
    "squareplus": exponential.Squareplus,
    "laplace": normal.Laplace,
}

SEVERAL: Mapping[str, Decomposition] = {
    "prelu": several.prelu,
    "prelu_backward": several.prelu_backward,
    "rrelu_with_state": random.rrelu_with_state,
    "rrelu_with_slopes": random.rrelu_with_slopes,
    "rrelu_backward": random.rrelu_backward,
    "rrelu_backward_from_slopes": several.rrelu_backward_from_slopes,
    "glu": several.glu,
    "glu_backward": several.glu_backward,
    "softmax": softmax.softmax,
    "softmax_backward": softmax.softmax_backward,
    "softmin": softmax.softmin,
    "softmin_backward": softmax.softmin_backward,
    "log_softmax": softmax.log_softmax,
    "log_softmax_backward": softmax.log_softmax_backward,
    "masked_softmax": masked_softmax.masked_softmax,
    "masked_softmax_backward": masked_softmax.masked_softmax_backward,
    "masked_softmin": masked_softmax.masked_softmin,
    "masked_softmin_backward": masked_softmax.masked_softmin_backward,
    "masked_log_softmax": masked_softmax.masked_log_softmax,
    "masked_log_softmax_backward": masked_softmax.masked_log_softmax_backward,
    "add_gumbel": random.add_gumbel,
}

PARAMETRIC: Mapping[str, type[parametric.ParametricFormula]] = {
    "star_relu": parametric.StarRelu,
    "xielu": parametric.Xielu,
    "snake": parametric.Snake,
}

FUSED: Mapping[str, Decomposition] = {
    "gated": fused.gated,
    "gated_backward": fused.gated_backward,
    "gated_pair": fused.gated_pair,
    "gated_pair_backward": fused.gated_pair_backward,
    "bias_act": fused.bias_act,
    "bias_act_backward": fused.bias_act_backward,
}


def decompositions() -> dict[OpOverload, Decomposition]:
    """Every op that has one, with the op's own signature."""
    table = {}
    for name in FORMULAS:
        table[_op(name)] = _with_every_argument(name, _value)
        table[_op(name + "_backward")] = _with_every_argument(name, _backward, "_backward")
        table[_op(name + "_double_backward")] = _with_every_argument(
            name, _double_backward, "_double_backward"
        )
    for name, compute in SEVERAL.items():
        table[_op(name)] = _defaults_filled_in(_op(name), compute)
    for name, formula in PARAMETRIC.items():
        for op, of in (
            (_op(name), parametric.value),
            (_op(name + "_backward"), parametric.backward),
        ):
            table[op] = _defaults_filled_in(op, partial(of, formula))
    for name, compute in FUSED.items():
        table[_op(name)] = _defaults_filled_in(_op(name), partial(_with_activation, compute))
    return table


def _op(name: str) -> OpOverload:
    op: OpOverload = getattr(torch.ops.act, name).default
    return op


def _defaults_filled_in(op: OpOverload, compute: Decomposition) -> Decomposition:
    """Calls `compute` with each argument of the op by name, as its schema says."""
    arguments = op._schema.arguments

    def decomposition(*positional: Any, **keywords: Any) -> Any:
        values = {a.name: a.default_value for a in arguments if a.has_default_value()}
        values.update(zip((a.name for a in arguments), positional, strict=False))
        values.update(keywords)
        return compute(**{a.name: values[a.name] for a in arguments})

    return decomposition


def _with_every_argument(name: str, compute: Decomposition, suffix: str = "") -> Decomposition:
    return _defaults_filled_in(_op(name + suffix), partial(compute, name))


def _formula(name: str, tensor: Tensor, parameters: Mapping[str, Any]) -> Formula:
    number, chosen = computed_in(tensor.dtype), FORMULAS[name]
    if isinstance(chosen, Mapping):
        return chosen[parameters["approximate"]](number)
    return chosen(number, **{parameter: float(value) for parameter, value in parameters.items()})


def _with_activation(
    compute: Decomposition, *, activation: str, parameters: Sequence[float], **arguments: Any
) -> Any:
    """Calls `compute` with the formula that the argument `activation` names."""
    name, variant = activation, None
    if name not in FORMULAS:
        name, variant = activation.rsplit("_", 1)
    tensor = next(value for value in arguments.values() if isinstance(value, Tensor))
    chosen, number = FORMULAS[name], computed_in(tensor.dtype)
    if isinstance(chosen, Mapping):
        return compute(chosen[variant or next(iter(chosen))](number), **arguments)
    schema = _op(name)._schema.arguments[1:]
    values: list[Any] = [*parameters, *(a.default_value for a in schema[len(parameters) :])]
    named = {a.name: float(value) for a, value in zip(schema, values, strict=True)}
    return compute(chosen(number, **named), **arguments)


def _value(name: str, self: Tensor, **parameters: Any) -> Tensor:
    formula = _formula(name, self, parameters)
    x = self.to(computed_in(self.dtype).dtype)
    return laid_out_like(formula.value(x).to(self.dtype), self)


def _backward(name: str, grad_output: Tensor, **arguments: Any) -> Tensor:
    saved, formula, derivative = _of_saved(name, "derivative", arguments)
    x = saved.to(computed_in(saved.dtype).dtype)
    slope, gradient = getattr(formula, derivative)(x), grad_output.to(x.dtype)
    return laid_out_like(scaled(formula, slope, gradient).to(saved.dtype), saved)


def _double_backward(
    name: str, grad_grad_input: Tensor, grad_output: Tensor, **arguments: Any
) -> Tensor:
    saved, formula, derivative = _of_saved(name, "second_derivative", arguments)
    x = saved.to(computed_in(saved.dtype).dtype)
    gradient = grad_grad_input.to(x.dtype) * grad_output.to(x.dtype)
    curvature = getattr(formula, derivative)(x)
    return laid_out_like(scaled(formula, curvature, gradient).to(saved.dtype), saved)


def _of_saved(name: str, derivative: str, arguments: dict[str, Any]) -> tuple[Tensor, Formula, str]:
    """The saved tensor, and which function of it is the derivative."""
    from_output = arguments.pop("is_result", False)
    saved = arguments.pop("self_or_result" if "self_or_result" in arguments else "self")
    method = derivative + ("_from_output" if from_output else "")
    return saved, _formula(name, saved, arguments), method
