"""Random operands, the same at every call."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from torch_act.accuracy.ulp import FORMATS

# No expression is evaluated exactly beyond 2²⁰⁰: torch_act/accuracy/reference.py.
LARGEST_EXPONENT = 199


class Draw:
    """Vectors in double; what is drawn follows from the seed and the order of the calls."""

    def __init__(self, seed: int) -> None:
        self.generator = np.random.default_rng(seed)

    def uniform(self, low: float, high: float, count: int) -> Tensor:
        return torch.from_numpy(self.generator.uniform(low, high, count))

    def normal(self, scale: float, count: int) -> Tensor:
        return torch.from_numpy(self.generator.normal(0, scale, count))

    def integers(self, low: int, high: int, count: int) -> Tensor:
        return torch.from_numpy(self.generator.integers(low, high, count))

    def signs(self, count: int) -> Tensor:
        return 1.0 - 2.0 * self.integers(0, 2, count)

    def with_exponents(self, exponents: Tensor) -> Tensor:
        """Of these binades, of either sign."""
        count = len(exponents)
        return self.signs(count) * torch.ldexp(self.uniform(1, 2, count), exponents)

    def spread(self, low: int, high: int, count: int) -> Tensor:
        """Logarithmically uniform from 2^low to 2^high, of either sign."""
        return self.with_exponents(self.integers(low, high, count))

    def exponents(self, dtype: torch.dtype, count: int) -> Tensor:
        """Of any binade."""
        return self.integers(*binades(dtype), count)


def binades(dtype: torch.dtype) -> tuple[int, int]:
    """The exponents of all numbers of the dtype, subnormal ones included: from, up to before."""
    layout = FORMATS[dtype]
    highest = int(np.floor(np.log2(layout.largest)))
    return layout.least_exponent - layout.precision + 1, highest + 1
