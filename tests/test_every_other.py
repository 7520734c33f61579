"""Kernels on every other element touch no memory behind the last one."""

import ctypes
import mmap

import pytest
import torch
from activations import DTYPES, same_bits

SIZES = [*range(1, 35), 127, 128]


def _end_of_memory(dtype):
    """A page of elements, behind which a read or a write ends the process."""
    memory = mmap.mmap(-1, 2 * mmap.PAGESIZE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    second = ctypes.c_void_p(address + mmap.PAGESIZE)
    assert ctypes.CDLL(None).mprotect(second, mmap.PAGESIZE, 0) == 0
    return torch.frombuffer(memory, dtype=dtype, count=mmap.PAGESIZE // dtype.itemsize)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_nothing_behind_the_last_element(dtype):
    page = _end_of_memory(dtype)
    numbers = torch.randn(len(page), generator=torch.Generator().manual_seed(1)).to(dtype)
    for op in (torch.ops.act.silu, torch.ops.act.relu):
        for size in (*SIZES, len(page) // 2):
            page.copy_(numbers)
            view = page[1 - 2 * size :: 2]
            assert len(view) == size
            expected = op(view.clone())
            assert same_bits(op(view), expected)
            assert same_bits(getattr(torch.ops.act, op.__name__ + "_")(view).clone(), expected)
