"""The activations of torch.nn.functional, with its signatures, and more; by our kernels.

`out=` variants and the backward ops are in `torch.ops.act`.
"""

import warnings
from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor
from torch.compiler import is_dynamo_compiling

from torch_act._calling import (
    handle_torch_function,
    has_torch_function_unary,
    has_torch_function_variadic,
    kernels,
    traceable,
)
from torch_act._docstrings import documented, documented_in_place

GateLayout = Literal["first", "second", "interleaved"]

__all__ = [
    "bias_act",
    "celu",
    "celu_",
    "elu",
    "elu_",
    "gated",
    "gated_pair",
    "geglu",
    "gelu",
    "glu",
    "gumbel_softmax",
    "hard_mish",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "laplace",
    "leaky_relu",
    "leaky_relu_",
    "log_softmax",
    "logsigmoid",
    "mish",
    "prelu",
    "quick_gelu",
    "reglu",
    "relu",
    "relu6",
    "relu_",
    "relu_squared",
    "rrelu",
    "rrelu_",
    "selu",
    "selu_",
    "sigmoid",
    "silu",
    "snake",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "squareplus",
    "star_relu",
    "swiglu",
    "tanh",
    "tanhshrink",
    "threshold",
    "threshold_",
    "xielu",
]


@documented("relu")
def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """Rectified linear unit, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
        inplace: Overwrite the input.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(relu, (input,), input, inplace=inplace)
    if inplace:
        return (traceable if is_dynamo_compiling() else kernels).relu_(input)
    return (traceable if is_dynamo_compiling() else kernels).relu(input)


@documented("relu6")
def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """Rectified linear unit with the ceiling 6, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
        inplace: Overwrite the input.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(relu6, (input,), input, inplace=inplace)
    if inplace:
        return (traceable if is_dynamo_compiling() else kernels).relu6_(input)
    return (traceable if is_dynamo_compiling() else kernels).relu6(input)


@documented("leaky_relu")
def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Leaky rectified linear unit, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
        negative_slope: Slope on the negative side.
        inplace: Overwrite the input.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(
            leaky_relu, (input,), input, negative_slope=negative_slope, inplace=inplace
        )
    if inplace:
        return (traceable if is_dynamo_compiling() else kernels).leaky_relu_(input, negative_slope)
    return (traceable if is_dynamo_compiling() else kernels).leaky_relu(input, negative_slope)


@documented("rrelu")
def rrelu(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
    *,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Randomized leaky rectified linear unit, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
        lower: Smallest slope on the negative side.
        upper: Largest slope on the negative side; `lower > upper` is an error.
        training: Draw a slope for each negative element; otherwise the mean of the bounds.
        inplace: Overwrite the input.
        generator: Source of the random numbers; torch's function has no such argument.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(
            rrelu,
            (input,),
            input,
            lower=lower,
            upper=upper,
            training=training,
            inplace=inplace,
            generator=generator,
        )
    if inplace:
        return (traceable if is_dynamo_compiling() else kernels).rrelu_(
            input, lower, upper, training, generator
        )
    return (traceable if is_dynamo_compiling() else kernels).rrelu(
        input, lower, upper, training, generator
    )


@documented("prelu")
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """Leaky rectified linear unit with learned slopes, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
        weight: One slope, or one for each channel: `input.size(1)` of them.
    """
    if has_torch_function_variadic(input, weight):
        return handle_torch_function(prelu, (input, weight), input, weight)
    return (traceable if is_dynamo_compiling() else kernels).prelu(input, weight)


@documented("sigmoid")
def sigmoid(input: Tensor) -> Tensor:
    """Logistic function, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(sigmoid, (input,), input)
    return (traceable if is_dynamo_compiling() else kernels).sigmoid(input)


@documented("tanh")
def tanh(input: Tensor) -> Tensor:
    """Hyperbolic tangent, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(tanh, (input,), input)
    return (traceable if is_dynamo_compiling() else kernels).tanh(input)


