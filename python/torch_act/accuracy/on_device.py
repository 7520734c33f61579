"""The counts of _C.measure_errors and its neighbours in torch's ops: for a device with many cores.

The kernels of a CUDA device are the CPU's formulas, so what holds for all 2³² inputs there holds on
the CPU, as far as the bits are the same. That too is counted, by `count_other_bits`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import torch
from torch import Tensor

from torch_act.accuracy.errors import Errors
from torch_act.accuracy.orders import Subject
from torch_act.accuracy.shape import Shape
from torch_act.accuracy.sweep import Block, blank, blocks, outside_of
from torch_act.accuracy.ulp import floor_of

BLOCK = 1 << 21  # patterns: in double, and with their negatives, what a GPU's cache holds

# Half an ulp beyond the largest finite float: from here on a result rounds to infinity.
_OVERFLOW = float.fromhex("0x1.ffffffp127")
_DOUBLE_BIAS = 1023


class DeviceErrors:
    """What is counted stays on the device until the end: no call waits for it."""

    def __init__(self, shape: Shape, floor: tuple[float, float, float], device: torch.device):
        self.shape = shape
        self.floor = torch.tensor(floor, dtype=torch.float64, device=device)
        # counted, correctly rounded, wrong kind, wrong sign, reversals, asymmetries
        self.counts = torch.zeros(6, dtype=torch.int64, device=device)
        self.worst = torch.zeros(2, dtype=torch.float64, device=device)  # plain, floored
        self.worst_at = torch.zeros(2, dtype=torch.float64, device=device)
        # Some ninety passes over memory become two.
        self._of_block: Callable[..., tuple[Tensor, Tensor, Tensor]] = (
            torch.compile(_of_block, dynamic=False) if device.type == "cuda" else _of_block
        )

    def add(self, x: Tensor, result: Tensor, exact: Tensor) -> None:
        """Numbers >= 0 and then as many negatives; the last of each half belongs to the next block
        and is looked at only for the direction.
        """
        counts, worst, at = self._of_block(
            *(t.view(2, -1) for t in (x, result, exact)),
            self.shape.direction,
            self.shape.symmetry,
            self.floor,
        )
        self.counts += counts
        more = worst > self.worst
        self.worst_at = torch.where(more, at, self.worst_at)
        self.worst = torch.where(more, worst, self.worst)

    def errors(self) -> Errors:
        """Waits for the device."""
        counted, rounded, kind, sign, reversals, asymmetries = self.counts.tolist()
        return Errors(
            counted=counted,
            correctly_rounded=rounded,
            wrong_kind=kind,
            wrong_sign=sign,
            reversals=reversals if self.shape.direction else None,
            asymmetries=asymmetries if self.shape.symmetry else None,
            worst=self.worst[0].item(),
            worst_at=self.worst_at[0].item(),
            worst_floored=self.worst[1].item(),
            worst_floored_at=self.worst_at[1].item(),
        )


def _of_block(
    x: Tensor,
    result: Tensor,
    exact: Tensor,
    direction: int,
    symmetry: int,
    floor_within: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    """The six counts; the worst error, plain and floored; where."""
    low, high, floor = floor_within.unbind()
    none = torch.zeros((), dtype=torch.int64, device=x.device)
    plus, minus = result
    # Away from 0 on both sides.
    reversals = _reversals(plus, direction) + _reversals(minus, -direction) if direction else none
    a, b = symmetry * plus[:-1], minus[:-1]
    asymmetries = ((a != b) & ~(a.isnan() & b.isnan())).sum() if symmetry else none

    x, result, exact = (t[:, :-1].flatten() for t in (x, result, exact))
    got = result.double()
    number, got_number = ~exact.isnan(), ~got.isnan()
    magnitude, reach = exact.abs(), got.abs()
    finite = (magnitude < _OVERFLOW) & (reach < _OVERFLOW)
    agree = finite | ((magnitude >= _OVERFLOW) & (reach >= _OVERFLOW)) | ~(number | got_number)
    # By the bits: Inductor's signbit of -0.0 is that of 0 on a GPU.
    opposite = (exact.view(torch.int64) ^ got.view(torch.int64)) < 0
    wrong_sign = opposite & number & got_number & (exact != 0)
    found = (number, exact.float() == result, ~agree, wrong_sign)
    counts = torch.stack([*(f.sum() for f in found), reversals, asymmetries])

    difference = torch.where(finite, (got - exact).abs(), 0.0)
    floored = torch.where((x > low) & (x < high), torch.maximum(magnitude, floor), magnitude)
    # Of several places the first: the one nearest to 0.
    plain_worst, plain_at = (difference * _ulps_per_unit(magnitude)).max(0)
    floored_worst, floored_at = (difference * _ulps_per_unit(floored)).max(0)
    at = x[torch.stack([plain_at, floored_at])].double()
    return counts, torch.stack([plain_worst, floored_worst]), at


def _ulps_per_unit(magnitude: Tensor) -> Tensor:
    """2²³ / 2ᵉ for the binade of a magnitude; subnormal floats lie in the lowest one."""
    exponent = (magnitude.view(torch.int64) >> 52).clamp(_DOUBLE_BIAS - 126, _DOUBLE_BIAS + 127)
    return ((2 * _DOUBLE_BIAS + 23 - exponent) << 52).view(torch.float64)


def _reversals(result: Tensor, direction: int) -> Tensor:
    return (direction * result[1:] < direction * result[:-1]).sum()


def sweep_on_device(
    subject: Subject,
    shape: Shape,
    device: torch.device,
    stride: int = 1,
    advance: Callable[[int], None] = lambda _: None,
) -> Errors:
    """What sweep.Sweep counts of ours, with the results of a device."""
    found = DeviceErrors(shape, floor_of(subject.case, subject.order), device)
    domain = subject.domain()
    for block in blocks(stride, BLOCK):
        x = block.numbers(device)
        outside = outside_of(domain, x)
        found.add(x, blank(subject.ours(x), outside), blank(subject.reference(x), outside))
        advance(block.count)
    return found.errors()


def other_bits_than_cpu(subject: Subject, device: torch.device, stride: int, threads: int) -> int:
    """How many results of a device are not the CPU's, bit by bit."""

    def count(every: Iterable[Block]) -> int:
        torch.set_num_threads(1)
        total = torch.zeros((), dtype=torch.int64, device=device)
        on_cuda = device.type == "cuda"
        with torch.cuda.stream(torch.cuda.Stream(device)) if on_cuda else nullcontext():
            for block in every:
                result = subject.ours(block.numbers())
                here = result.pin_memory() if on_cuda else result
                there = here.to(device, non_blocking=True)
                total += count_other_bits(subject.ours(block.numbers(device)), there)
            return int(total.item())

    every = blocks(stride, BLOCK)
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(count, (every[k::threads] for k in range(threads))))


def count_other_bits(result: Tensor, other: Tensor) -> Tensor:
    """How many floats differ in any bit; a NaN is a NaN."""
    differ = result.view(torch.int32) != other.view(torch.int32)
    return (differ & ~(result.isnan() & other.isnan())).sum()
