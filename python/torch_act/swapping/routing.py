"""The function mode that sends torch's activation calls to ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import is_traceable_wrapper_subclass

from torch_act import functional as F
from torch_act.swapping.correspondences import FUNCTIONS

DTYPES = (torch.float32, torch.float64, torch.bfloat16, torch.float16)


class active(TorchFunctionMode):
    """Within the context, torch's activation functions and methods are computed by ours.

    ``F.gelu``, ``torch.sigmoid``, ``x.tanh()``, ``x.relu_()``, ``F.softmax(x, -1)`` and all others
    of torch.nn.functional, torch and torch.Tensor that we have, whoever calls them in this thread,
    the modules of torch.nn too. What we do not compute is torch's as before: other dtypes, layouts
    and devices, tensor subclasses that have their own functions, and calls with ``out=``. So is
    what torch's own composite functions call inside, ``F.multi_head_attention_forward`` for one.

    It is a mode as torch's others are: it nests, belongs to the thread that entered it, and costs
    each call of a torch function within it some microseconds. Swap modules where you can
    (:func:`torch_act.swap`), and use it for what is left.

    Example:
        >>> x = torch.tensor([-6.0])
        >>> with torch_act.active():
        ...     torch.nn.functional.gelu(x)
        tensor([-5.9195e-09])
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        ours = FUNCTIONS.get(func)
        if ours is not None and _accepts(ours, types, args, kwargs):
            return ours(*args, **kwargs)
        return func(*args, **kwargs)


def _accepts(
    ours: Callable[..., Any],
    types: Iterable[type],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
) -> bool:
    """Whether this call is one that ours computes."""
    for kind in types:  # subclasses that have their own functions, and torch.fx's proxies
        if kind is not Tensor and kind is not torch.nn.Parameter:
            return False
    if "out" in kwargs:
        return False
    tensors = 0
    for value in (*args, *kwargs.values()):
        if isinstance(value, Tensor):
            tensors += 1
            if not _computes(value, kwargs):
                return False
        elif isinstance(value, str) and ours is not F.gelu:  # a named dimension
            return False
    # A second tensor is prelu's weight, or else a parameter that torch reads as a number.
    return tensors == (2 if ours is F.prelu else 1)


def _computes(tensor: Tensor, kwargs: Mapping[str, Any]) -> bool:
    return (
        (tensor.dtype in DTYPES)
        and kwargs.get("dtype", tensor.dtype) in (None, *DTYPES)
        and tensor.layout is torch.strided
        and not is_traceable_wrapper_subclass(tensor)
        and has_kernels(tensor.device.type)
    )


def has_kernels(device: str) -> bool:
    """Whether this build computes there: on the CPU always, on others as it was compiled."""
    if device in ("cpu", "meta"):
        return True
    key = torch._C._dispatch_key_for_device(device)
    return torch._C._dispatch_has_kernel_for_dispatch_key("act::relu", key)
