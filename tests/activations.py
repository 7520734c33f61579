"""What the tests are parametrised over: every pointwise op of the C++ list, with its parameters.

The ops come from the library itself, their definitions and parameter sets from the catalogue: an op
that one of the two lacks fails test_reference.py, so that none can be forgotten.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch_act
from reference import Reference
from torch_act.catalogue import BY_NAME

DTYPES = (torch.float32, torch.float64, torch.bfloat16, torch.float16)
HALF_DTYPES = (torch.bfloat16, torch.float16)

# The dtype that each dtype is computed in, and numpy's name of it.
COMPUTED_IN = {
    dtype: torch.float64 if dtype == torch.float64 else torch.float32 for dtype in DTYPES
}
NUMPY = {torch.float32: np.float32, torch.float64: np.float64}
BITS = {
    torch.float32: torch.int32,
    torch.float64: torch.int64,
    torch.bfloat16: torch.int16,
    torch.float16: torch.int16,
}


@dataclass(frozen=True)
class Case:
    """One pointwise op with fixed parameters."""

    name: str
    parameters: tuple[tuple[str, float | str], ...]
    variant: str | None  # the value of the parameter that chooses a formula (gelu's approximate)
    output_gives_gradient: bool  # whether the backward has the argument is_result
    two_slopes: bool  # whether two bits for each element give the backward

    def __str__(self):
        return f"{self.name}({', '.join(f'{k}={v}' for k, v in self.parameters)})"

    @property
    def keywords(self):
        return dict(self.parameters)

    def value(self, x):
        return getattr(torch.ops.act, self.name)(x, **self.keywords)

    def in_place(self, x):
        return getattr(torch.ops.act, self.name + "_")(x, **self.keywords)

    def out(self, x, out):
        return getattr(torch.ops.act, self.name)(x, **self.keywords, out=out)

    def backward(self, grad_output, saved, **is_result):
        return getattr(torch.ops.act, self.name + "_backward")(
            grad_output, saved, **self.keywords, **is_result
        )

    def double_backward(self, grad_grad_input, grad_output, saved, **is_result):
        op = getattr(torch.ops.act, self.name + "_double_backward")
        return op(grad_grad_input, grad_output, saved, **self.keywords, **is_result)

    def slope_bits(self, x, **batch_dims):
        return getattr(torch.ops.act, self.name + "_slope_bits")(x, **self.keywords, **batch_dims)

    def backward_from_bits(self, grad_output, bits):
        op = getattr(torch.ops.act, self.name + "_backward_from_bits")
        return op(grad_output, bits, **self.keywords)

    def derivative(self, x):
        return self.backward(torch.ones_like(x), x)

    def second_derivative(self, x):
        return self.double_backward(torch.ones_like(x), torch.ones_like(x), x)

    @property
    def in_torch(self):
        return hasattr(torch.nn.functional, self.name)

    def torch_value(self, x):
        """The same activation by torch.nn.functional."""
        plain = {"sigmoid": torch.sigmoid, "tanh": torch.tanh}
        function = plain.get(self.name) or getattr(torch.nn.functional, self.name)
        return function(x, **self.keywords)

    def numbers(self, dtype):
        """The numeric parameters, rounded to the dtype that `dtype` is computed in."""
        entry, round_to = BY_NAME[self.name], NUMPY[COMPUTED_IN[dtype]]
        return {k: float(round_to(v)) for k, v in entry.numbers_of(self.keywords).items()}

    def reference(self, dtype):
        pieces = BY_NAME[self.name].definition(self.keywords)
        return Reference(pieces, self.numbers(dtype), NUMPY[COMPUTED_IN[dtype]])


def _cases(op):
    entry = BY_NAME.get(op["name"])
    if entry is None:  # reported by test_reference.py
        return
    variant_argument = op["variants"][0] if op["variants"] else None
    for parameters in entry.parameter_sets:
        yield Case(
            op["name"],
            tuple(parameters.items()),
            parameters[variant_argument] if variant_argument else None,
            bool(op["output_determines"]),
            bool(op["two_slopes"]),
        )


OPS = torch_act._C.pointwise_ops()
CASES = [case for op in OPS for case in _cases(op)]
CASES_IN_TORCH = [case for case in CASES if case.in_torch]
# One case for each formula: an op's first parameter set, and one for each further variant.
FORMULAS = list({(case.name, case.variant): case for case in reversed(CASES)}.values())[::-1]


def bits(tensor):
    """The bit patterns, with all NaNs made equal: what 'bit for bit' compares."""
    canonical = torch.where(tensor.isnan(), torch.nan, tensor.detach())
    return canonical.contiguous().view(BITS[tensor.dtype])


def same_bits(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and torch.equal(bits(a), bits(b))