@documented("elu")
def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Exponential linear unit, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
        alpha: The limit at -inf is -alpha.
        inplace: Overwrite the input.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(elu, (input,), input, alpha=alpha, inplace=inplace)
    if inplace:
        return (traceable if is_dynamo_compiling() else kernels).elu_(input, alpha)
    return (traceable if is_dynamo_compiling() else kernels).elu(input, alpha)


@documented("celu")
def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Continuously differentiable exponential linear unit, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
        alpha: The limit at -inf is -alpha; alpha = 0 is an error.
        inplace: Overwrite the input.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(celu, (input,), input, alpha=alpha, inplace=inplace)
    if inplace:
        return (traceable if is_dynamo_compiling() else kernels).celu_(input, alpha)
    return (traceable if is_dynamo_compiling() else kernels).celu(input, alpha)


@documented("selu")
def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """Scaled exponential linear unit, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
        inplace: Overwrite the input.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(selu, (input,), input, inplace=inplace)
    if inplace:
        return (traceable if is_dynamo_compiling() else kernels).selu_(input)
    return (traceable if is_dynamo_compiling() else kernels).selu(input)


@documented("gelu")
def gelu(input: Tensor, *, approximate: str = "none") -> Tensor:
    """Gaussian error linear unit, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
        approximate: "none": with the normal distribution; "tanh": an approximation of it.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(gelu, (input,), input, approximate=approximate)
    return (traceable if is_dynamo_compiling() else kernels).gelu(input, approximate)


@documented("silu")
def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """Sigmoid linear unit, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
        inplace: Overwrite the input.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(silu, (input,), input, inplace=inplace)
    if inplace:
        return (traceable if is_dynamo_compiling() else kernels).silu_(input)
    return (traceable if is_dynamo_compiling() else kernels).silu(input)


@documented("softplus")
def softplus(input: Tensor, beta: float = 1, threshold: float = 20) -> Tensor:
    """Smooth approximation of relu, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
        beta: The larger, the closer to relu.
        threshold: The result is the input where `input * beta` exceeds it.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(softplus, (input,), input, beta=beta, threshold=threshold)
    return (traceable if is_dynamo_compiling() else kernels).softplus(input, beta, threshold)


