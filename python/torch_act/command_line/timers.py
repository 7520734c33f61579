"""How long a call takes: by the clock on the CPU, by events on a CUDA device."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import torch

Contender = Callable[[], object]
Timer = Callable[[Contender, int], float]  # nanoseconds of one of so many calls


def cpu_timer(contender: Contender, count: int) -> float:
    """Nanoseconds of a call, by the clock."""
    start = time.perf_counter_ns()
    for _ in range(count):
        contender()
    return (time.perf_counter_ns() - start) / count


class Event(Protocol):
    """What is used of torch.cuda.Event."""

    def record(self) -> None: ...
    def elapsed_time(self, end_event: Any) -> float: ...


@dataclass(frozen=True)
class EventTimer:
    """Nanoseconds of a call on the device, by a pair of events around each.

    `before` runs ahead of each pair: it empties the caches, and keeps the device so long that the
    call and its events are waiting when it is done. What Python and the launch cost the host is not
    in the time then, as in a program that keeps the device busy.
    """

    new_event: Callable[[], Event]
    before: Callable[[], object]
    synchronize: Callable[[], object]

    def __call__(self, contender: Contender, count: int) -> float:
        pairs = [(self.new_event(), self.new_event()) for _ in range(count)]
        for start, end in pairs:
            self.before()
            start.record()
            contender()
            end.record()
        self.synchronize()
        milliseconds = sum(start.elapsed_time(end) for start, end in pairs)
        return milliseconds * 1e6 / count


BUSY_CYCLES = 1_000_000  # half a millisecond and more: longer than the host needs for a backward


def cuda_timer(device: torch.device) -> EventTimer:
    """For one device, whose second-level cache is overwritten before each call."""
    cache = torch.cuda.get_device_properties(device).L2_cache_size
    overwritten = torch.empty(max(2 * cache, 1 << 20), dtype=torch.uint8, device=device)

    def before() -> None:
        overwritten.zero_()
        torch.cuda._sleep(BUSY_CYCLES)

    return EventTimer(
        lambda: torch.cuda.Event(enable_timing=True), before, lambda: torch.cuda.synchronize(device)
    )


def timer_of(device: torch.device) -> Timer:
    """The one that suits the device."""
    return cuda_timer(device) if device.type == "cuda" else cpu_timer
