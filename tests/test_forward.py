"""Values: within a stated bound of the exact ones, and close to torch's where torch is right."""

import numpy as np
import pytest
import torch
from activations import (
    CASES,
    CASES_IN_TORCH,
    DTYPES,
    HALF_DTYPES,
    numbers_of_kernels,
    same_bits,
    units_apart,
)
from samples import exact, sample
from specified import jumps
from torch_act.accuracy.ulp import describe, error

BOUND = {torch.float32: 1.0, torch.float64: 2.0}  # ulp
MISSED = {("gelu(approximate=none)", torch.float32): 1.75}  # docs/accuracy.md says why


@numbers_of_kernels
@pytest.mark.parametrize("dtype", BOUND, ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_value_within_bound(case, dtype, measured, device):
    points, reference = sample(case, dtype), exact(case, dtype)
    result = case.value(torch.from_numpy(points).to(device, dtype)).double().cpu().numpy()
    errors = error(result, reference.high[0], reference.low[0], dtype)
    measured(f"value, ulp of {dtype}", case, errors.max())
    bound = MISSED.get((str(case), dtype), BOUND[dtype])
    assert errors.max() <= bound, describe(errors, points, result, reference.high[0])


# Relative to the larger of 1 and |value|: torch loses the small values in the tails.
TOLERANCE = {
    torch.float32: 2e-6,
    torch.float64: 4e-15,
    torch.bfloat16: 2**-8,
    torch.float16: 2**-11,
}


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", CASES_IN_TORCH, ids=str)
def test_value_is_close_to_torch(case, dtype, device):
    if case.keywords.get("alpha") == float("inf"):
        pytest.skip("torch's celu(alpha=inf) is NaN below 0; ours is the identity")
    points = sample(case, torch.float32)
    x = torch.from_numpy(points[np.abs(points) < 1e4]).to(device, dtype)
    x = x[x.isfinite()]
    if x.is_cuda and dtype in HALF_DTYPES:  # there torch compares with a threshold in the half type
        for at in jumps(case, dtype):
            x = x[(x.double() - at).abs() > 0.01 * abs(at)]
    ours, theirs = case.value(x).double(), case.torch_value(x).double()
    assert torch.equal(ours.isinf(), theirs.isinf())
    finite = theirs.isfinite()
    difference = (ours - theirs).abs()[finite] / theirs.abs()[finite].clamp_min(1)
    # torch's tanhshrink rounds tanh(x) to the half type, and then the difference.
    slack = 4 if case.name == "tanhshrink" else 1
    if x.is_cuda and dtype == torch.float64 and case.name in ("hardswish", "hardsigmoid"):
        slack = 2.0**-24 / TOLERANCE[dtype]  # torch's CUDA kernels multiply by a float 1/6
    worst = difference.argmax()
    assert difference[worst] <= TOLERANCE[dtype] * slack, (
        x[finite][worst],
        ours[finite][worst],
        theirs[finite][worst],
    )


@numbers_of_kernels
@pytest.mark.parametrize("case", CASES, ids=str)
def test_half_types_are_at_most_a_neighbour_of_float32s(case, device):
    """For every input that there is. Where the float32 result lies so near to the middle of two
    halves that it leaves them undecided, the nearest is another one: test_half_rounding.py.
    """
    patterns = torch.arange(-32768, 32768, dtype=torch.int32, device=device).to(torch.int16)
    for dtype in (torch.bfloat16, torch.float16):
        x = patterns.view(dtype)
        wide = x.float()
        for order in (case.value, case.derivative, case.second_derivative):
            apart = units_apart(order(x), order(wide).to(dtype))
            assert apart.max() <= 1
            # sigmoid″ is about -x/8: in float16's subnormals one in eight is nearly such a middle.
            assert (apart > 0).sum() <= len(x) // 50


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_variants_give_the_same_bits(case, dtype, device):
    x = torch.linspace(-7, 7, 301, device=device).to(dtype)
    expected = case.value(x)
    assert same_bits(case.in_place(x.clone()), expected)
    assert same_bits(case.out(x, torch.empty_like(x)), expected)