@documented("softsign")
def softsign(input: Tensor) -> Tensor:
    """Squashes into (-1, 1) without exponentials, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(softsign, (input,), input)
    return (traceable if is_dynamo_compiling() else kernels).softsign(input)


@documented("softmax")
def softmax(
    input: Tensor,
    dim: int | None = None,
    _stacklevel: int = 3,
    dtype: torch.dtype | None = None,
    *,
    mask: Tensor | None = None,
    temperature: float = 1.0,
    empty: Literal["zero", "nan"] | None = None,
) -> Tensor:
    """Scales the elements along `dim` into [0, 1] with the sum 1.

    Args:
        input: Any shape, dense or sparse COO; the result has the same shape.
        dim: The dimension of the sums. None warns and chooses 0 for 0, 1 and 3 dimensions, else 1.
        dtype: The input is cast to it first, and the result has it.
        mask: Bool, broadcast to the input's shape: where it is False, the element has no part in
            the sums, its result is 0 and its gradient 0, whatever the input is there.
        temperature: Divides the input; positive.
        empty: What a slice without any element gives: "zero", 0 throughout and gradients of 0,
            or "nan". None: "zero" with a mask, else "nan" as torch.
    """
    if has_torch_function_variadic(input, mask):
        options = _given(mask=mask, temperature=temperature, empty=empty)
        return handle_torch_function(
            softmax,
            (input, mask),
            input,
            dim=dim,
            _stacklevel=_stacklevel,
            dtype=dtype,
            **options,
        )
    if dim is None:
        dim = _implicit_dim("softmax", input.dim(), _stacklevel)
    if mask is not None or temperature != 1.0 or empty is not None:
        masked = (traceable if is_dynamo_compiling() else kernels).masked_softmax
        return masked(input, dim, mask, temperature, _for_empty(empty, mask), dtype)
    return (traceable if is_dynamo_compiling() else kernels).softmax(input, dim, dtype)


@documented("softmin")
def softmin(
    input: Tensor,
    dim: int | None = None,
    _stacklevel: int = 3,
    dtype: torch.dtype | None = None,
    *,
    mask: Tensor | None = None,
    temperature: float = 1.0,
    empty: Literal["zero", "nan"] | None = None,
) -> Tensor:
    """Scales the elements along `dim` into [0, 1] with the sum 1, the smallest most.

    Args:
        input: Any shape; the result has the same shape.
        dim: The dimension of the sums. None warns and chooses 0 for 0, 1 and 3 dimensions, else 1.
        dtype: The input is cast to it first, and the result has it.
        mask: Bool, broadcast to the input's shape: where it is False, the element has no part in
            the sums, its result is 0 and its gradient 0, whatever the input is there.
        temperature: Divides the input; positive.
        empty: What a slice without any element gives: "zero", 0 throughout and gradients of 0,
            or "nan". None: "zero" with a mask, else "nan" as torch.
    """
    if has_torch_function_variadic(input, mask):
        options = _given(mask=mask, temperature=temperature, empty=empty)
        return handle_torch_function(
            softmin,
            (input, mask),
            input,
            dim=dim,
            _stacklevel=_stacklevel,
            dtype=dtype,
            **options,
        )
    if dim is None:
        dim = _implicit_dim("softmin", input.dim(), _stacklevel)
    if mask is not None or temperature != 1.0 or empty is not None:
        masked = (traceable if is_dynamo_compiling() else kernels).masked_softmin
        return masked(input, dim, mask, temperature, _for_empty(empty, mask), dtype)
    return (traceable if is_dynamo_compiling() else kernels).softmin(input, dim, dtype)


@documented("log_softmax")
def log_softmax(
    input: Tensor,
    dim: int | None = None,
    _stacklevel: int = 3,
    dtype: torch.dtype | None = None,
    *,
    mask: Tensor | None = None,
    temperature: float = 1.0,
    empty: Literal["zero", "nan"] | None = None,
) -> Tensor:
    """The logarithm of softmax, computed without one.

    Args:
        input: Any shape, dense or sparse COO; the result has the same shape.
        dim: The dimension of the sums. None warns and chooses 0 for 0, 1 and 3 dimensions, else 1.
        dtype: The input is cast to it first, and the result has it.
        mask: Bool, broadcast to the input's shape: where it is False, the element has no part in
            the sums, its result is -inf and its gradient 0, whatever the input is there.
        temperature: Divides the input; positive.
        empty: What a slice without any element gives: "zero", -inf throughout and gradients of 0,
            or "nan". None: "zero" with a mask, else "nan" as torch.
    """
    if has_torch_function_variadic(input, mask):
        options = _given(mask=mask, temperature=temperature, empty=empty)
        return handle_torch_function(
            log_softmax,
            (input, mask),
            input,
            dim=dim,
            _stacklevel=_stacklevel,
            dtype=dtype,
            **options,
        )
    if dim is None:
        dim = _implicit_dim("log_softmax", input.dim(), _stacklevel)
    if mask is not None or temperature != 1.0 or empty is not None:
        masked = (traceable if is_dynamo_compiling() else kernels).masked_log_softmax
        return masked(input, dim, mask, temperature, _for_empty(empty, mask), dtype)
    return (traceable if is_dynamo_compiling() else kernels).log_softmax(input, dim, dtype)


def _for_empty(empty: str | None, mask: Tensor | None) -> str:
    if empty is not None:
        return empty
    return "nan" if mask is None else "zero"


def _given(**options: Any) -> dict[str, Any]:
    # Of the arguments that torch does not have those that say something: overrides that know
    # torch's signature alone go on working.
    defaults = {"mask": None, "temperature": 1.0, "empty": None}
    return {name: value for name, value in options.items() if value is not defaults[name]}


def _implicit_dim(name: str, ndim: int, stacklevel: int) -> int:
    # torch's rule and its warning's words: who filters it by text must not see another. A
    # warning would break Dynamo's graph.
    if not is_dynamo_compiling():
        warnings.warn(
            f"Implicit dimension choice for {name} has been deprecated. "
            "Change the call to include dim=X as an argument.",
            stacklevel=stacklevel,
        )
    return 0 if ndim in (0, 1, 3) else 1


def gumbel_softmax(
    logits: Tensor,
    tau: float = 1,
    hard: bool = False,
    eps: float = 1e-10,
    dim: int = -1,
    *,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Draws from the Gumbel-Softmax distribution, differentiably.

    The noise is drawn by Philox4x32-10 from a state, two integers taken from the generator, as
    rrelu's slopes are: the same state gives the same noise on every device, whatever the dtype. It
    is added in float32 (float64 for float64), never saved, and the gradient is that of a softmax.

    Args:
        logits: Any shape; the logarithms of probabilities, not normalized. The result has the same
            shape.
        tau: The temperature; positive.
        hard: Return one-hot vectors with the gradient of the soft ones (straight through).
        eps: Without effect, as in torch, which keeps it for old callers: another value warns.
        dim: The dimension of the sums.
        generator: Where the state is drawn; by default the device's default generator.

    Formula:
        softmax((logits + G) / tau), G = -log(-log(U)), U uniform in (0, 1), each element its own

    Dtypes:
        float32, float64, bfloat16, float16.

    Raises:
        ValueError: tau is not positive.
        RuntimeError: Another dtype; the message names gumbel_softmax.

    Differences from torch:
        - seed: Another stream of random numbers, the same on CPU and GPU.
        - noise: Half types are perturbed in float32. torch adds noise that was rounded to them.

    Source:
        Jang, Gu, Poole: Categorical Reparameterization with Gumbel-Softmax, ICLR 2017,
        arXiv:1611.01144

    Example:
        >>> logits = torch.randn(20, 5)
        >>> sample = torch_act.functional.gumbel_softmax(logits, tau=0.5, hard=True)
        >>> sample.sum(-1).eq(1).all()
        tensor(True)
    """
    if has_torch_function_unary(logits):
        return handle_torch_function(
            gumbel_softmax,
            (logits,),
            logits,
            tau=tau,
            hard=hard,
            eps=eps,
            dim=dim,
            generator=generator,
        )
    if eps != 1e-10 and not is_dynamo_compiling():
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    sample = torch.ops.act.gumbel_softmax.default
    drawn: Tensor = sample(logits, tau, hard, dim, generator=generator)
    return drawn


