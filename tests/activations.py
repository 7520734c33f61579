"""What the tests are parametrised over: every pointwise op of the C++ list, with its parameters.

The ops come from the library itself, their definitions and parameter sets from the catalogue: an op
that one of the two lacks fails test_reference.py, so that none can be forgotten.
"""

import pytest
import torch
import torch_act
from torch_act.accuracy import cases
from torch_act.accuracy.cases import COMPUTED_IN, DTYPES, HALF_DTYPES, NUMPY

__all__ = [
    "BITS",
    "CASES",
    "CASES_IN_TORCH",
    "COMPUTED_IN",
    "DTYPES",
    "FORMULAS",
    "HALF_DTYPES",
    "NUMPY",
    "OPS",
    "Case",
    "bits",
    "numbers_of_kernels",
    "same_bits",
]

numbers_of_kernels = pytest.mark.of_any_torch(
    "the digits of kernels that know no torch, which g++ compiles from the same sources for each"
)

BITS = {
    torch.float32: torch.int32,
    torch.float64: torch.int64,
    torch.bfloat16: torch.int16,
    torch.float16: torch.int16,
}


class Case(cases.Case):
    """And the forms of an op that only tests call."""

    def in_place(self, x):
        return getattr(torch.ops.act, self.name + "_")(x, **self.keywords)

    def out(self, x, out):
        return getattr(torch.ops.act, self.name)(x, **self.keywords, out=out)

    def slope_bits(self, x, **batch_dims):
        return getattr(torch.ops.act, self.name + "_slope_bits")(x, **self.keywords, **batch_dims)

    def backward_from_bits(self, grad_output, bits):
        op = getattr(torch.ops.act, self.name + "_backward_from_bits")
        return op(grad_output, bits, **self.keywords)


OPS = torch_act._C.pointwise_ops()
CASES = list(cases.cases(Case))
CASES_IN_TORCH = [case for case in CASES if case.in_torch]
# One case for each formula: an op's first parameter set, and one for each further variant.
FORMULAS = list({(case.name, case.variant): case for case in reversed(CASES)}.values())[::-1]


def bits(tensor):
    """The bit patterns, with all NaNs made equal: what 'bit for bit' compares."""
    canonical = torch.where(tensor.isnan(), torch.nan, tensor.detach())
    return canonical.contiguous().view(BITS[tensor.dtype])


def same_bits(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and torch.equal(bits(a), bits(b))


def units_apart(a, b):
    """The distance of two half tensors, counted in representable numbers; NaNs are equal."""
    order = [t.view(BITS[t.dtype]).int() for t in (a, b)]
    order = [torch.where(o < 0, -(o & 0x7FFF), o) for o in order]
    return torch.where(a.isnan() & b.isnan(), 0, (order[0] - order[1]).abs())
