"""torch's ops compiled by Inductor, each alone: what torch.compile makes of an activation."""

from collections.abc import Callable

import torch
from torch import Tensor

from torch_act.command_line.calls import Call

_compiled: dict[tuple[str, bool], Callable[..., Tensor]] = {}


def compiled(call: Call, direction: str) -> Callable[..., Tensor]:
    """Compiled on its first call, and again for other dtypes; sizes are symbols."""
    key = call.label, direction == "in place"
    if key not in _compiled:
        _compiled[key] = _compile(call, in_place=direction == "in place")
    return _compiled[key]


def _compile(call: Call, in_place: bool) -> Callable[..., Tensor]:
    function = call.torchs
    assert function is not None

    def alone(*inputs: Tensor) -> Tensor:
        result = function(*inputs)
        # In place Inductor writes to the input of a functional graph: the result is copied there.
        return inputs[0].copy_(result) if in_place else result

    torch._dynamo.config.recompile_limit = 64
    torch._functorch.config.donated_buffer = False  # else a graph cannot be run backward again
    return torch.compile(alone, dynamic=True, fullgraph=True)