@documented("hardtanh")
def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """Cuts off at two bounds, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
        min_val: Lower bound.
        max_val: Upper bound; `min_val > max_val` is an error.
        inplace: Overwrite the input.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(
            hardtanh, (input,), input, min_val=min_val, max_val=max_val, inplace=inplace
        )
    if inplace:
        return (traceable if is_dynamo_compiling() else kernels).hardtanh_(input, min_val, max_val)
    return (traceable if is_dynamo_compiling() else kernels).hardtanh(input, min_val, max_val)


@documented("logsigmoid")
def logsigmoid(input: Tensor) -> Tensor:
    """The logarithm of the logistic function, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(logsigmoid, (input,), input)
    return (traceable if is_dynamo_compiling() else kernels).logsigmoid(input)


@documented("mish")
def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """Self-regularized non-monotonic activation, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
        inplace: Overwrite the input.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(mish, (input,), input, inplace=inplace)
    if inplace:
        return (traceable if is_dynamo_compiling() else kernels).mish_(input)
    return (traceable if is_dynamo_compiling() else kernels).mish(input)


@documented("hardswish")
def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """Silu with a piecewise linear sigmoid, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
        inplace: Overwrite the input.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(hardswish, (input,), input, inplace=inplace)
    if inplace:
        return (traceable if is_dynamo_compiling() else kernels).hardswish_(input)
    return (traceable if is_dynamo_compiling() else kernels).hardswish(input)


