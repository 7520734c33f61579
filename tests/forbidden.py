"""Memory that ends where a tensor does."""

import ctypes
import mmap

import torch


def end_of_memory(dtype):
    """A page of elements, behind which a read or a write ends the process."""
    memory = mmap.mmap(-1, 2 * mmap.PAGESIZE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    second = ctypes.c_void_p(address + mmap.PAGESIZE)
    assert ctypes.CDLL(None).mprotect(second, mmap.PAGESIZE, 0) == 0
    return torch.frombuffer(memory, dtype=dtype, count=mmap.PAGESIZE // dtype.itemsize)
