"""The operands that are tried: of every pair of binades, where a function is hard, special ones."""

from __future__ import annotations

from itertools import product
from math import inf, nan

import torch
from torch import Tensor

from torch_act.accuracy.several.draw import Draw, binades
from torch_act.accuracy.several.function import Function

SEED = 20240229
# Of every pair of binades so many. In float64 there are 4.4 million pairs, and exact results are
# slow: there each binade of each of the first two operands meets some of the other's.
PAIRS = {torch.float32: 2, torch.bfloat16: 2, torch.float16: 60}
MEETINGS = 2
WITHIN_REACH = 60_000  # of numbers of each binade with operands of a function's reach
HARD = 24_000
HARD_FLOAT64 = 2_000


def inputs(function: Function, dtype: torch.dtype) -> str:
    """In words."""
    if function.reach:
        return "each binade of x"
    return "each binade with others" if dtype == torch.float64 else "each pair of binades"


def sample(function: Function, dtype: torch.dtype, every: int = 1) -> tuple[Tensor, ...]:
    """grad_output and the operands, in the dtype; of these points every so many-th."""
    draw = Draw(SEED)
    count = HARD_FLOAT64 if dtype == torch.float64 else HARD
    columns = zip(
        _binades(function, dtype, draw),
        function.hard(draw, count),
        _special(function, dtype),
        strict=True,
    )
    operands = [torch.cat(column).to(dtype)[::every] for column in columns]
    operands = list(function.prepared(*operands))
    grad_output = draw.spread(-2, 2, len(operands[0])).to(dtype)
    kept = function.domain(dtype, *(o.double() for o in operands))
    if not function.replayable:
        return (grad_output, *operands)
    return tuple(operand[kept] for operand in (grad_output, *operands))


def _binades(function: Function, dtype: torch.dtype, draw: Draw) -> list[Tensor]:
    low, high = binades(dtype)
    all_of_them = torch.arange(low, high)
    if function.reach:
        times = 4 if dtype == torch.float64 else WITHIN_REACH // (high - low)
        first = all_of_them.repeat(times)
        others = [draw.integers(*function.reach, len(first)) for _ in function.operands[1:]]
        return [draw.with_exponents(exponents) for exponents in (first, *others)]
    if dtype in PAIRS:
        first, second = torch.cartesian_prod(all_of_them, all_of_them).repeat(PAIRS[dtype], 1).T
    else:
        own = all_of_them.repeat(MEETINGS)
        first = torch.cat([own, draw.exponents(dtype, len(own))])
        second = torch.cat([draw.exponents(dtype, len(own)), own])
    further = [draw.exponents(dtype, len(first)) for _ in function.operands[2:]]
    return [draw.with_exponents(exponents) for exponents in (first, second, *further)]


def _special(function: Function, dtype: torch.dtype) -> list[Tensor]:
    """Every combination of zeros, infinities, NaN, 1, and the ends of the range."""
    info = torch.finfo(dtype)
    least = info.smallest_normal * info.eps
    positive = (0.0, least, info.tiny, 1.0, info.max, inf)
    values = [nan, *positive, *(-value for value in positive)]
    further = values
    if function.reach:
        further = [sign * 2.0**exponent for sign in (1, -1) for exponent in (0, *function.reach)]
    combined = product(values, *[further] * (len(function.operands) - 1))
    return list(torch.tensor(list(combined), dtype=torch.float64).T)
