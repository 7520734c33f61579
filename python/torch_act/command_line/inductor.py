"""torch's ops compiled by Inductor, each alone: what torch.compile makes of an activation."""

from collections.abc import Callable
from functools import cache, partial

import torch
from torch import Tensor

from torch_act.command_line.calls import Call


def compiled(call: Call, direction: str) -> Callable[..., Tensor]:
    """Compiled on its first call, and again for other dtypes; sizes are symbols."""
    return _compiled(call.entry.name, tuple(call.arguments.items()), direction == "in place")


@cache
def _compiled(name: str, arguments: tuple, in_place: bool) -> Callable[..., Tensor]:
    # In place Inductor writes to the input of a functional graph: the result is copied there.
    function = partial(getattr(torch.nn.functional, name), **dict(arguments))

    def alone(*inputs: Tensor) -> Tensor:
        result = function(*inputs)
        return inputs[0].copy_(result) if in_place else result

    torch._dynamo.config.recompile_limit = 64
    torch._functorch.config.donated_buffer = False  # else a graph cannot be run backward again
    return torch.compile(alone, dynamic=True, fullgraph=True)
