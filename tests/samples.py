"""Where float32 and float64 are measured: every binade, where things happen, every seam."""

from functools import cache

import numpy as np
import torch
from activations import NUMPY
from specified import jumps, kinks, width
from torch_act.accuracy.reference import LARGEST_ARGUMENT
from torch_act.accuracy.ulp import FORMATS

# Where exp(±x), exp(-x²/2) and their subnormal results end: the tails of every formula.
TAILS = {torch.float32: (80.0, 110.0), torch.float64: (690.0, 760.0)}
GAUSSIAN_TAILS = {torch.float32: (5.0, 15.0), torch.float64: (20.0, 40.0)}


def _neighbours(point, number, reach=40):
    """The numbers of the type around a point, counted in the bit pattern."""
    integer = np.int32 if number is np.float32 else np.int64
    centre = np.array(abs(point), dtype=number).view(integer).astype(np.int64)
    steps = np.unique(np.clip(centre + np.arange(-reach, reach + 1), 0, None)).astype(integer)
    magnitude = steps.view(number)
    return np.concatenate(
        [magnitude, -magnitude[magnitude <= reach * np.finfo(number).smallest_subnormal]]
    ) * (-1 if point < 0 else 1)


@cache
def sample(case, dtype, per_binade=None):
    """Sorted finite numbers of `dtype` (as float64), the same at every call."""
    number, layout = NUMPY[dtype], FORMATS[dtype]
    per_binade = per_binade or (24 if dtype == torch.float32 else 6)
    generator = np.random.default_rng(20240229)
    top = min(np.log2(layout.largest), np.log2(LARGEST_ARGUMENT))
    bottom = layout.least_exponent - (layout.precision - 1)
    exponents = np.repeat(np.arange(bottom, int(top) + (top % 1 > 0)), per_binade)
    binades = np.ldexp(1 + generator.random(len(exponents)), exponents)
    powers = np.ldexp(1.0, np.arange(bottom, int(top) + (top % 1 > 0)))
    stretch = width(case)
    dense = stretch * np.concatenate(
        [
            generator.uniform(0, 40, 6000),
            generator.uniform(0, 8, 2000),
            np.arange(0, 40, 0.0625),
            generator.uniform(*TAILS[dtype], 1500),
            generator.uniform(*GAUSSIAN_TAILS[dtype], 1500),
        ]
    )
    below = np.nextafter(powers.astype(number), number(0)).astype(np.float64)
    magnitudes = np.concatenate(
        [binades, powers, below, dense, [min(layout.largest, LARGEST_ARGUMENT)]]
    )
    seams = [x for x, _ in kinks(case, dtype)] + jumps(case, dtype)
    near = [_neighbours(x, number) for x in [0.0, *seams]]
    with np.errstate(over="ignore"):
        points = np.concatenate([magnitudes, -magnitudes, *near]).astype(number)
    points = points[np.abs(points.astype(np.float64)) <= min(layout.largest, LARGEST_ARGUMENT)]
    return np.unique(points).astype(np.float64)


@cache
def exact(case, dtype):
    """The exact f, f′, f″ at sample(case, dtype)."""
    smallest = float(np.finfo(NUMPY[dtype]).smallest_subnormal)
    return case.reference(dtype).at(sample(case, dtype), smallest)


@cache
def every_half():
    """Each finite number that bfloat16 or float16 can hold, once, as float32-exact float64."""
    patterns = torch.arange(-32768, 32768, dtype=torch.int32).to(torch.int16)
    numbers = torch.cat(
        [patterns.view(torch.bfloat16).double(), patterns.view(torch.float16).double()]
    )
    return np.unique(numbers[numbers.isfinite()].numpy())
