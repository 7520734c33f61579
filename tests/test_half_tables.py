"""Results of the half types that are looked up (csrc/cpu/kept_table.h) are, bit by bit, those that
are computed: on tensors so small that no table is used, and so large that one is."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from activations import FORMULAS, HALF_DTYPES

NUMBERS = 65536
SMALL = 2048  # elements; computed
LARGE = 3 * NUMBERS  # makes the table at once

SHORT = {"hardswish", "hardsigmoid", "hard_mish", "relu_squared"}
# Of these the parameters are tensors.
PARAMETRIC = {
    "star_relu": [(0.75, -0.5), (0.0, 1.5), (-0.0, -0.0)],
    "xielu": [(0.8, 0.3), (-20.0, 5.0)],
    "snake": [(1.0, 1.0), (0.125, 2.0), (0.0, -0.0), (float("nan"), 0.5)],
}
CASES = [case for case in FORMULAS if not case.two_slopes and case.name not in SHORT]


def every_number(dtype):
    return torch.arange(-32768, 32768, dtype=torch.int32).to(torch.int16).view(dtype)


def gradients(dtype):
    generator = torch.Generator().manual_seed(5)
    return torch.randn(NUMBERS, generator=generator).mul(8).to(dtype)


def in_pieces(op, *operands):
    pieces = zip(*(operand.split(SMALL) for operand in operands), strict=True)
    return torch.cat([op(*piece) for piece in pieces])


def repeated(*operands):
    return [operand.repeat(LARGE // NUMBERS) for operand in operands]


def bits(x):
    return x.contiguous().view(torch.int16)


@pytest.mark.parametrize("dtype", HALF_DTYPES, ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_number(case, dtype):
    x, g = every_number(dtype), gradients(dtype)
    want = bits(in_pieces(case.value, x))
    assert torch.equal(bits(case.value(*repeated(x))), want.repeat(3))
    want = bits(in_pieces(case.backward, g, x))
    assert torch.equal(bits(case.backward(*repeated(g, x))), want.repeat(3))


@pytest.mark.parametrize("dtype", HALF_DTYPES, ids=str)
def test_layouts(dtype):
    """In place, and where there is a table and the operands are not dense."""
    act = torch.ops.act
    x, g = repeated(every_number(dtype), gradients(dtype))
    want, slopes = bits(act.silu(x)), bits(act.silu_backward(g, x))
    assert torch.equal(bits(act.silu_(x.clone())), want)
    spread = torch.stack([x, x], 1)[:, 0]
    assert torch.equal(bits(act.silu(spread)), want)
    assert torch.equal(bits(act.silu_backward(g, spread)), slopes)
    assert torch.equal(bits(act.silu(x[1:-3])), want[1:-3])
    assert torch.equal(bits(act.silu_backward(g[1:-3], x[1:-3])), slopes[1:-3])


def test_parameters_have_their_own():
    """A table of other parameters is not taken, from several threads neither."""
    x = torch.randn(LARGE, generator=torch.Generator().manual_seed(7)).bfloat16()
    alphas = [0.5, 1.0, -0.0, 2.0]
    want = {a: bits(in_pieces(lambda x, a=a: torch.ops.act.elu(x, a), x)) for a in alphas}

    def is_right(alpha):
        return torch.equal(bits(torch.ops.act.elu(x, alpha)), want[alpha])

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(is_right, alphas * 8))


@pytest.mark.parametrize("dtype", HALF_DTYPES, ids=str)
@pytest.mark.parametrize("name", PARAMETRIC)
def test_parameters_that_are_tensors(name, dtype):
    op, in_place = getattr(torch.ops.act, name), getattr(torch.ops.act, f"{name}_")
    x = every_number(dtype)
    (large,) = repeated(x)
    for numbers in PARAMETRIC[name] * 2:
        parameters = [torch.tensor(number, dtype=dtype) for number in numbers]
        want = bits(in_pieces(lambda x, p=parameters: op(x, *p), x)).repeat(3)
        assert torch.equal(bits(op(large, *parameters)), want)
        assert torch.equal(bits(in_place(large.clone(), *parameters)), want)
        spread = torch.stack([large, large], 1)[:, 0]
        assert torch.equal(bits(op(spread, *parameters)), want)
        images = large.view(3, 4, -1, 64).contiguous(memory_format=torch.channels_last)
        result = op(images, *parameters)
        assert result.stride() == images.stride()
        assert torch.equal(bits(result.contiguous()).flatten(), want)


@pytest.mark.parametrize("dtype", HALF_DTYPES, ids=str)
def test_parameters_of_channels_have_no_table(dtype):
    x = every_number(dtype).repeat(4).view(4, 2, -1)
    alpha, beta = (torch.tensor(pair, dtype=dtype) for pair in ([0.5, 2.0], [1.0, 0.25]))
    both = torch.ops.act.snake(x, alpha, beta)
    for channel in range(2):
        one = x[:, channel].contiguous()
        alone = torch.ops.act.snake(one, alpha[channel], beta[channel])
        assert torch.equal(bits(both[:, channel]), bits(alone))
