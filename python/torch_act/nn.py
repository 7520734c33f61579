"""The activation modules of torch.nn, and more, computed by our kernels.

Where torch has a module of the same name, ours is a subclass of it and overrides nothing but the
computation: `isinstance`, state_dict, repr, pickling, copying and arguments stay torch's own.
"""

import math
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from torch_act import functional as F
from torch_act._docstrings import documented

__all__ = [
    "CELU",
    "ELU",
    "GEGLU",
    "GELU",
    "GLU",
    "SELU",
    "XIELU",
    "BiasAct",
    "Gated",
    "HardMish",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "Laplace",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "PReLU",
    "QuickGELU",
    "RReLU",
    "ReGLU",
    "ReLU",
    "ReLU6",
    "ReLUSquared",
    "SiLU",
    "Sigmoid",
    "Snake",
    "Softmax",
    "Softmax2d",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Squareplus",
    "StarReLU",
    "SwiGLU",
    "Tanh",
    "Tanhshrink",
    "Threshold",
]


@documented("threshold")
class Threshold(torch.nn.Threshold):
    """torch.nn.Threshold by :func:`torch_act.functional.threshold`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.threshold(input, self.threshold, self.value, self.inplace)


@documented("relu")
class ReLU(torch.nn.ReLU):
    """torch.nn.ReLU by :func:`torch_act.functional.relu`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.relu(input, inplace=self.inplace)


@documented("rrelu")
class RReLU(torch.nn.RReLU):
    """torch.nn.RReLU by :func:`torch_act.functional.rrelu`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)


@documented("hardtanh")
class Hardtanh(torch.nn.Hardtanh):
    """torch.nn.Hardtanh by :func:`torch_act.functional.hardtanh`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)


@documented("relu6")
class ReLU6(torch.nn.ReLU6, Hardtanh):
    """torch.nn.ReLU6 by :func:`torch_act.functional.relu6`; a Hardtanh, as in torch."""

    def forward(self, input: Tensor) -> Tensor:
        return F.relu6(input, inplace=self.inplace)


@documented("sigmoid")
class Sigmoid(torch.nn.Sigmoid):
    """torch.nn.Sigmoid by :func:`torch_act.functional.sigmoid`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.sigmoid(input)


@documented("hardsigmoid")
class Hardsigmoid(torch.nn.Hardsigmoid):
    """torch.nn.Hardsigmoid by :func:`torch_act.functional.hardsigmoid`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.hardsigmoid(input, self.inplace)


@documented("tanh")
class Tanh(torch.nn.Tanh):
    """torch.nn.Tanh by :func:`torch_act.functional.tanh`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.tanh(input)


@documented("silu")
class SiLU(torch.nn.SiLU):
    """torch.nn.SiLU by :func:`torch_act.functional.silu`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.silu(input, inplace=self.inplace)


@documented("mish")
class Mish(torch.nn.Mish):
    """torch.nn.Mish by :func:`torch_act.functional.mish`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.mish(input, inplace=self.inplace)


@documented("hardswish")
class Hardswish(torch.nn.Hardswish):
    """torch.nn.Hardswish by :func:`torch_act.functional.hardswish`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.hardswish(input, self.inplace)


@documented("elu")
class ELU(torch.nn.ELU):
    """torch.nn.ELU by :func:`torch_act.functional.elu`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.elu(input, self.alpha, self.inplace)


@documented("celu")
class CELU(torch.nn.CELU):
    """torch.nn.CELU by :func:`torch_act.functional.celu`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.celu(input, self.alpha, self.inplace)


@documented("selu")
class SELU(torch.nn.SELU):
    """torch.nn.SELU by :func:`torch_act.functional.selu`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.selu(input, self.inplace)


@documented("glu")
class GLU(torch.nn.GLU):
    """torch.nn.GLU by :func:`torch_act.functional.glu`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.glu(input, self.dim)


@documented("gated")
class Gated(torch.nn.Module):
    """An activation of one half of the input, times the other: :func:`torch_act.functional.gated`.

    The input is the output of one projection to both halves.
    """

    def __init__(
        self,
        activation: str,
        *,
        layout: F.GateLayout = "first",
        dim: int = -1,
        parameters: Sequence[float] = (),
    ) -> None:
        super().__init__()
        self.activation = activation
        self.layout = layout
        self.dim = dim
        self.parameters_of_activation = tuple(parameters)

    def forward(self, input: Tensor) -> Tensor:
        return F.gated(
            input,
            self.activation,
            layout=self.layout,
            dim=self.dim,
            parameters=self.parameters_of_activation,
        )

    def extra_repr(self) -> str:
        parameters = self.parameters_of_activation
        return f"{self.activation!r}, layout={self.layout!r}, dim={self.dim}" + (
            f", parameters={parameters}" if parameters else ""
        )


