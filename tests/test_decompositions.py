"""The decompositions, evaluated by torch op for op, against our kernels.

Inductor's own arithmetic comes in test_compile_numbers.py.
"""

import math
from itertools import product

import numpy as np
import pytest
import torch
import torch_act
from activations import CASES, DTYPES, FORMULAS, HALF_DTYPES, same_bits, units_apart
from operators import HALVED, OVERLOADS, arguments
from samples import sample
from specified import kinks, width
from torch_act._decompositions import decompositions
from torch_act.accuracy.ulp import cancellation_floor, describe, error

TABLE = decompositions()

# In ulp of the kernel's number, by the order of the derivative: what docs/compile.md states. What
# lies below the floor counts as if it had the floor's magnitude: there exponentials are subnormal,
# and have lost digits that the kernels keep.
BOUNDS = (5.0, 8.0, 12.0)
FLOOR = {torch.float32: 2.0**-100, torch.float64: 2.0**-960}

# What changes a generator, and packed bits: see the module's text.
KERNELS_ALWAYS = {"philox_state"} | {
    case.name + suffix
    for case in CASES
    if case.two_slopes
    for suffix in ("_slope_bits", "_backward_from_bits")
}


def decomposed(overload, *args, **kwargs):
    return TABLE[overload](*args, **kwargs)


class Decomposed:
    """A case's functions, by decompositions instead of kernels."""

    def __init__(self, case):
        self.case = case

    def _call(self, suffix, *tensors, **further):
        overload = getattr(torch.ops.act, self.case.name + suffix).default
        return decomposed(overload, *tensors, **self.case.keywords, **further)

    def value(self, x):
        return self._call("", x)

    def backward(self, grad_output, saved, **is_result):
        return self._call("_backward", grad_output, saved, **is_result)

    def double_backward(self, grad_grad_input, grad_output, saved, **is_result):
        return self._call("_double_backward", grad_grad_input, grad_output, saved, **is_result)

    def derivative(self, x):
        return self.backward(torch.ones_like(x), x)

    def second_derivative(self, x):
        return self.double_backward(torch.ones_like(x), torch.ones_like(x), x)


def orders(functions):
    return functions.value, functions.derivative, functions.second_derivative


def ulps_from_kernel(case, order, dtype, result):
    """How far `result` is from the kernel's numbers at sample(case, dtype), and a description."""
    points = sample(case, dtype)
    kernel = orders(case)[order](torch.from_numpy(points).to(dtype)).double().numpy()
    floor = np.maximum(cancellation_floor(case, order, points), FLOOR[dtype])
    if order == 2:  # as in test_backward.py
        floor = np.where(np.abs(points / width(case)) < 6, 0.1 / width(case), floor)
    result = result.double().numpy()
    apart = error(result, kernel, np.zeros_like(kernel), dtype, floor)
    return apart, describe(apart, points, result, kernel)