@documented("hardsigmoid")
def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """Piecewise linear sigmoid, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
        inplace: Overwrite the input.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(hardsigmoid, (input,), input, inplace=inplace)
    if inplace:
        return (traceable if is_dynamo_compiling() else kernels).hardsigmoid_(input)
    return (traceable if is_dynamo_compiling() else kernels).hardsigmoid(input)


@documented("hardshrink")
def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """Sets small numbers to 0, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
        lambd: The largest magnitude that becomes 0.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(hardshrink, (input,), input, lambd=lambd)
    return (traceable if is_dynamo_compiling() else kernels).hardshrink(input, lambd)


@documented("softshrink")
def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """Moves every number towards 0 by `lambd`, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
        lambd: How far; negative is an error.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(softshrink, (input,), input, lambd=lambd)
    return (traceable if is_dynamo_compiling() else kernels).softshrink(input, lambd)


@documented("tanhshrink")
def tanhshrink(input: Tensor) -> Tensor:
    """The number minus its hyperbolic tangent, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(tanhshrink, (input,), input)
    return (traceable if is_dynamo_compiling() else kernels).tanhshrink(input)


@documented("threshold")
def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """Replaces what does not exceed a threshold, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
        threshold: The largest number to be replaced.
        value: What replaces it.
        inplace: Overwrite the input.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(_threshold, (input,), input, threshold, value, inplace=inplace)
    if inplace:
        return (traceable if is_dynamo_compiling() else kernels).threshold_(input, threshold, value)
    return (traceable if is_dynamo_compiling() else kernels).threshold(input, threshold, value)


_threshold = threshold  # inside the function its name is an argument


@documented("glu")
def glu(input: Tensor, dim: int = -1) -> Tensor:
    """Gated linear unit: one half of the input, gated by the other.

    Args:
        input: At least one dimension; the result has half the size along `dim`.
        dim: The dimension to halve; its size must be even.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(glu, (input,), input, dim=dim)
    return (traceable if is_dynamo_compiling() else kernels).glu(input, dim)


@documented("relu_squared")
def relu_squared(input: Tensor, inplace: bool = False) -> Tensor:
    """Square of the rectified linear unit, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
        inplace: Overwrite the input.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(relu_squared, (input,), input, inplace=inplace)
    if inplace:
        return (traceable if is_dynamo_compiling() else kernels).relu_squared_(input)
    return (traceable if is_dynamo_compiling() else kernels).relu_squared(input)


@documented("quick_gelu")
def quick_gelu(input: Tensor, inplace: bool = False) -> Tensor:
    """Approximation of gelu by the logistic function, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
        inplace: Overwrite the input.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(quick_gelu, (input,), input, inplace=inplace)
    if inplace:
        return (traceable if is_dynamo_compiling() else kernels).quick_gelu_(input)
    return (traceable if is_dynamo_compiling() else kernels).quick_gelu(input)


@documented("hard_mish")
def hard_mish(input: Tensor, inplace: bool = False) -> Tensor:
    """Approximation of mish by pieces of polynomials, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
        inplace: Overwrite the input.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(hard_mish, (input,), input, inplace=inplace)
    if inplace:
        return (traceable if is_dynamo_compiling() else kernels).hard_mish_(input)
    return (traceable if is_dynamo_compiling() else kernels).hard_mish(input)


@documented("squareplus")
def squareplus(input: Tensor, b: float = 4.0) -> Tensor:
    """Smooth approximation of relu without exponentials, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
        b: The size of the smooth region, squared; the result at 0 is √b / 2.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(squareplus, (input,), input, b=b)
    return (traceable if is_dynamo_compiling() else kernels).squareplus(input, b)


