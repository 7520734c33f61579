"""The activations whose parameters are tensors: what the tests know of each."""

import math

import mpmath
import torch
import torch_act

OPS = {op["name"]: tuple(op["tensors"]) for op in torch_act._C.parametric_ops()}
BETA, EPS = 0.5, -1e-6


def value(name, x, first, second):
    """In torch's differentiable ops."""
    match name:
        case "star_relu":
            return first * x.relu() ** 2 + second
        case "xielu":
            below = (torch.expm1(x.clamp_max(EPS)) - x) * second
            return torch.where(x > 0, first * x * x, below) + BETA * x
        case "snake":
            return x + torch.sin(first * x) ** 2 / second
    raise AssertionError(name)


def exact(name, dtype, x, first, second):
    """Value, derivatives in x and in the parameters; and the size of the terms that the first two
    are sums of, and that rounding is measured by."""
    x, p, q = map(mpmath.mpf, (x, first, second))
    if name == "star_relu":
        r = max(x, mpmath.mpf(0))
        return (p * r * r + q, 2 * p * r, r * r, mpmath.mpf(1)), (0, 0)
    if name == "snake":
        ripple, slope = mpmath.sin(p * x) ** 2 / q, mpmath.sin(2 * p * x) / q
        results = (x + ripple, 1 + p * slope, x * slope, -ripple / q)
        return results, (x, max(mpmath.mpf(1), abs(p * slope)))
    eps = mpmath.mpf(torch.tensor(EPS, dtype=dtype).item())
    if x > 0:
        return (p * x * x + BETA * x, 2 * p * x + BETA, x * x, mpmath.mpf(0)), (0, 0)
    e = mpmath.expm1(min(x, eps))
    slope = q * e + BETA if x <= eps else BETA - q
    size = max(abs(q * e), abs((BETA - q) * x)) if x < -1 else BETA * x
    return (q * (e - x) + BETA * x, slope, mpmath.mpf(0), e - x), (size, BETA)


def parameters(name, channels, dtype, device):
    """Positive ones of a moderate size, all of them different."""
    counts = channels if isinstance(channels, tuple) else (channels,) * len(OPS[name])
    return tuple(
        torch.linspace(0.4 + k, 1.6 + 0.3 * k, count, dtype=torch.float64, device=device).to(dtype)
        for k, count in enumerate(counts)
    )


def along_channels(parameter, x):
    if parameter.numel() == 1:
        return parameter.reshape(())
    return parameter.view(1, -1, *[1] * (x.dim() - 2))


def op(name, suffix=""):
    return getattr(torch.ops.act, name + suffix)


def problem(name, shape, channels, dtype, device):
    generator = torch.Generator().manual_seed(math.prod(shape))
    x, g = torch.randn(2, *shape, dtype=torch.float64, generator=generator).mul(2).to(device, dtype)
    return g, x, parameters(name, channels, dtype, device)
