"""CUDA launchers on tensors of the CPU, whose memory the simulator takes for the device's.

The launchers are the extension's own, compiled; tests/launchers makes them callable from here.
"""

import ctypes
import functools
import hashlib
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from ptxsim import Memory, PtxError
from ptxsim.compilation import CACHE, INCLUDE, NO_NVCC, ROOT, compile_launchers, nvcc
from ptxsim.runtime import Runtime

needs_nvcc = pytest.mark.skipif(nvcc() is None, reason=NO_NVCC)

# As act::Storage counts them.
STORAGE = {
    dtype: number
    for number, dtype in enumerate([torch.float32, torch.float64, torch.bfloat16, torch.float16])
}
MAX_DIMS, MAX_OPERANDS = 25, 5


class Operands(ctypes.Structure):
    """cuda/operands.h."""

    _fields_ = (
        ("count", ctypes.c_int),
        ("data", ctypes.c_void_p * MAX_OPERANDS),
        ("dims", ctypes.c_int),
        ("sizes", ctypes.c_int64 * MAX_DIMS),
        ("strides", (ctypes.c_int64 * MAX_OPERANDS) * MAX_DIMS),
    )


def operands_of(addresses, shape, strides):
    """`strides` in bytes, for each operand; dimensions reordered and coalesced as TensorIterator's
    are: by the strides of the first operand."""
    dims = [d for d in range(len(shape)) if shape[d] != 1]
    dims.sort(key=lambda d: strides[0][d])
    operands = Operands(count=len(addresses), dims=0)
    operands.data[: len(addresses)] = addresses
    for d in dims:
        of_dim = [operand[d] for operand in strides]
        last = operands.dims - 1
        if last >= 0 and of_dim == [
            stride * operands.sizes[last] for stride in operands.strides[last][: len(addresses)]
        ]:
            operands.sizes[last] *= shape[d]
            continue
        operands.sizes[operands.dims] = shape[d]
        operands.strides[operands.dims][: len(addresses)] = of_dim
        operands.dims += 1
    return operands


def span(tensor):
    """The address and the bytes of all that a tensor can reach."""
    if tensor.numel() == 0:
        return tensor.data_ptr(), 0
    furthest = sum((n - 1) * s for n, s in zip(tensor.shape, tensor.stride(), strict=True))
    return tensor.data_ptr(), (furthest + 1) * tensor.element_size()


class Mapped:
    """Tensors as memory of the device, each no further than it reaches."""

    def __init__(self, memory, results, inputs):
        self.memory = memory
        self.spans = {span(t): True for t in results}
        for t in inputs:
            self.spans.setdefault(span(t), False)

    def __enter__(self):
        for (address, size), writable in self.spans.items():
            if size:
                self.memory.map_host(address, size, writable)

    def __exit__(self, *_):
        for address, size in self.spans:
            if size:
                self.memory.free(address)


class Device:
    """The compiled launchers of some units and a memory that tensors are mapped into."""

    def __init__(self, compiled, architecture):
        self.runtime = Runtime(compiled, architecture, Memory())
        self._mapped = {}

    def address(self, tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in self._mapped:
            self._mapped[storage.data_ptr()] = tensor
            self.runtime.memory.map_host(storage.data_ptr(), storage.nbytes())
        return tensor.data_ptr()

    def operands(self, *tensors):
        strides = [[s * tensor.element_size() for s in tensor.stride()] for tensor in tensors]
        return operands_of([self.address(t) for t in tensors], tensors[0].shape, strides)

    def reserve(self, count, dtype):
        """The address of so many zeros, of which only what is touched takes memory."""
        return self.runtime.memory.reserve(count * dtype.itemsize)

    def part(self, address, index, count, dtype):
        """A tensor of elements of reserved memory, to read or to fill."""
        size = dtype.itemsize
        at = self.runtime.memory.bytes_at(address + index * size, count * size)
        return torch.from_numpy(at).view(dtype)

    def launch(self, name, *arguments):
        function = getattr(self.runtime.library, name)
        passed = [
            ctypes.byref(argument) if isinstance(argument, ctypes.Structure) else argument
            for argument in arguments
        ]
        assert self.runtime.call(function, *passed) == 0


def width_of(launch):
    """A kernel's template argument `width`: the elements that a thread takes at once."""
    return int(re.findall(r"Li(\d+)E", launch.name)[-1])


@functools.cache
def launchers(*units):
    """The units of cuda/, with those of tests/launchers that make them callable."""
    return compile_launchers([_path(unit) for unit in units])


def _path(unit):
    folder = ROOT / ("cuda" if unit.endswith(".cu") else "tests/launchers")
    return folder / unit


def launchers_with_bug(units, file, right, wrong):
    """The same for sm_80, with one text of one file of cuda/ replaced."""
    text = (ROOT / "cuda" / file).read_text()
    assert text.count(right) == 1, f"{file} has {text.count(right)} places {right!r}"
    name = hashlib.sha256(f"{file}\0{right}\0{wrong}".encode()).hexdigest()[:24]
    folder = CACHE / "bugs" / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "cuda", folder)
    (folder / file).write_text(text.replace(right, wrong))
    paths = [folder / unit if unit.endswith(".cu") else _path(unit) for unit in units]
    include = (Path(INCLUDE[0]), folder)
    return compile_launchers(paths, ("sm_80",), include=include)


