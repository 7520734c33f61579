"""The numbers of code that Inductor compiled: those of the kernels, or of the decompositions."""

import pytest
import torch
import torch_act
from activations import DTYPES, FORMULAS, HALF_DTYPES, units_apart
from compiled import every_activation, forward, same, train
from devices import skip_stand_in
from parametric import OPS as PARAMETRIC
from samples import sample
from test_decompositions import BOUNDS, FLOOR, orders, ulps_from_kernel
from test_decompositions_parametric import assert_within_bounds, points
from torch._dynamo.testing import CompileCounterWithBackend

pytestmark = pytest.mark.usefixtures("fresh_compiler")


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_kernels_give_the_bits_of_eager(dtype, device):
    """By Inductor, every activation of the catalogue in one graph, forward and backward."""
    skip_stand_in(device, "Inductor generates no code for it")
    program = forward(every_activation())
    x, weight = (
        torch.randn(4, 6, dtype=torch.float64, device=device).to(dtype),
        torch.tensor([0.25], device=device).to(dtype),
    )
    with torch_act.compile_with("kernels"):
        results, gradients = train(torch.compile(program, fullgraph=True), x, weight)
    expected, expected_gradients = train(program, x, weight)
    same(results, expected)
    # Of the sum of many gradients Inductor rounds the half types once.
    if dtype not in HALF_DTYPES:
        same(gradients, expected_gradients)


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("dtype", FLOOR, ids=str)
def test_inductors_numbers_within_bounds(dtype, order, measured):
    """All decompositions in one graph, by Inductor's vectorised code."""
    inputs = [torch.from_numpy(sample(case, dtype)).to(dtype) for case in FORMULAS]

    def program(inputs):
        return [orders(case)[order](x) for case, x in zip(FORMULAS, inputs, strict=True)]

    with torch_act.compile_with("decompositions"):
        results = torch.compile(program, fullgraph=True)(inputs)
    for case, result in zip(FORMULAS, results, strict=True):
        apart, description = ulps_from_kernel(case, order, dtype, result)
        measured(f"Inductor, order {order}, ulp of {dtype}", case, apart.max())
        assert apart.max() <= BOUNDS[order], description


@pytest.mark.parametrize("dtype", HALF_DTYPES, ids=str)
def test_inductors_halves(dtype):
    x = torch.arange(-32768, 32768, dtype=torch.int32).to(torch.int16).view(dtype)

    def program(x):
        return [case.value(x) for case in FORMULAS]

    with torch_act.compile_with("decompositions"):
        results = torch.compile(program, fullgraph=True)(x)
    for case, result in zip(FORMULAS, results, strict=True):
        apart = units_apart(result, case.value(x))
        assert apart.max() <= 1, case
        assert (apart > 0).sum() <= 65536 // 1000, case


def compiled_once(program, *samples):
    """What a program decomposed for dynamic shapes makes of each of the samples, compiled once."""
    counter = CompileCounterWithBackend("inductor")
    with torch_act.compile_with("decompositions"):
        compiled = torch.compile(program, fullgraph=True, dynamic=True, backend=counter)
        results = [compiled(*inputs) for inputs in samples]
    assert counter.frame_count == 1
    return results


def test_inductors_learned_parameters(measured):
    """Value and gradients of each, in one graph."""

    def program(*problems):
        results = []
        for name, (x, *tensors) in zip(PARAMETRIC, problems, strict=True):
            op, backward = getattr(torch.ops.act, name), getattr(torch.ops.act, name + "_backward")
            results.append((op(x, *tensors), *backward(torch.ones_like(x), x, *tensors)))
        return results

    whole = [points(name, torch.float32) for name in PARAMETRIC]
    samples = [
        [
            [t[..., first:].clone(memory_format=torch.contiguous_format) for t in problem]
            for problem in whole
        ]
        for first in (0, 12345)
    ]
    for problems, results in zip(samples, compiled_once(program, *samples), strict=True):
        for name, problem, ours, kernel in zip(
            PARAMETRIC, problems, results, program(*problems), strict=True
        ):
            assert_within_bounds(
                name, problem, ours, kernel, lambda kind, *n: measured(f"Inductor, {kind}", *n)
            )


def test_inductors_masked_softmax():
    """Values and gradients, in one graph: of each member another dimension, and another `empty`."""
    ways = (("softmax", 2, "zero"), ("softmin", 1, "nan"), ("log_softmax", 0, "zero"))

    def program(x, mask, g):
        results = []
        for name, dim, empty in ways:
            op, backward = (getattr(torch.ops.act, f"masked_{name}{s}") for s in ("", "_backward"))
            y = op(x, dim, mask=mask, temperature=0.7, empty=empty)
            results += [y, backward(g, y, dim, 0.7, x.dtype)]
        return results

    samples = []
    for shape in ((6, 5, 33), (9, 4, 20)):
        x, g = torch.randn(2, *shape).mul(5)
        mask = torch.rand(shape) < 0.5
        mask[1], x[2, 0, 0] = False, torch.nan
        x = x.movedim(0, 1).contiguous().movedim(0, 1)
        samples.append((x, mask, torch.where(mask, g, torch.nan)))
    for inputs, results in zip(samples, compiled_once(program, *samples), strict=True):
        for ours, kernel in zip(results, program(*inputs), strict=True):
            torch.testing.assert_close(ours, kernel, rtol=2e-6, atol=2e-6, equal_nan=True)


def test_inductors_random_numbers():
    """rrelu's slopes bit for bit, and the noise but for what logarithms round."""

    def program(x, state):
        return *torch.ops.act.rrelu_with_slopes(x, state), torch.ops.act.add_gumbel(x, state)

    state = torch.tensor([-(0xDEADBEEF << 31) - 17, 5 << 40])
    samples = [(torch.randn(shape), state) for shape in ((5, 301), (7, 6))]
    for inputs, (*ours, noisy) in zip(samples, compiled_once(program, *samples), strict=True):
        *kernel, noise = program(*inputs)
        same(ours, kernel)
        torch.testing.assert_close(noisy, noise, rtol=5e-7, atol=5e-7)
