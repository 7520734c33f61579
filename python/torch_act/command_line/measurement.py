"""Times ours, torch's and a memory copy against each other.

The contenders take turns within one run, so that a change of the clock or of the neighbours' load
meets all three; their order changes from round to round, and each starts with a call that is not
timed, so that none always finds the caches as another left them. The fastest of many turns counts:
what else the machine does can only add time. Every call makes a fresh output, as users' calls do.
The copy is `Tensor.copy_` of the input's elements into memory that exists and is warm. Backward is
the backward alone: torch.autograd.grad on a retained graph, with a full-size gradient, for all
differentiable inputs.
"""

import gc
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, islice, permutations

import torch

from torch_act.command_line.calls import Call

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

    @property
    def ratio(self) -> float | None:
        """How many times faster than torch."""
        return self.torch and self.torch / self.ours

    @property
    def copies(self) -> float:
        """The time as a multiple of a memory copy."""
        return self.ours / self.copy


def measure(call: Call, dtype: torch.dtype, size: int, direction: str, repeats: int) -> Cell:
    """Times one cell."""
    shape = (size // ROW, ROW) if size % ROW == 0 else (size,)
    input = torch.randn(shape, generator=torch.Generator().manual_seed(0)).mul_(3).to(dtype)
    destination = torch.zeros_like(input)
    prepare = _forward if direction == "forward" else _backward
    contenders: list[Callable[[], object]] = [prepare(call, call.ours, input)]
    if call.torchs is not None:
        contenders.append(prepare(call, call.torchs, input))
    contenders.append(lambda: destination.copy_(input))
    ours, *theirs, copy = (ns / size for ns in fastest(contenders, repeats))
    name = str(dtype).removeprefix("torch.")
    return Cell(call.label, name, size, direction, ours, theirs[0] if theirs else None, copy)


def _forward(call: Call, function: Callable, input: torch.Tensor) -> Callable[[], object]:
    inputs = (input, *call.further_inputs(input))

    def run() -> object:
        with torch.no_grad():
            return function(*inputs)

    return run


def _backward(call: Call, function: Callable, input: torch.Tensor) -> Callable[[], object]:
    inputs = [t.clone().requires_grad_() for t in (input, *call.further_inputs(input))]
    output = function(*inputs)
    gradient = torch.randn(output.shape).to(output.dtype)
    return lambda: torch.autograd.grad(output, inputs, gradient, retain_graph=True)


def fastest(contenders: list[Callable[[], object]], repeats: int) -> list[float]:
    """Nanoseconds of a call of each contender, the fastest of their turns."""
    counts = [_calls_in_a_turn(contender) for contender in contenders]
    best = [math.inf] * len(contenders)
    collecting = gc.isenabled()
    gc.disable()
    try:
        orders = cycle(permutations(range(len(contenders))))
        for order in islice(orders, repeats):
            for index in order:
                contenders[index]()
                best[index] = min(best[index], _time(contenders[index], counts[index]))
    finally:
        if collecting:
            gc.enable()
    return best


def _calls_in_a_turn(contender: Callable[[], object]) -> int:
    _time(contender, 2)  # warm-up: pages, caches, lazy initialisation
    return max(1, round(TURN_NS / _time(contender, 1)))


def _time(contender: Callable[[], object], count: int) -> float:
    start = time.perf_counter_ns()
    for _ in range(count):
        contender()
    return (time.perf_counter_ns() - start) / count