@documented("swiglu")
class SwiGLU(torch.nn.Module):
    """silu of one half of the input, times the other: :func:`torch_act.functional.swiglu`."""

    def __init__(self, *, layout: F.GateLayout = "first", dim: int = -1) -> None:
        super().__init__()
        self.layout = layout
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        return F.swiglu(input, layout=self.layout, dim=self.dim)

    def extra_repr(self) -> str:
        return f"layout={self.layout!r}, dim={self.dim}"


@documented("geglu")
class GEGLU(torch.nn.Module):
    """gelu of one half of the input, times the other: :func:`torch_act.functional.geglu`."""

    def __init__(
        self,
        *,
        approximate: Literal["none", "tanh"] = "none",
        layout: F.GateLayout = "first",
        dim: int = -1,
    ) -> None:
        super().__init__()
        self.approximate = approximate
        self.layout = layout
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        return F.geglu(input, approximate=self.approximate, layout=self.layout, dim=self.dim)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}, layout={self.layout!r}, dim={self.dim}"


@documented("reglu")
class ReGLU(torch.nn.Module):
    """relu of one half of the input, times the other: :func:`torch_act.functional.reglu`."""

    def __init__(self, *, layout: F.GateLayout = "first", dim: int = -1) -> None:
        super().__init__()
        self.layout = layout
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        return F.reglu(input, layout=self.layout, dim=self.dim)

    def extra_repr(self) -> str:
        return f"layout={self.layout!r}, dim={self.dim}"


