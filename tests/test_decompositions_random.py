"""The decompositions of what a Philox state makes, gumbel_softmax's noise and rrelu's slopes: they
are those of the kernels."""

import pytest
import torch
from activations import DTYPES, same_bits
from test_decompositions import BOUNDS, TABLE

act = torch.ops.act

STATES = [(1234, 8), (-(0xDEADBEEF << 31) - 17, 5 << 40), (0, 0)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("state", STATES, ids=str)
def test_noise_within_bounds(state, dtype, measured):
    """In ulp of the noise, or of 1 where it is smaller: it is added to logits."""
    x, state = torch.zeros(100_000, dtype=dtype), torch.tensor(state)
    ours, kernel = TABLE[act.add_gumbel.default](x, state), act.add_gumbel(x, state)
    unit = torch.finfo(dtype).eps * 2 ** kernel.abs().clamp_min(1).log2().floor()
    apart = ((ours - kernel).abs() / unit).max()
    measured(f"decomposed, order 0, ulp of {dtype}", "add_gumbel", apart)
    assert apart <= BOUNDS[0]


SHAPES = [(), (0,), (3,), (4,), (5, 7), (3, 0), (2, 3, 4)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_noise_belongs_to_places(shape):
    """One state for all elements, or one for each index of the leading dimensions."""
    x = torch.randn(shape)
    for batch in range(len(shape) + 1):
        states = torch.randint(-(2**62), 2**62, (*shape[:batch], 2))
        ours, kernel = TABLE[act.add_gumbel.default](x, states), act.add_gumbel(x, states)
        torch.testing.assert_close(ours, kernel, rtol=1e-6, atol=1e-6)
        assert ours.stride() == kernel.stride()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("state", STATES, ids=str)
@pytest.mark.parametrize("bounds", [(0.125, 1 / 3), (-0.3, 0.7), (0.0, 0.0)], ids=str)
def test_slopes_are_the_kernels(bounds, state, dtype):
    """Bit for bit, in rrelu's forward and in both of its ways back."""
    generator = torch.Generator().manual_seed(5)
    x, g = torch.randn(2, 301, 7, generator=generator).to(dtype)
    x[:5, 0] = torch.tensor([torch.nan, torch.inf, -torch.inf, 0.0, -0.0])
    state = torch.tensor(state)
    forward, with_slopes = act.rrelu_with_state.default, act.rrelu_with_slopes.default
    assert same_bits(TABLE[forward](x, state, *bounds), forward(x, state, *bounds))
    ours, kernel = TABLE[with_slopes](x, state, *bounds), with_slopes(x, state, *bounds)
    assert all(map(same_bits, ours, kernel))
    backward = act.rrelu_backward.default
    for saved, is_result in ((x, False), (kernel[0], True))[: 1 if bounds[0] < 0 else 2]:
        arguments, keywords = (g, saved, state, *bounds), {"is_result": is_result}
        assert same_bits(TABLE[backward](*arguments, **keywords), backward(*arguments, **keywords))


def test_a_state_for_each_sample():
    x, states = torch.randn(4, 3, 5), torch.randint(-(2**62), 2**62, (4, 3, 2))
    op = act.rrelu_with_state.default
    assert same_bits(TABLE[op](x, states), op(x, states))
