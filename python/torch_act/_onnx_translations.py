"""A function for each operator of torch.ops.act, with the arguments of its schema, that writes it
in standard ONNX operators: for `torch_act.onnx`, which imports this where onnxscript is installed.

Scalars become tensors of the input's type, which the exporter's optimiser folds into constants.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from onnxscript import opset20

Input = Any  # a value of the graph

# Its annotations are of values that exist, not of those of a graph that is being written.
op: Any = opset20


def _like(value: float, x: Input) -> Input:
    return op.CastLike(op.Constant(value_float=float(value)), x)


def relu(x: Input) -> Input:
    return op.Relu(x)


def relu6(x: Input) -> Input:
    return hardtanh(x, 0.0, 6.0)


def leaky_relu(x: Input, negative_slope: float = 0.01) -> Input:
    return op.LeakyRelu(x, alpha=float(negative_slope))


def rrelu(
    x: Input,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    generator: object = None,
) -> Input:
    if training:
        raise NotImplementedError("act::rrelu: in training it draws numbers: export model.eval()")
    return leaky_relu(x, (lower + upper) / 2)


def prelu(x: Input, weight: Input) -> Input:
    """ONNX broadcasts the slope from the last dimension on, torch lays it along dim 1."""
    if len(x.shape) > 1:
        sizes = [1, -1, *[1] * (len(x.shape) - 2)]
        weight = op.Reshape(weight, op.Constant(value_ints=sizes))
    return op.PRelu(x, weight)


def sigmoid(x: Input) -> Input:
    return op.Sigmoid(x)


def tanh(x: Input) -> Input:
    return op.Tanh(x)


def elu(x: Input, alpha: float = 1.0) -> Input:
    return op.Elu(x, alpha=float(alpha))


def celu(x: Input, alpha: float = 1.0) -> Input:
    return op.Celu(x, alpha=float(alpha))


def selu(x: Input) -> Input:
    return op.Selu(x)  # the defaults are torch's constants, rounded to float


def gelu(x: Input, approximate: str = "none") -> Input:
    return op.Gelu(x, approximate=approximate)


def silu(x: Input) -> Input:
    return op.Mul(x, op.Sigmoid(x))


def softplus(x: Input, beta: float = 1.0, threshold: float = 20.0) -> Input:
    if beta == 1:
        scaled, smooth = x, op.Softplus(x)
    else:
        factor = _like(beta, x)
        scaled = op.Mul(x, factor)
        smooth = op.Div(op.Softplus(scaled), factor)
    linear = op.Greater(scaled, _like(threshold, x))
    return op.Where(linear, x, smooth)


def softsign(x: Input) -> Input:
    one_more = op.Add(op.Abs(x), _like(1.0, x))
    return op.Div(x, one_more)  # not Softsign: there is no aten op to write that for


def hardtanh(x: Input, min_val: float = -1.0, max_val: float = 1.0) -> Input:
    return op.Clip(x, _like(min_val, x), _like(max_val, x))


def logsigmoid(x: Input) -> Input:
    return op.Neg(op.Softplus(op.Neg(x)))


def mish(x: Input) -> Input:
    return op.Mish(x)


def hardswish(x: Input) -> Input:
    return op.HardSwish(x)


def hardsigmoid(x: Input) -> Input:
    return op.HardSigmoid(x, alpha=1 / 6, beta=0.5)


def hardshrink(x: Input, lambd: float = 0.5) -> Input:
    inside = op.LessOrEqual(op.Abs(x), _like(lambd, x))
    return op.Where(inside, _like(0.0, x), x)


def softshrink(x: Input, lambd: float = 0.5) -> Input:
    outside = op.Greater(op.Abs(x), _like(lambd, x))
    moved = op.Sub(x, op.Mul(op.Sign(x), _like(lambd, x)))
    return op.Where(outside, moved, op.Mul(x, _like(0.0, x)))


def tanhshrink(x: Input) -> Input:
    return op.Sub(x, op.Tanh(x))


def threshold(x: Input, threshold: float, value: float) -> Input:
    below = op.LessOrEqual(x, _like(threshold, x))
    return op.Where(below, _like(value, x), x)


def softmax(x: Input, dim: int, dtype: int | None = None) -> Input:
    return op.Softmax(_cast(x, dtype), axis=dim)


def softmin(x: Input, dim: int, dtype: int | None = None) -> Input:
    return op.Softmax(op.Neg(_cast(x, dtype)), axis=dim)


def log_softmax(x: Input, dim: int, dtype: int | None = None) -> Input:
    return op.LogSoftmax(_cast(x, dtype), axis=dim)


def _cast(x: Input, dtype: int | None) -> Input:
    return x if dtype is None else op.Cast(x, to=dtype)


def glu(x: Input, dim: int = -1) -> Input:
    first, second = op.Split(x, axis=dim, num_outputs=2)
    return op.Mul(first, op.Sigmoid(second))


def relu_squared(x: Input) -> Input:
    positive = op.Relu(x)
    return op.Mul(positive, positive)


def quick_gelu(x: Input) -> Input:
    return op.Mul(x, op.Sigmoid(op.Mul(x, _like(1.702, x))))


def hard_mish(x: Input) -> Input:
    two = _like(2.0, x)
    bounded = op.Clip(op.Add(x, two), _like(0.0, x), two)
    return op.Mul(op.Mul(x, _like(0.5, x)), bounded)


def squareplus(x: Input, b: float = 4.0) -> Input:
    root = op.Sqrt(op.Add(op.Mul(x, x), _like(b, x)))
    return op.Mul(op.Add(x, root), _like(0.5, x))


def laplace(x: Input, mu: float = 0.707107, sigma: float = 0.282095) -> Input:
    scaled = op.Div(op.Sub(x, _like(mu, x)), _like(sigma * 2**0.5, x))
    one = _like(1.0, x)
    return op.Mul(op.Add(op.Erf(scaled), one), _like(0.5, x))


def _along_channels(parameter: Input, x: Input) -> Input:
    """One number, or one for each channel, which is dim 1."""
    if len(parameter.shape) == 0 or parameter.shape[0] == 1:
        return parameter
    return op.Reshape(parameter, op.Constant(value_ints=[-1, *[1] * (len(x.shape) - 2)]))


def star_relu(x: Input, scale: Input, bias: Input) -> Input:
    return op.Add(op.Mul(_along_channels(scale, x), relu_squared(x)), _along_channels(bias, x))


def xielu(x: Input, alpha_p: Input, alpha_n: Input, beta: float = 0.5, eps: float = -1e-6) -> Input:
    linear = op.Mul(x, _like(beta, x))
    positive = op.Mul(_along_channels(alpha_p, x), op.Mul(x, x))
    power = op.Sub(op.Exp(op.Min(x, _like(eps, x))), _like(1.0, x))
    negative = op.Mul(_along_channels(alpha_n, x), op.Sub(power, x))
    return op.Add(op.Where(op.Greater(x, _like(0.0, x)), positive, negative), linear)


def snake(x: Input, alpha: Input, beta: Input) -> Input:
    sine = op.Sin(op.Mul(_along_channels(alpha, x), x))
    return op.Add(x, op.Div(op.Mul(sine, sine), _along_channels(beta, x)))


def _activate(x: Input, activation: str, parameters: Sequence[float]) -> Input:
    if activation in ("gelu_none", "gelu_tanh"):
        return gelu(x, activation.removeprefix("gelu_"))
    return globals()[activation](x, *parameters)


def gated_pair(
    gate: Input, other: Input, activation: str, parameters: Sequence[float] = ()
) -> Input:
    return op.Mul(_activate(gate, activation, parameters), other)


def gated(
    x: Input,
    activation: str,
    layout: str = "first",
    dim: int = -1,
    parameters: Sequence[float] = (),
) -> Input:
    if layout == "interleaved":
        last = op.Constant(value_ints=[2**31 - 1])
        axis, two = op.Constant(value_ints=[dim]), op.Constant(value_ints=[2])
        even, odd = (
            op.Slice(x, op.Constant(value_ints=[start]), last, axis, two) for start in (0, 1)
        )
        return gated_pair(even, odd, activation, parameters)
    first, second = op.Split(x, axis=dim, num_outputs=2)
    if layout == "first":
        return gated_pair(first, second, activation, parameters)
    return gated_pair(second, first, activation, parameters)


def bias_act(
    x: Input, bias: Input, activation: str, dim: int = -1, parameters: Sequence[float] = ()
) -> Input:
    behind = len(x.shape) - 1 - dim % len(x.shape)
    if behind:
        bias = op.Reshape(bias, op.Constant(value_ints=[-1, *[1] * behind]))
    return _activate(op.Add(x, bias), activation, parameters)


def _masked(normalize: Any, of_absent: float, *, negate: bool = False) -> Any:
    def translation(
        x: Input,
        dim: int,
        mask: Input | None = None,
        temperature: float = 1.0,
        empty: str = "zero",
        dtype: int | None = None,
    ) -> Input:
        logits, present = _present(_cast(op.Neg(x) if negate else x, dtype), mask, temperature)
        result = normalize(logits, axis=dim)
        return op.Where(present, result, _like(of_absent, result)) if empty == "zero" else result

    return translation


masked_softmax = _masked(op.Softmax, 0.0)
masked_softmin = _masked(op.Softmax, 0.0, negate=True)
masked_log_softmax = _masked(op.LogSoftmax, -inf)


def _present(x: Input, mask: Input | None, temperature: float) -> tuple[Input, Input]:
    """The logits, -inf where they take no part, and where they take part."""
    absent = _like(-inf, x)
    present = op.Not(op.Equal(x, absent))
    if mask is not None:
        present = op.And(present, mask)
    return op.Where(present, op.Div(x, _like(temperature, x)), absent), present
