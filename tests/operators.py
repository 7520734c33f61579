"""Every overload of the namespace act, as the library registered it, with arguments for it."""

import torch
import torch_act  # noqa: F401
from activations import FORMULAS

SCHEMAS = sorted(
    (s for s in torch._C._jit_get_all_schemas() if s.name.startswith("act::")),
    key=lambda s: (s.name, s.overload_name),
)
OVERLOADS = [
    getattr(getattr(torch.ops.act, s.name.removeprefix("act::")), s.overload_name or "default")
    for s in SCHEMAS
]
SCALARS = {
    "lower": 0.125,
    "upper": 0.25,
    "beta": 0.5,
    "eps": -1e-6,
    **{k: v for case in reversed(FORMULAS) for k, v in case.parameters if isinstance(v, float)},
}
STRINGS = sorted({v for case in FORMULAS for _, v in case.parameters if isinstance(v, str)})


HALVED = ("act::glu", "act::glu_backward", "act::gated", "act::gated_backward")


def arguments(overload, differentiable=(), string=None, **tensors):
    """Positional and keyword arguments: each by what the schema calls it, 4×6 float32 unless given.

    The tensors that are named in `differentiable` require a gradient; `string` replaces the default
    of an argument that is text.
    """
    halved = overload._schema.name in HALVED
    positional, keywords = [], {}
    for argument in overload._schema.arguments:
        if argument.name in tensors:
            value = tensors[argument.name]
        elif str(argument.type) == "Tensor":
            value = _tensor(argument.name, halved)
        elif argument.name == "empty":
            value = "zero"
        elif argument.name == "activation":
            value = "relu" if "is_result" in str(overload._schema) else "silu"
        elif argument.name == "approximate":
            value = string or argument.default_value
        elif str(argument.type) == "float":
            value = 0.7
        elif str(argument.type) in ("number", "Scalar"):
            value = SCALARS[argument.name]
        elif argument.name == "dim":
            value = 1
        elif argument.name == "input_dtype":
            value = torch.float32
        else:
            value = argument.default_value
        if argument.name in differentiable:
            value = value.detach().requires_grad_()
        if argument.kwarg_only:
            keywords[argument.name] = value
        else:
            positional.append(value)
    return tuple(positional), keywords


def _tensor(name, halved):
    if name == "philox_state":
        return torch.tensor([1234, 8])
    if name == "bits":  # of the 24 elements: both slopes, but no NaN, which opcheck finds different
        return torch.tensor([0, 85, 20, 65, 4, 0], dtype=torch.uint8)
    if name in ("weight", "bias"):
        return torch.tensor([0.25, -0.5, 0.0, 1.0, 2.0, 3.0])
    if name in ("scale", "alpha_p", "alpha_n", "alpha", "beta"):
        return torch.tensor([0.25, 0.5, 0.75, 1.0, 2.0, 3.0])
    columns = 3 if halved and name in ("grad_output", "out") else 6
    return torch.linspace(-3, 3.5, 4 * columns).view(4, columns)
