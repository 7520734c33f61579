"""Kernels on tensors behind whose last element a read or a write ends the process."""

import pytest
import torch
from activations import DTYPES, FORMULAS, same_bits
from forbidden import end_of_memory

SIZES = [*range(1, 35), 63, 64, 65, 127, 129, 511]


@pytest.fixture(params=DTYPES, ids=str)
def pages(request):
    return [end_of_memory(request.param) for _ in range(3)]


def _put(page, numbers):
    """A copy whose last element is the page's."""
    return page[len(page) - numbers.numel() :].copy_(numbers.flatten()).view(numbers.shape)


def _normal(size, dtype):
    return torch.randn(size, generator=torch.Generator().manual_seed(1)).mul_(3).to(dtype)


@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_pointwise(case, pages):
    for size in SIZES:
        x = _normal(size, pages[0].dtype)
        value, gradient = case.value(x), case.backward(x, x)
        at_the_end = _put(pages[0], x)
        assert same_bits(case.out(at_the_end, _put(pages[1], x)), value)
        assert same_bits(case.backward(_put(pages[1], x), at_the_end), gradient)
        if case.output_gives_gradient:
            from_output = case.backward(x, value, is_result=True)
            y = _put(pages[2], value)
            assert same_bits(case.backward(pages[1][-size:], y, is_result=True), from_output)
        assert same_bits(case.in_place(at_the_end), value)


@pytest.mark.parametrize("dim", [0, 1])
@pytest.mark.parametrize("name", ["softmax", "softmin", "log_softmax"])
def test_along_a_dim(name, dim, pages):
    forward = getattr(torch.ops.act, name)
    for shape in [(1, 1), (3, 5), (5, 3), (7, 17), (17, 7), (33, 2), (2, 33), (15, 31)]:
        for turned in (False, True):
            x = _normal(shape, pages[0].dtype)
            at_the_end = _put(pages[0], x)
            if turned:
                x, at_the_end = x.t(), at_the_end.t()
            assert same_bits(forward(at_the_end, dim), forward(x, dim))
