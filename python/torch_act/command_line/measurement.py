"""Times ours, torch's and a memory copy against each other.

The contenders take turns (turns.py), and the fastest of these counts. Every call makes a fresh
output, as users' calls do. The copy is `Tensor.copy_` of as many elements, contiguous, into memory
that exists and is warm. Backward is the backward alone: torch.autograd.grad on a retained graph,
with a full-size gradient, for all differentiable inputs. A training step is forward and backward
together. In place the input is written anew before each turn, and a turn is short: elements that an
op is applied to again and again become subnormal.

On a CUDA device the times are the device's own, of each call alone (see timers.py). There the bytes
that a call cannot do without, over its time, are compared with what the copy reaches.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from torch_act.command_line.calls import Call
from torch_act.command_line.inductor import compiled
from torch_act.command_line.layouts import Layout, clone, make_input, normal_like
from torch_act.command_line.timers import Contender, Timer, timer_of
from torch_act.command_line.turns import times_of_turns

Key = tuple[str, str, int, str, str, int]  # op, dtype, size, direction, layout, threads


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
    layout: str = "contiguous"
    threads: int = 1
    inductor: float | None = None
    noise: float = 0.0  # how much the fastest of one half of the turns exceeds that of the other

    @property
    def key(self) -> Key:
        """What was measured."""
        return self.op, self.dtype, self.size, self.direction, self.layout, self.threads

    @property
    def ratio(self) -> float | None:
        """How many times faster than torch."""
        return self.torch and self.torch / self.ours

    @property
    def inductor_ratio(self) -> float | None:
        """How many times faster than the op compiled alone by Inductor."""
        return self.inductor and self.inductor / self.ours

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


@dataclass(frozen=True)
class Plan:
    """One cell before it is measured."""

    call: Call
    dtype: torch.dtype
    size: int
    direction: str
    layout: Layout = Layout.contiguous
    threads: int = 1
    device: str = "cpu"

    @property
    def key(self) -> Key:
        """That of its cell."""
        dtype = str(self.dtype).removeprefix("torch.")
        return self.call.label, dtype, self.size, self.direction, self.layout.value, self.threads

    @property
    def possible(self) -> bool:
        """Whether the op has this direction and layout."""
        in_place = self.direction != "in place" or self.call.ours_in_place is not None
        return in_place and self.layout.suits(self.call, self.size)


def measure(
    plan: Plan,
    repeats: int,
    budget: float = math.inf,
    inductor: bool = False,
    timer: Timer | None = None,
) -> Cell:
    """Times one cell: so many turns, or fewer where they would take longer than so many seconds."""
    torch.set_num_threads(plan.threads)
    where = torch.device(plan.device)
    input = _input(plan.size, plan.dtype, plan.layout, where)
    source, destination = _copied(plan.size, plan.dtype, where)
    ours: Callable[..., Tensor] | None = plan.call.ours
    torchs = plan.call.torchs
    if plan.direction == "in place":
        ours, torchs = plan.call.ours_in_place, plan.call.torchs_in_place
    assert ours is not None  # the plan is possible
    functions = {"torch": torchs}
    if inductor and torchs is not None:
        functions["inductor"] = compiled(
            plan.call, plan.direction, plan.size, plan.threads, plan.layout
        )
    contenders: dict[str, Contender] = {"ours": _contender(plan, ours, input)}
    for name, function in functions.items():
        if function is not None and (contender := _where_implemented(plan, function, input)):
            contenders[name] = contender
    contenders["copy"] = lambda: destination.copy_(source)
    turns = times_of_turns(list(contenders.values()), repeats, budget, timer or timer_of(where))
    own_turns = zip(contenders, zip(*turns, strict=True), strict=True)
    best = {name: min(times) / plan.size for name, times in own_turns}
    label, dtype, size, direction, layout, threads = plan.key
    return Cell(
        *(label, dtype, size, direction, best["ours"], best.get("torch"), best["copy"]),
        device=plan.device,
        bytes=_bytes(plan, input) / size,
        layout=layout,
        threads=threads,
        inductor=best.get("inductor"),
        noise=_noise([turn[0] for turn in turns]),
    )


@lru_cache(maxsize=1)
def _input(size: int, dtype: torch.dtype, layout: Layout, device: torch.device) -> Tensor:
    return make_input(size, dtype, layout, device)


@lru_cache(maxsize=1)
def _copied(size: int, dtype: torch.dtype, device: torch.device) -> tuple[Tensor, Tensor]:
    source = make_input(size, dtype, Layout.contiguous, device)
    return source, torch.zeros_like(source)


def _noise(times: list[float]) -> float:
    if len(times) < 2:
        return 0.0
    first, second = min(times[::2]), min(times[1::2])
    return max(first, second) / min(first, second) - 1


def _bytes(plan: Plan, input: Tensor) -> int:
    """Forward reads x and writes y; backward reads y's gradient and x or y and writes x's."""
    meta = input.to("meta")
    output = plan.call.ours(meta, *_further_inputs(plan, meta))
    element = input.element_size() * input.numel()
    # Where the input is saved it is as large as the gradient; an output saved has its size.
    forward, backward = output.nbytes + element, output.nbytes + 2 * element
    return {"backward": backward, "training": forward + backward}.get(plan.direction, forward)


def _further_inputs(plan: Plan, input: Tensor) -> tuple[Tensor, ...]:
    channels = input.size(1) if plan.layout == Layout.broadcast_weight else 1
    return plan.call.further_inputs(input, channels)


def _contender(plan: Plan, function: Callable[..., Tensor], input: Tensor) -> Contender:
    further = _further_inputs(plan, input)
    if plan.direction == "forward":
        return _Forward(function, (input, *further))
    if plan.direction == "in place":
        return _InPlace(function, input, further)
    inputs = [clone(t).requires_grad_() for t in (input, *further)]
    output = function(*inputs)
    gradient = normal_like(output)
    if plan.direction == "backward":
        return lambda: torch.autograd.grad(output, inputs, gradient, retain_graph=True)
    return lambda: torch.autograd.grad(function(*inputs), inputs, gradient)


def _where_implemented(
    plan: Plan, function: Callable[..., Tensor], input: Tensor
) -> Contender | None:
    """torch has no float16 rrelu on the CPU."""
    try:
        contender = _contender(plan, function, input)
        contender()
    except NotImplementedError:
        return None
    return contender


@lru_cache(maxsize=1)
def _overwritten(source: Tensor) -> Tensor:
    """What in-place contenders overwrite, one tensor for all: by the pages of memory that each
    one's own got, times of the same loop differ by a quarter (4M elements)."""
    return clone(source)


@dataclass(frozen=True)
class _Forward:
    function: Callable[..., Tensor]
    inputs: tuple[Tensor, ...]

    def __call__(self) -> object:
        with torch.no_grad():
            return self.function(*self.inputs)


class _InPlace:
    most_calls = 8  # on the same numbers

    def __init__(
        self, function: Callable[..., Tensor], source: Tensor, further: tuple[Tensor, ...]
    ):
        self._call = _Forward(function, (_overwritten(source), *further))
        self._source = source

    def refresh(self) -> None:
        """The input as it was."""
        self._call.inputs[0].copy_(self._source)

    def __call__(self) -> object:
        return self._call()
