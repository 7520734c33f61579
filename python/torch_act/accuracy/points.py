"""Where float64, and what a function is like, is measured: every binade, tails, every seam."""

import re

import numpy as np
import torch

from torch_act.accuracy.cases import NUMPY, Case
from torch_act.accuracy.reference import LARGEST_ARGUMENT
from torch_act.accuracy.ulp import FORMATS
from torch_act.catalogue import BY_NAME

# Where exp(±x), exp(-x²/2) and their subnormal results end.
TAILS = {torch.float32: ((5.0, 15.0), (80.0, 110.0)), torch.float64: ((20.0, 40.0), (690.0, 760.0))}


def seams(case: Case, dtype: torch.dtype) -> list[float]:
    """Every number in the conditions of the definition, and its opposite; 0."""
    numbers = case.numbers(dtype)
    conditions = " ".join(
        condition for condition, _ in BY_NAME[case.name].definition(case.keywords)
    )
    found = {float(number) for number in re.findall(r"\d+(?:\.\d+)?", conditions)}
    found |= {value for name, value in numbers.items() if name in conditions}
    if case.name == "softplus":
        found.add(numbers["threshold"] / numbers["beta"])
    return sorted({0.0} | {s for x in found if abs(x) < LARGEST_ARGUMENT for s in (x, -x)})


def stratified(case: Case, dtype: torch.dtype, per_binade: int, dense: int) -> np.ndarray:
    """Sorted finite numbers of `dtype` (as float64), the same at every call, with their negatives.

    `per_binade` random ones of each binade and its two ends; `dense` in each region where the
    function changes or ends; the neighbours of every seam.
    """
    number, layout = NUMPY[dtype], FORMATS[dtype]
    generator = np.random.default_rng(20240229)
    bottom = layout.least_exponent - (layout.precision - 1)
    top = int(np.log2(min(layout.largest, LARGEST_ARGUMENT)))
    exponents = np.repeat(np.arange(bottom, top), per_binade)
    powers = np.ldexp(1.0, np.arange(bottom, top + 1))
    regions = ((0.0, 2.0), (0.0, 8.0), (0.0, 40.0), *TAILS[dtype])
    magnitudes = np.concatenate(
        [
            np.ldexp(1 + generator.random(len(exponents)), exponents),
            powers,
            np.nextafter(powers.astype(number), number(0)).astype(np.float64),
            *(case.width * generator.uniform(*region, dense) for region in regions),
            *(_neighbours(x, number) for x in seams(case, dtype)),
        ]
    ).astype(number)
    magnitudes = np.abs(magnitudes.astype(np.float64))
    magnitudes = magnitudes[magnitudes <= LARGEST_ARGUMENT]
    return np.unique(np.concatenate([magnitudes, -magnitudes]))


def _neighbours(point: float, number: type, reach: int = 24) -> np.ndarray:
    """The numbers of the type around a point, counted in the bit pattern."""
    integer = np.int32 if number is np.float32 else np.int64
    centre = np.array(abs(point), dtype=number).view(integer).astype(np.int64)
    steps = np.unique(np.clip(centre + np.arange(-reach, reach + 1), 0, None)).astype(integer)
    return steps.view(number).astype(np.float64)