@documented("laplace")
def laplace(input: Tensor, mu: float = 0.707107, sigma: float = 0.282095) -> Tensor:
    """Normal distribution function, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
        mu: The mean, where the result is 1/2.
        sigma: The standard deviation.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(laplace, (input,), input, mu=mu, sigma=sigma)
    return (traceable if is_dynamo_compiling() else kernels).laplace(input, mu, sigma)


@documented("gated")
def gated(
    input: Tensor,
    activation: str,
    *,
    layout: GateLayout = "first",
    dim: int = -1,
    parameters: Sequence[float] = (),
) -> Tensor:
    """One half of the input, gated by an activation of the other; :func:`glu` with any activation.

    One pass forward and one backward. Of the input alone is saved, where the composed form saves
    the activated half, too.

    Args:
        input: At least one dimension; the result has half the size along `dim`.
        activation: The name of a pointwise function of this module; of a variant, with it:
            "gelu_tanh".
        layout: Which half is activated. "first" for [gate, up] as Phi-3, GLM and vLLM lay it out,
            "second" for [hidden, gate] as torch's glu and diffusers' GEGLU do, "interleaved" for
            gate, up, gate, up, … as gpt-oss does.
        dim: The dimension to halve; its size must be even.
        parameters: The activation's own, in the order of its signature; those left out have their
            defaults.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(
            gated, (input,), input, activation, layout=layout, dim=dim, parameters=parameters
        )
    return (traceable if is_dynamo_compiling() else kernels).gated(
        input, activation, layout, dim, parameters
    )


@documented("gated_pair")
def gated_pair(
    gate: Tensor, other: Tensor, activation: str, *, parameters: Sequence[float] = ()
) -> Tensor:
    """:func:`gated` of two tensors, as two Linear layers leave them (Llama's gate and up).

    Args:
        gate: What the activation is applied to: any shape, which the result has, too.
        other: What it is multiplied by: of the same shape, dtype and device.
        activation: As of :func:`gated`.
        parameters: As of :func:`gated`.
    """
    if has_torch_function_variadic(gate, other):
        return handle_torch_function(
            gated_pair, (gate, other), gate, other, activation, parameters=parameters
        )
    return (traceable if is_dynamo_compiling() else kernels).gated_pair(
        gate, other, activation, parameters
    )


@documented("swiglu")
def swiglu(input: Tensor, *, layout: GateLayout = "first", dim: int = -1) -> Tensor:
    """:func:`gated` by silu; of two tensors, ``gated_pair(gate, up, "silu")``.

    Args:
        input: At least one dimension; the result has half the size along `dim`.
        layout: Which half is activated, as of :func:`gated`.
        dim: The dimension to halve; its size must be even.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(swiglu, (input,), input, layout=layout, dim=dim)
    return (traceable if is_dynamo_compiling() else kernels).gated(input, "silu", layout, dim, ())


@documented("geglu")
def geglu(
    input: Tensor,
    *,
    approximate: Literal["none", "tanh"] = "none",
    layout: GateLayout = "first",
    dim: int = -1,
) -> Tensor:
    """:func:`gated` by gelu. diffusers' GEGLU is that with ``layout="second"``.

    Args:
        input: At least one dimension; the result has half the size along `dim`.
        approximate: "none" for the exact gelu, "tanh" for its approximation.
        layout: Which half is activated, as of :func:`gated`.
        dim: The dimension to halve; its size must be even.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(
            geglu, (input,), input, approximate=approximate, layout=layout, dim=dim
        )
    return (traceable if is_dynamo_compiling() else kernels).gated(
        input, f"gelu_{approximate}", layout, dim, ()
    )


@documented("reglu")
def reglu(input: Tensor, *, layout: GateLayout = "first", dim: int = -1) -> Tensor:
    """:func:`gated` by relu.

    Args:
        input: At least one dimension; the result has half the size along `dim`.
        layout: Which half is activated, as of :func:`gated`.
        dim: The dimension to halve; its size must be even.
    """
    if has_torch_function_unary(input):
        return handle_torch_function(reglu, (input,), input, layout=layout, dim=dim)
    return (traceable if is_dynamo_compiling() else kernels).gated(input, "relu", layout, dim, ())


