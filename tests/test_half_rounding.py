"""Results of the half types are the double formula's, rounded once: also with any gradient, and in
layouts whose elements are gathered and scattered. What the double formula itself is worth,
docs/accuracy.md says."""

import numpy as np
import pytest
import torch
from activations import FORMULAS, HALF_DTYPES, same_bits

# Their results are rounded from float32 as they are: one of two slopes, or exact products.
ROUNDED_FROM_FLOAT = {"hardsigmoid", "hardswish", "hard_mish", "relu_squared"}


def rounded_once(exact, dtype):
    """To the half type. torch rounds twice; of float32 here the neighbour with an odd last bit."""
    nearest = exact.float()
    bits = nearest.view(torch.int32)
    step = torch.where(nearest.double().abs() > exact.abs(), -1, 1).int()
    inexact = (nearest.double() != exact) & ~exact.isnan() & (bits % 2 == 0)
    return torch.where(inexact, bits + step, bits).view(torch.float32).to(dtype)


def parameters_in_float(case):
    numbers = {k: float(np.float32(v)) for k, v in case.keywords.items() if not isinstance(v, str)}
    return type(case)(**{**vars(case), "parameters": tuple((case.keywords | numbers).items())})


def every_number(dtype):
    x = torch.arange(-32768, 32768, dtype=torch.int32).to(torch.int16).view(dtype)
    return x[x.isfinite()]


CHOSEN = [case for case in FORMULAS if not case.two_slopes and case.name not in ROUNDED_FROM_FLOAT]


@pytest.mark.parametrize("dtype", HALF_DTYPES, ids=str)
@pytest.mark.parametrize("case", CHOSEN, ids=str)
def test_gradients(case, dtype):
    x = every_number(dtype)
    generator = torch.Generator().manual_seed(3)
    g = torch.empty(len(x)).uniform_(1, 2, generator=generator).to(dtype)
    exact = parameters_in_float(case).backward(g.double(), x.double())
    assert same_bits(case.backward(g, x), rounded_once(exact, dtype))


@pytest.mark.parametrize("dtype", HALF_DTYPES, ids=str)
def test_layouts(dtype):
    """Strided, in place, into a stride: the results that are put aside find their places."""
    case = next(case for case in CHOSEN if case.name == "silu")
    x = every_number(dtype)[:62000]
    want = rounded_once(case.value(x.double()), dtype)
    spread = torch.stack([x, x], 1)[:, 0]
    assert same_bits(case.value(spread), want)
    assert same_bits(case.value(x.view(248, 250).mT).mT.contiguous().flatten(), want)
    out = torch.zeros(len(x), 3, dtype=dtype)[:, 1]
    torch.ops.act.silu.out(spread, out=out)
    assert same_bits(out.contiguous(), want)
    assert same_bits(torch.ops.act.silu_(x.clone()), want)


def test_streamed_results():
    """Beyond 16 MiB, past the caches: what is put aside comes after the line on its way."""
    x = every_number(torch.float16)[:62000].repeat(150)
    want = rounded_once(torch.ops.act.silu(x[:62000].double()), torch.float16)
    assert same_bits(torch.ops.act.silu(x), want.repeat(150))


@pytest.mark.parametrize("dtype", HALF_DTYPES, ids=str)
def test_selected_gradients(dtype):
    """Where the slopes are 0 and 1 no bit changes, on whatever way, the way past the caches too."""
    cases = [case for case in FORMULAS if case.two_slopes]
    x = every_number(dtype)[:62000]
    g = torch.roll(x, 7)
    for name in ("relu", "relu6", "hardtanh", "threshold", "hardshrink", "softshrink"):
        case = next(case for case in cases if case.name == name)
        want = case.backward(g.double(), x.double()).to(dtype)
        assert same_bits(case.backward(g, x), want), name
        spread = torch.stack([x, x], 1)[:, 0]
        assert same_bits(case.backward(g, spread), want), name
    assert same_bits(case.backward(g.repeat(150), x.repeat(150)), want.repeat(150))
