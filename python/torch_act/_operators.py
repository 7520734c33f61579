"""Every overload of the namespace act, from the dispatcher: what is registered for all of them."""

from collections.abc import Iterator

import torch
from torch._ops import OpOverload


def operators() -> Iterator[OpOverload]:
    """Each op once: the forward and backward ones, in place and with `out=` too."""
    for name in torch._C._dispatch_get_all_op_names():
        if name.startswith("act::"):
            name, _, overload = name.removeprefix("act::").partition(".")
            yield getattr(getattr(torch.ops.act, name), overload or "default")