@documented("bias_act")
class BiasAct(torch.nn.Module):
    """A bias and an activation behind a layer without bias: :func:`torch_act.functional.bias_act`.

    The bias is a parameter of `features` numbers, initially 0.
    """

    def __init__(
        self,
        features: int,
        activation: str,
        *,
        dim: int = -1,
        parameters: Sequence[float] = (),
        device: torch.types.Device = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.activation = activation
        self.dim = dim
        self.parameters_of_activation = tuple(parameters)
        self.bias = torch.nn.Parameter(torch.zeros(features, device=device, dtype=dtype))

    def forward(self, input: Tensor) -> Tensor:
        return F.bias_act(
            input,
            self.bias,
            self.activation,
            dim=self.dim,
            parameters=self.parameters_of_activation,
        )

    def extra_repr(self) -> str:
        parameters = self.parameters_of_activation
        return f"{len(self.bias)}, {self.activation!r}, dim={self.dim}" + (
            f", parameters={parameters}" if parameters else ""
        )


@documented("gelu")
class GELU(torch.nn.GELU):
    """torch.nn.GELU by :func:`torch_act.functional.gelu`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.gelu(input, approximate=self.approximate)


@documented("hardshrink")
class Hardshrink(torch.nn.Hardshrink):
    """torch.nn.Hardshrink by :func:`torch_act.functional.hardshrink`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.hardshrink(input, self.lambd)


@documented("leaky_relu")
class LeakyReLU(torch.nn.LeakyReLU):
    """torch.nn.LeakyReLU by :func:`torch_act.functional.leaky_relu`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.leaky_relu(input, self.negative_slope, self.inplace)


@documented("logsigmoid")
class LogSigmoid(torch.nn.LogSigmoid):
    """torch.nn.LogSigmoid by :func:`torch_act.functional.logsigmoid`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.logsigmoid(input)


@documented("softplus")
class Softplus(torch.nn.Softplus):
    """torch.nn.Softplus by :func:`torch_act.functional.softplus`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.softplus(input, self.beta, self.threshold)


@documented("softshrink")
class Softshrink(torch.nn.Softshrink):
    """torch.nn.Softshrink by :func:`torch_act.functional.softshrink`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.softshrink(input, self.lambd)


@documented("prelu")
class PReLU(torch.nn.PReLU):
    """torch.nn.PReLU by :func:`torch_act.functional.prelu`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.prelu(input, self.weight)


@documented("softsign")
class Softsign(torch.nn.Softsign):
    """torch.nn.Softsign by :func:`torch_act.functional.softsign`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.softsign(input)


@documented("tanhshrink")
class Tanhshrink(torch.nn.Tanhshrink):
    """torch.nn.Tanhshrink by :func:`torch_act.functional.tanhshrink`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.tanhshrink(input)


def _require_dim(module: torch.nn.Module, dim: int | None) -> None:
    # As torch does for Softmax and LogSoftmax from 2.14 on (pytorch/pytorch#185055), but first, so
    # that the message names the class; unchecked, the call fails later.
    if dim is not None and (isinstance(dim, bool) or not isinstance(dim, int)):
        raise TypeError(
            f"{type(module).__name__}: dim must be an int or None, got {type(dim).__name__}"
        )


# The implicit dim's warning shall point at the caller of the module, beyond forward and the two
# frames of Module.__call__ (torch counts one too few and points into torch/nn/modules/module.py).
_STACKLEVEL = 6


def _with_temperature(representation: str, temperature: float) -> str:
    return representation if temperature == 1 else f"{representation}, temperature={temperature}"


@documented("softmin")
class Softmin(torch.nn.Softmin):
    """torch.nn.Softmin by :func:`torch_act.functional.softmin`, with its temperature and mask."""

    temperature: float = 1.0  # of instances that torch.nn made, too

    def __init__(self, dim: int | None = None, *, temperature: float = 1.0) -> None:
        _require_dim(self, dim)
        super().__init__(dim)
        if temperature != 1:
            self.temperature = temperature

    def extra_repr(self) -> str:
        return _with_temperature(super().extra_repr(), self.temperature)

    def forward(self, input: Tensor, mask: Tensor | None = None) -> Tensor:
        temperature = self.temperature
        # With all arguments: Python looks each keyword-only default up.
        return F.softmin(
            input, self.dim, _STACKLEVEL, None, mask=mask, temperature=temperature, empty=None
        )


@documented("softmax")
class Softmax(torch.nn.Softmax):
    """torch.nn.Softmax by :func:`torch_act.functional.softmax`, with its temperature and mask."""

    temperature: float = 1.0  # of instances that torch.nn made, too

    def __init__(self, dim: int | None = None, *, temperature: float = 1.0) -> None:
        _require_dim(self, dim)
        super().__init__(dim)
        if temperature != 1:
            self.temperature = temperature

    def extra_repr(self) -> str:
        return _with_temperature(super().extra_repr(), self.temperature)

    def forward(self, input: Tensor, mask: Tensor | None = None) -> Tensor:
        temperature = self.temperature
        # With all arguments: Python looks each keyword-only default up.
        return F.softmax(
            input, self.dim, _STACKLEVEL, None, mask=mask, temperature=temperature, empty=None
        )


@documented("softmax")
class Softmax2d(torch.nn.Softmax2d):
    """torch.nn.Softmax2d by :func:`torch_act.functional.softmax` over dim -3 of 3-d, 4-d input."""

    def forward(self, input: Tensor) -> Tensor:
        # torch.fx traces through this method: only torch.nn's own modules are leaves to it.
        if not isinstance(input, torch.fx.Proxy) and input.dim() not in (3, 4):
            raise ValueError(
                f"Softmax2d: expected input to be 3D or 4D, got {input.dim()}D instead"
            )
        return F.softmax(input, -3)


@documented("log_softmax")
class LogSoftmax(torch.nn.LogSoftmax):
    """torch.nn.LogSoftmax by :func:`torch_act.functional.log_softmax`, tempered and masked."""

    temperature: float = 1.0  # of instances that torch.nn made, too

    def __init__(self, dim: int | None = None, *, temperature: float = 1.0) -> None:
        _require_dim(self, dim)
        super().__init__(dim)
        if temperature != 1:
            self.temperature = temperature

    def extra_repr(self) -> str:
        return _with_temperature(super().extra_repr(), self.temperature)

    def forward(self, input: Tensor, mask: Tensor | None = None) -> Tensor:
        temperature = self.temperature
        # With all arguments: Python looks each keyword-only default up.
        return F.log_softmax(
            input, self.dim, _STACKLEVEL, None, mask=mask, temperature=temperature, empty=None
        )


class _PossiblyInPlace(torch.nn.Module):
    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


@documented("relu_squared")
class ReLUSquared(_PossiblyInPlace):
    """Square of the rectified linear unit, by :func:`torch_act.functional.relu_squared`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.relu_squared(input, self.inplace)


@documented("quick_gelu")
class QuickGELU(_PossiblyInPlace):
    """Approximation of gelu, by :func:`torch_act.functional.quick_gelu`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.quick_gelu(input, self.inplace)


@documented("hard_mish")
class HardMish(_PossiblyInPlace):
    """Approximation of mish, by :func:`torch_act.functional.hard_mish`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.hard_mish(input, self.inplace)


@documented("squareplus")
class Squareplus(torch.nn.Module):
    """Smooth approximation of relu, by :func:`torch_act.functional.squareplus`."""

    b: float

    def __init__(self, b: float = 4.0) -> None:
        super().__init__()
        self.b = b

    def forward(self, input: Tensor) -> Tensor:
        return F.squareplus(input, self.b)

    def extra_repr(self) -> str:
        return f"b={self.b}"


@documented("laplace")
class Laplace(torch.nn.Module):
    """Normal distribution function, by :func:`torch_act.functional.laplace`."""

    mu: float
    sigma: float

    def __init__(self, mu: float = 0.707107, sigma: float = 0.282095) -> None:
        super().__init__()
        self.mu = mu
        self.sigma = sigma

    def forward(self, input: Tensor) -> Tensor:
        return F.laplace(input, self.mu, self.sigma)

    def extra_repr(self) -> str:
        return f"mu={self.mu}, sigma={self.sigma}"


@documented("star_relu")
class StarReLU(torch.nn.Module):
    """Square of relu with learned scale and bias, by :func:`torch_act.functional.star_relu`."""

    scale: Tensor
    bias: Tensor

    def __init__(
        self,
        scale_value: float = 0.8944,
        bias_value: float = -0.4472,
        scale_learnable: bool = True,
        bias_learnable: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        scale = torch.full((1,), scale_value, device=device, dtype=dtype)
        bias = torch.full((1,), bias_value, device=device, dtype=dtype)
        self.scale = torch.nn.Parameter(scale, requires_grad=scale_learnable)
        self.bias = torch.nn.Parameter(bias, requires_grad=bias_learnable)

    def forward(self, input: Tensor) -> Tensor:
        return F.star_relu(input, self.scale.to(input.dtype), self.bias.to(input.dtype))


@documented("xielu")
class XIELU(torch.nn.Module):
    """Integral of elu with learned factors, by :func:`torch_act.functional.xielu`.

    As in transformers the parameters are what softplus makes positive: alpha_p, and what alpha_n
    exceeds beta by.
    """

    alpha_p: Tensor
    alpha_n: Tensor
    _beta_scalar: float
    _eps_scalar: float

    def __init__(
        self,
        alpha_p_init: float = 0.8,
        alpha_n_init: float = 0.8,
        beta: float = 0.5,
        eps: float = -1e-6,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()

        def before_softplus(value: float) -> torch.nn.Parameter:
            raw = math.log(math.expm1(value))
            return torch.nn.Parameter(torch.full((1,), raw, device=device, dtype=dtype))

        self.alpha_p = before_softplus(alpha_p_init)
        self.alpha_n = before_softplus(alpha_n_init - beta)
        # In transformers' state_dict, too; computed with are the numbers themselves.
        self.register_buffer("beta", torch.tensor(beta, device=device, dtype=dtype))
        self.register_buffer("eps", torch.tensor(eps, device=device, dtype=dtype))
        self._beta_scalar, self._eps_scalar = beta, eps

    def forward(self, input: Tensor) -> Tensor:
        alpha_p = F.softplus(self.alpha_p.to(input.dtype))
        alpha_n = self._beta_scalar + F.softplus(self.alpha_n.to(input.dtype))
        return F.xielu(input, alpha_p, alpha_n, self._beta_scalar, self._eps_scalar)

    def extra_repr(self) -> str:
        return f"beta={self._beta_scalar}, eps={self._eps_scalar}"


@documented("snake")
class Snake(torch.nn.Module):
    """The input and a periodic ripple, by :func:`torch_act.functional.snake`.

    Args:
        num_parameters: 1, or the number of channels.
        alpha: The initial frequency, and the initial beta.
        use_beta: Learn what the ripple is divided by, instead of taking alpha.
        logscale: Learn the logarithms (BigVGAN).
        learnable: False makes them constants.
        eps: Is added to what the ripple is divided by.
    """

    alpha: Tensor
    beta: Tensor | None
    logscale: bool
    eps: float

    def __init__(
        self,
        num_parameters: int = 1,
        alpha: float = 1.0,
        use_beta: bool = False,
        logscale: bool = False,
        learnable: bool = True,
        eps: float = 1e-9,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.logscale, self.eps = logscale, eps

        def parameter() -> torch.nn.Parameter:
            value = math.log(alpha) if logscale else alpha
            values = torch.full((num_parameters,), value, device=device, dtype=dtype)
            return torch.nn.Parameter(values, requires_grad=learnable)

        self.alpha = parameter()
        self.beta = parameter() if use_beta else None

    def forward(self, input: Tensor) -> Tensor:
        alpha = self._effective(self.alpha)
        divisor = (alpha if self.beta is None else self._effective(self.beta)) + self.eps
        return F.snake(input, alpha.to(input.dtype), divisor.to(input.dtype))

    def _effective(self, parameter: Tensor) -> Tensor:
        flat = parameter.reshape(-1)  # diffusers' have dimensions of size 1 around the channels
        return flat.exp() if self.logscale else flat

    def extra_repr(self) -> str:
        kind = "logarithms, " if self.logscale else ""
        return f"{self.alpha.numel()}, {kind}use_beta={self.beta is not None}"
