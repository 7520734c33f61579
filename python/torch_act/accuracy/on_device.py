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
        self.shape, self.floor = shape, floor
        # counted, correctly rounded, wrong kind, wrong sign, reversals, asymmetries
        self.counts = torch.zeros(6, dtype=torch.int64, device=device)
        self.worst = torch.zeros(2, dtype=torch.float64, device=device)  # plain, floored
        self.worst_at = torch.zeros(2, dtype=torch.float64, device=device)

    def add(self, x: Tensor, result: Tensor, exact: Tensor) -> None:
        """Numbers >= 0 and then as many negatives; the last of each half belongs to the next block
        and is looked at only for the direction.
        """
        halves = [t.chunk(2) for t in (x, result, exact)]
        plus, minus = halves[1]
        reversals = asymmetries = self.counts.new_zeros(())
        if direction := self.shape.direction:
            reversals = _reversals(plus, direction) + _reversals(minus, -direction)
        if symmetry := self.shape.symmetry:
            a, b = symmetry * plus[:-1], minus[:-1]
            asymmetries = ((a != b) & ~(a.isnan() & b.isnan())).sum()
        self._count(*(torch.cat([t[:-1] for t in pair]) for pair in halves), reversals, asymmetries)

    def _count(
        self, x: Tensor, result: Tensor, exact: Tensor, reversals: Tensor, asymmetries: Tensor
    ) -> None:
        got = result.double()
        number, got_number = ~exact.isnan(), ~got.isnan()
        magnitude, reach = exact.abs(), got.abs()
        finite = (magnitude < _OVERFLOW) & (reach < _OVERFLOW)
        agree = finite | ((magnitude >= _OVERFLOW) & (reach >= _OVERFLOW)) | ~(number | got_number)
        opposite = exact.signbit() ^ got.signbit()
        wrong_sign = opposite & number & got_number & (exact != 0)
        found = (number, exact.float() == result, ~agree, wrong_sign)
        self.counts += torch.stack([*(f.sum() for f in found), reversals, asymmetries])

        low, high, floor = self.floor
        difference = torch.where(finite, (got - exact).abs(), 0.0)
        floored = torch.where((x > low) & (x < high), magnitude.clamp_min(floor), magnitude)
        self._keep(0, difference * _ulps_per_unit(magnitude), x)
        self._keep(1, difference * _ulps_per_unit(floored), x)

    def _keep(self, which: int, errors: Tensor, x: Tensor) -> None:
        """The worst, and of several places the one nearest to 0."""
        worst = errors.max()
        places = torch.where(errors == worst, x.abs(), torch.inf)
        at = x[places.argmin()].double()
        more = worst > self.worst[which]
        self.worst_at[which] = torch.where(more, at, self.worst_at[which])
        self.worst[which] = torch.where(more, worst, self.worst[which])

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