@documented("bias_act")
def bias_act(
    input: Tensor,
    bias: Tensor,
    activation: str,
    *,
    dim: int = -1,
    parameters: Sequence[float] = (),
) -> Tensor:
    """Bias and activation in one pass, and in the backward's pass the gradients of both.

    Args:
        input: At least one dimension; the result has the same shape and strides.
        bias: One dimension, as many numbers as the input's dimension `dim` has; of its dtype and
            device.
        activation: As of :func:`gated`.
        dim: The dimension that the bias belongs to: the last one after a Linear, 1 after a
            convolution.
        parameters: As of :func:`gated`.
    """
    if has_torch_function_variadic(input, bias):
        return handle_torch_function(
            bias_act, (input, bias), input, bias, activation, dim=dim, parameters=parameters
        )
    return (traceable if is_dynamo_compiling() else kernels).bias_act(
        input, bias, activation, dim, parameters
    )


@documented_in_place("relu")
def relu_(input: Tensor) -> Tensor:
    """In-place version of :func:`relu`."""
    return relu(input, inplace=True)


@documented_in_place("leaky_relu")
def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """In-place version of :func:`leaky_relu`."""
    return leaky_relu(input, negative_slope, inplace=True)


@documented_in_place("rrelu")
def rrelu_(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    *,
    generator: torch.Generator | None = None,
) -> Tensor:
    """In-place version of :func:`rrelu`."""
    return rrelu(input, lower, upper, training, inplace=True, generator=generator)


@documented_in_place("elu")
def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """In-place version of :func:`elu`."""
    return elu(input, alpha, inplace=True)


@documented_in_place("celu")
def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """In-place version of :func:`celu`."""
    return celu(input, alpha, inplace=True)


@documented_in_place("selu")
def selu_(input: Tensor) -> Tensor:
    """In-place version of :func:`selu`."""
    return selu(input, inplace=True)


@documented_in_place("hardtanh")
def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """In-place version of :func:`hardtanh`."""
    return hardtanh(input, min_val, max_val, inplace=True)


@documented_in_place("threshold")
def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """In-place version of :func:`threshold`."""
    return _threshold(input, threshold, value, inplace=True)


@documented("star_relu")
def star_relu(input: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """Square of the rectified linear unit with learned scale and bias, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
        scale: One number, or one for each channel: `input.size(1)` of them.
        bias: The same.
    """
    if has_torch_function_variadic(input, scale, bias):
        arguments = (input, scale, bias)
        return handle_torch_function(star_relu, arguments, *arguments)
    return (traceable if is_dynamo_compiling() else kernels).star_relu(input, scale, bias)


@documented("xielu")
def xielu(
    input: Tensor, alpha_p: Tensor, alpha_n: Tensor, beta: float = 0.5, eps: float = -1e-6
) -> Tensor:
    """Integral of an exponential linear unit with learned factors, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
        alpha_p: The factor above 0: one number, or one for each channel, `input.size(1)` of them.
        alpha_n: The factor below 0: the same.
        beta: The slope at 0.
        eps: From here on up to 0 the exponential is constant, as in transformers.
    """
    if has_torch_function_variadic(input, alpha_p, alpha_n):
        arguments = (input, alpha_p, alpha_n)
        return handle_torch_function(xielu, arguments, *arguments, beta=beta, eps=eps)
    return (traceable if is_dynamo_compiling() else kernels).xielu(
        input, alpha_p, alpha_n, beta, eps
    )


@documented("snake")
def snake(input: Tensor, alpha: Tensor, beta: Tensor | None = None) -> Tensor:
    """The input and a periodic ripple of learned frequency, element by element.

    Args:
        input: Any shape; the result has the same shape and strides.
        alpha: The frequency: one number, or one for each channel, `input.size(1)` of them.
        beta: What the ripple is divided by: the same; alpha if there is none.
    """
    if has_torch_function_variadic(input, alpha, beta):
        arguments = (input, alpha, beta)
        return handle_torch_function(snake, arguments, *arguments)
    return (traceable if is_dynamo_compiling() else kernels).snake(
        input, alpha, alpha if beta is None else beta
    )
