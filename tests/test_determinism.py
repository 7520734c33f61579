"""The same bits from one thread as from two, and from one run as from the next."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from activations import CASES, DTYPES, FORMULAS, same_bits

# Several grains of 32768 elements, and an end that belongs to no whole block.
SIZE = 5 * 32768 + 1237


def _with_threads(count, function):
    torch.set_num_threads(count)
    return function()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_thread_count(case, dtype):
    x, g = torch.randn(2, SIZE).mul_(4).to(dtype)
    matrix, gradient = (
        x[: 400 * 400].view(400, 400).t()[:, 1:],
        g[: 400 * 400].view(400, 400)[:, 1:],
    )

    def results():
        return (
            case.value(x),
            case.backward(g, x),
            case.double_backward(g, g, x),
            case.value(matrix),
            case.backward(gradient, matrix),
            case.in_place(x.clone()),
        )

    one, two = _with_threads(1, results), _with_threads(2, results)
    assert all(same_bits(a, b) for a, b in zip(one, two, strict=True))


@pytest.mark.parametrize("layout", ["contiguous", "channels_last", "strided", "one weight"])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_thread_count_of_prelu(dtype, layout):
    x = torch.randn(6, 40, 30, 31).to(dtype)
    if layout == "channels_last":
        x = x.to(memory_format=torch.channels_last)
    elif layout == "strided":
        x = x.transpose(2, 3)[:, :, ::2]
    g = torch.randn_like(x)
    weight = torch.rand(1 if layout == "one weight" else 40).to(dtype)

    def results():
        return (torch.ops.act.prelu(x, weight), *torch.ops.act.prelu_backward(g, x, weight))

    runs = [_with_threads(count, results) for count in (1, 2, 2, 3, 1)]
    for run in runs[1:]:
        assert all(same_bits(a, b) for a, b in zip(runs[0], run, strict=True))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_thread_count_of_rrelu(dtype):
    x = torch.randn(SIZE).to(dtype)

    def result():
        torch.manual_seed(5)
        return torch.ops.act.rrelu(x, 0.1, 0.9, True)

    assert same_bits(_with_threads(1, result), _with_threads(2, result))


@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_repeated_runs(case, device):
    x = torch.randn(SIZE, device=device)
    first = case.value(x)
    assert all(same_bits(case.value(x), first) for _ in range(3))


def test_many_callers_at_once(device):
    """Calls from several Python threads do not disturb one another."""
    inputs = [torch.randn(1000 + i, device=device) for i in range(64)]
    alone = [torch.ops.act.gelu(x) for x in inputs]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(torch.ops.act.gelu, inputs))
    assert all(same_bits(a, b) for a, b in zip(alone, together, strict=True))
