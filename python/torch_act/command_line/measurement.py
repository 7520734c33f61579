"""Times ours, torch's and a memory copy against each other.

The contenders take turns within one run, so that a change of the clock or of the neighbours' load
meets all three; their order changes from round to round, and each starts with a call that is not
timed, so that none always finds the caches as another left them. The fastest of many turns counts:
what else the machine does can only add time. Every call makes a fresh output, as users' calls do.
The copy is `Tensor.copy_` of the input's elements into memory that exists and is warm. Backward is
the backward alone: torch.autograd.grad on a retained graph, with a full-size gradient, for all
differentiable inputs.

On a CUDA device the times are the device's own, of each call alone (see timers.py). There the bytes
that a call cannot do without, over its time, are compared with what the copy reaches.
"""

import gc
import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, islice, permutations

import torch

from torch_act.command_line.calls import Call
from torch_act.command_line.timers import Contender, Timer, cpu_timer, timer_of

ROW = 1024  # elements along the last dimension, which is the one of softmax and glu
TURN_NS = 200_000  # calls are repeated until a turn takes this long


@dataclass(frozen=True)
class Cell:
    """The times of one op, dtype, size and direction, in nanoseconds for each input element."""

    op: str
    dtype: str
    size: int
    direction: str
    ours: float
    torch: float | None
    copy: float
    device: str
    bytes: float  # for each input element: every tensor read or written once

    @property
    def ratio(self) -> float | None:
        """How many times faster than torch."""
        return self.torch and self.torch / self.ours

    @property
    def copies(self) -> float:
        """The time as a multiple of a memory copy."""
        return self.ours / self.copy

    @property
    def bandwidth(self) -> float:
        """GB/s."""
        return self.bytes / self.ours

    @property
    def share(self) -> float:
        """The bandwidth as a share of what the copy reaches, which reads and writes the input."""
        itemsize: int = getattr(torch, self.dtype).itemsize
        return self.bandwidth / (2 * itemsize / self.copy)


def measure(
    call: Call,
    dtype: torch.dtype,
    size: int,
    direction: str,
    repeats: int,
    device: str = "cpu",
    timer: Timer | None = None,
) -> Cell:
    """Times one cell."""
    where = torch.device(device)
    shape = (size // ROW, ROW) if size % ROW == 0 else (size,)
    generator = torch.Generator(where).manual_seed(0)
    input = torch.randn(shape, generator=generator, device=where).mul_(3).to(dtype)
    destination = torch.zeros_like(input)
    prepare = _forward if direction == "forward" else _backward
    contenders: list[Contender] = [prepare(call, call.ours, input)]
    if call.torchs is not None:
        contenders.append(prepare(call, call.torchs, input))
    contenders.append(lambda: destination.copy_(input))
    times = fastest(contenders, repeats, timer or timer_of(where))
    ours, *theirs, copy = (ns / size for ns in times)
    name, torchs = str(dtype).removeprefix("torch."), theirs[0] if theirs else None
    moved = _bytes(call, input, direction) / size
    return Cell(call.label, name, size, direction, ours, torchs, copy, device, moved)


def _bytes(call: Call, input: torch.Tensor, direction: str) -> int:
    """Forward reads x and writes y; backward reads y's gradient and x or y and writes x's."""
    meta = input.to("meta")
    output = call.ours(meta, *call.further_inputs(meta))
    # Where the input is saved it is as large as the gradient; an output saved has its size.
    return output.nbytes + (2 if direction == "backward" else 1) * input.nbytes


def _forward(call: Call, function: Callable[..., torch.Tensor], input: torch.Tensor) -> Contender:
    inputs = (input, *call.further_inputs(input))

    def run() -> object:
        with torch.no_grad():
            return function(*inputs)

    return run


def _backward(call: Call, function: Callable[..., torch.Tensor], input: torch.Tensor) -> Contender:
    inputs = [t.clone().requires_grad_() for t in (input, *call.further_inputs(input))]
    output = function(*inputs)
    gradient = torch.randn(output.shape, device=output.device).to(output.dtype)
    return lambda: torch.autograd.grad(output, inputs, gradient, retain_graph=True)


def fastest(contenders: list[Contender], repeats: int, timer: Timer = cpu_timer) -> list[float]:
    """Nanoseconds of a call of each contender, the fastest of their turns."""
    counts = [_calls_in_a_turn(contender, timer) for contender in contenders]
    best = [math.inf] * len(contenders)
    collecting = gc.isenabled()
    gc.disable()
    try:
        orders = cycle(permutations(range(len(contenders))))
        for order in islice(orders, repeats):
            for index in order:
                contenders[index]()
                best[index] = min(best[index], timer(contenders[index], counts[index]))
    finally:
        if collecting:
            gc.enable()
    return best


def _calls_in_a_turn(contender: Contender, timer: Timer) -> int:
    timer(contender, 2)  # warm-up: pages, caches, lazy initialisation
    return max(1, round(TURN_NS / timer(contender, 1)))
