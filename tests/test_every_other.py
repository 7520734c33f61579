"""Kernels on every other element touch no memory behind the last one."""

import pytest
import torch
from activations import DTYPES, same_bits
from forbidden import end_of_memory

SIZES = [*range(1, 35), 127, 128]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_nothing_behind_the_last_element(dtype):
    page = end_of_memory(dtype)
    numbers = torch.randn(len(page), generator=torch.Generator().manual_seed(1)).to(dtype)
    for op in (torch.ops.act.silu, torch.ops.act.relu):
        for size in (*SIZES, len(page) // 2):
            page.copy_(numbers)
            view = page[1 - 2 * size :: 2]
            assert len(view) == size
            expected = op(view.clone())
            assert same_bits(op(view), expected)
            assert same_bits(getattr(torch.ops.act, op.__name__ + "_")(view).clone(), expected)