def last_blocks(name, grid):
    """Two of each launch, for Runtime.choose_blocks."""
    return range(max(grid[0] - 2, 0), grid[0])


# What a bug must lead to: a fault that the simulator sees, or a wrong number.
SEEN = (PtxError, AssertionError, pytest.fail.Exception)


# Layouts of a result or an input of this shape.
def contiguous(shape, dtype):
    return torch.empty(shape, dtype=dtype)


def misaligned(shape, dtype):
    """One element past a multiple of 16 bytes."""
    size = int(np.prod(shape))
    return torch.empty(size + 1, dtype=dtype)[1:].view(shape)


def transposed(shape, dtype):
    return torch.empty(shape[::-1], dtype=dtype).permute(*reversed(range(len(shape))))


def with_gaps(shape, dtype):
    return torch.empty(*shape[:-1], 2 * shape[-1] + 1, dtype=dtype)[..., : 2 * shape[-1] : 2]


def rows_apart(shape, dtype):
    """Rows with one element between them."""
    return torch.empty(*shape[:-1], shape[-1] + 1, dtype=dtype)[..., :-1]


def padded(shape, dtype):
    """Rows that all begin at a multiple of 16 bytes, whatever their length."""
    return torch.empty(*shape[:-1], -(-shape[-1] // 16) * 16, dtype=dtype)[..., : shape[-1]]


def channels_last(shape, dtype):
    order = (0, *range(2, len(shape)), 1)
    whole = torch.empty([shape[d] for d in order], dtype=dtype)
    return whole.permute(*np.argsort(order).tolist())


def samples(tensor, seed=0):
    """Fills a tensor with normal numbers and what is special, and returns it."""
    generator = torch.Generator().manual_seed(seed)
    wide = torch.float64 if tensor.dtype == torch.float64 else torch.float32
    values = 3 * torch.randn(tensor.shape, generator=generator, dtype=wide)
    flat = values.view(-1)
    special = torch.tensor(
        [0.0, -0.0, float("inf"), -float("inf"), float("nan"), 1e-40, -1e-40, -88.5], dtype=wide
    )
    where = torch.randperm(flat.numel(), generator=generator)[: max(flat.numel() // 7, 1)]
    flat[where] = special[torch.arange(len(where)) % len(special)]
    return tensor.copy_(values.to(tensor.dtype))


def guarded(tensor):
    """Fills a result's whole storage, gaps included, with a number that no test computes."""
    whole = torch.empty(0, dtype=tensor.dtype).set_(tensor.untyped_storage())
    whole.fill_(-2.71828)
    return tensor


def assert_same_bits(result, expected):
    """Bit for bit but for the payload and sign of NaN, and nothing written beside the result."""
    assert result.dtype == expected.dtype
    assert result.shape == expected.shape
    wanted = torch.empty(0, dtype=result.dtype).set_(guarded_copy(result, expected))
    actual = torch.empty(0, dtype=result.dtype).set_(result.untyped_storage())
    integer = {2: torch.int16, 4: torch.int32, 8: torch.int64}[result.element_size()]
    equal = actual.view(integer) == wanted.view(integer)
    equal |= actual.isnan() & wanted.isnan()
    if not equal.all():
        first = int((~equal).nonzero()[0])
        pytest.fail(
            f"{int((~equal).sum())} of {equal.numel()} differ, the first at {first} of the storage:"
            f" {actual[first].item()!r} for {wanted[first].item()!r}"
        )


def guarded_copy(result, expected):
    """The storage of a tensor laid out as `result`, guarded, with the expected numbers in it."""
    elements = result.untyped_storage().nbytes() // result.element_size()
    whole = guarded(torch.empty(elements, dtype=result.dtype))
    whole.as_strided(result.shape, result.stride(), result.storage_offset()).copy_(expected)
    return whole.untyped_storage()