@pytest.mark.parametrize("dtype", FLOOR, ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_within_bounds(case, dtype, measured):
    x = torch.from_numpy(sample(case, dtype)).to(dtype)
    for order, function in enumerate(orders(Decomposed(case))):
        apart, description = ulps_from_kernel(case, order, dtype, function(x))
        measured(f"decomposed, order {order}, ulp of {dtype}", case, apart.max())
        assert apart.max() <= BOUNDS[order], (order, description)


SPECIAL = (math.nan, math.inf, -math.inf, 0.0, -0.0)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_edges_are_the_kernels(case, dtype):
    x = torch.tensor([*SPECIAL, *(x for x, _ in kinks(case, dtype))], dtype=dtype)
    for ours, kernel in zip(orders(Decomposed(case)), orders(case), strict=True):
        torch.testing.assert_close(ours(x), kernel(x), equal_nan=True)
    signs = case.value(x).signbit()
    known = ~case.value(x).isnan() & (case.value(x) != 0)
    assert torch.equal(Decomposed(case).value(x).signbit()[known], signs[known])
    large = torch.tensor([math.inf, math.nan], dtype=dtype)
    for g in large:
        flat = case.backward(g.expand_as(x), x)
        assert torch.allclose(Decomposed(case).backward(g.expand_as(x), x), flat, equal_nan=True)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", [c for c in CASES if c.output_gives_gradient], ids=str)
def test_derivatives_from_the_output(case, dtype):
    x = torch.linspace(-7, 7, 999, dtype=torch.float64).to(dtype)
    y, g, gg = case.value(x), torch.randn(999).to(dtype), torch.randn(999).to(dtype)
    ours = Decomposed(case)
    close = {
        "rtol": 8 * torch.finfo(dtype).eps,
        "atol": 4 * torch.finfo(dtype).eps,
        "equal_nan": True,
    }
    try:
        expected = case.backward(g, y, is_result=True)
    except RuntimeError:
        return
    torch.testing.assert_close(ours.backward(g, y, is_result=True), expected, **close)
    torch.testing.assert_close(
        ours.double_backward(gg, g, y, is_result=True),
        case.double_backward(gg, g, y, is_result=True),
        **close,
    )


@pytest.mark.parametrize("dtype", HALF_DTYPES, ids=str)
@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_every_half_is_rounded_once(case, dtype, measured):
    """float32's errors move a number to its neighbour only where it lies half-way between two."""
    x = torch.arange(-32768, 32768, dtype=torch.int32).to(torch.int16).view(dtype)
    for order, (ours, kernel) in enumerate(
        zip(orders(Decomposed(case)), orders(case), strict=True)
    ):
        apart = units_apart(ours(x), kernel(x))
        measured(f"decomposed, order {order}, other halves of {dtype}", case, (apart > 0).sum())
        assert apart.max() <= 1
        # sigmoid″ is about -x/8: in float16's subnormals one in eight is nearly such a middle.
        assert (apart > 0).sum() <= 65536 // 50


LAYOUTS = {
    "contiguous": lambda: torch.randn(2, 6, 4, 8),
    "channels_last": lambda: torch.randn(2, 6, 4, 8).to(memory_format=torch.channels_last),
    "permuted": lambda: torch.randn(8, 4, 6, 2).permute(3, 2, 1, 0),
    "sliced": lambda: torch.randn(2, 6, 4, 24)[..., ::3],
    "expanded": lambda: torch.randn(2, 1, 4, 8).expand(2, 6, 4, 8),
}


@pytest.mark.parametrize("overload", TABLE, ids=str)
def test_results_look_like_the_kernels(overload):
    for layout, gradient_layout in product(LAYOUTS, ("contiguous", "permuted", "expanded")):
        x, g = LAYOUTS[layout](), LAYOUTS[gradient_layout]()
        if overload._schema.name in ("act::glu_backward", "act::gated_backward"):
            g = g[:, :3]
        given = {"self": x, "self_or_result": x, "output": x, "weight": torch.rand(6)}
        given |= {"grad_output": g, "grad_grad_input": LAYOUTS["contiguous"](), "slopes": x}
        given |= {"gate": x, "other": LAYOUTS["permuted"](), "bias": torch.rand(6)}
        args, kwargs = arguments(overload, **given)
        results, expected = TABLE[overload](*args, **kwargs), overload(*args, **kwargs)
        if isinstance(results, torch.Tensor):
            results, expected = [results], [expected]
        for ours, kernel in zip(results, expected, strict=True):
            assert ours.stride() == kernel.stride()
            torch.testing.assert_close(ours, kernel, rtol=3e-6, atol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize(
    "overload", [o for o in TABLE if "int dim" in str(o._schema) and "bias" not in str(o)], ids=str
)
def test_rows(overload, dtype):
    """Softmax family and glu, far from 0: the shift by the maximum loses nothing."""
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(7, 64, generator=generator, dtype=torch.float64).mul(60).to(dtype)
    if "output" in str(overload._schema).split("->")[0].replace("grad_output", ""):
        x = x.softmax(1) if "log" not in str(overload) else x.log_softmax(1)
    g = torch.randn(7, 32 if overload._schema.name in HALVED else 64, generator=generator).to(dtype)
    args, kwargs = arguments(overload, self=x, output=x, grad_output=g, input_dtype=dtype)
    ours, kernel = TABLE[overload](*args, **kwargs), overload(*args, **kwargs)
    eps = torch.finfo(dtype).eps
    atol = 16 * eps if "backward" in str(overload) else 0
    torch.testing.assert_close(ours, kernel, rtol=8 * eps, atol=max(atol, 2.0**-130))


@pytest.mark.parametrize("name", ["softmax", "softmin", "log_softmax"])
def test_softmax_of_what_is_infinite_or_empty(name):
    overload = getattr(torch.ops.act, name).default
    rows = [[1.0, -math.inf], [-math.inf, -math.inf], [math.inf, 0.0], [math.nan, 0.0]]
    for x in (torch.tensor(rows), torch.tensor(3.0), torch.zeros(2, 0), torch.zeros(0, 2)):
        dim = -1
        torch.testing.assert_close(decomposed(overload, x, dim), overload(x, dim), equal_nan=True)
    x = torch.randn(3, 5).bfloat16()
    wide = decomposed(overload, x, 1, dtype=torch.float32)
    torch.testing.assert_close(wide, overload(x, 1, dtype=torch.float32))
    integers = torch.arange(6).view(2, 3)
    torch.testing.assert_close(
        decomposed(overload, integers, 1, dtype=torch.float64),
        overload(integers, 1, dtype=torch.float64),
    )


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_prelu_in_every_dtype(dtype):
    x = torch.tensor([[*SPECIAL, -2.0], [1.0, *SPECIAL]], dtype=dtype)
    op, backward = torch.ops.act.prelu.default, torch.ops.act.prelu_backward.default
    for weight in (torch.zeros(1), torch.tensor([0.0, 0.25, 1.0, -1.0, 2.0, 0.5])):
        arguments = x, weight.to(dtype)
        assert same_bits(decomposed(op, *arguments), op(*arguments))
        arguments = x.nan_to_num(posinf=3.0), *arguments
        ours, kernel = decomposed(backward, *arguments), backward(*arguments)
        assert all(map(same_bits, ours, kernel))


def test_every_op_is_decomposed_but_those_that_cannot_be():
    kernels = {
        overload._opname
        for overload in OVERLOADS
        if not overload._schema.is_mutable
        and not torch._C._dispatch_has_kernel_for_dispatch_key(
            overload.name(), "CompositeImplicitAutograd"
        )
    }
    assert kernels - {overload._opname for overload in TABLE} == KERNELS_ALWAYS
    assert torch_act._decompositions.FORMULAS.keys() == {case.name for case in CASES}
