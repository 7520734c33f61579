"""torch's ops compiled by Inductor, each alone: what torch.compile makes of an activation."""

from collections.abc import Callable

import torch
from torch import Tensor

from torch_act.command_line.calls import Call
from torch_act.command_line.layouts import Layout

_compiled: dict[tuple[str, bool, int, Layout], Callable[..., Tensor]] = {}


def compiled(
    call: Call, direction: str, size: int, threads: int, layout: Layout
) -> Callable[..., Tensor]:
    """Compiled on its first call, and again for other dtypes; sizes and strides are symbols.

    Inductor divides the work among threads by the size that it sees first. Smaller ones, which it
    would leave to one thread, are compiled apart.
    """
    from torch._inductor import config

    working = threads if size // threads >= config.cpp.min_chunk_size else 1
    key = call.label, direction == "in place", working, layout
    if key not in _compiled:
        _compiled[key] = _compile(call, direction == "in place", working, layout)
    return _compiled[key]


def _compile(call: Call, in_place: bool, threads: int, layout: Layout) -> Callable[..., Tensor]:
    function = call.torchs
    assert function is not None

    def alone(*inputs: Tensor) -> Tensor:
        result = function(*inputs)
        # In place Inductor writes to the input of a functional graph: the result is copied there.
        return inputs[0].copy_(result) if in_place else result

    # What torch.compile makes is kept with the code, and only so much of it for one.
    alone.__code__ = alone.__code__.replace(co_name=f"{call.label} on {threads}, {layout}")
    torch._dynamo.config.recompile_limit = 64
    torch._functorch.config.donated_buffer = False  # else a graph cannot be run backward again
    return torch.compile(alone, dynamic=True, fullgraph=True, options={"cpp.threads": threads})
