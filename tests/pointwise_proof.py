"""Whether a pointwise launcher computes what the CPU's kernel computes, bit for bit, on each of its
paths: vectors and tail, misaligned, strided, beyond 32 bits."""

import itertools

import torch
from activations import same_bits
from pointwise_launchers import (
    BACKWARD,
    DOUBLE_BACKWARD,
    INPUT,
    OUTPUT,
    VALUE,
    numpy_view,
    operands_at,
)
from specified import kinks

# As in cuda/grid.h and cuda/elementwise.cuh; a vector has 16 bytes.
THREADS, VECTORS = 128, 2
SENTINEL = 0.71875  # in every dtype


def lanes(dtype):
    return 16 // dtype.itemsize


def dtype_name(dtype):
    return str(dtype).removeprefix("torch.")


# What a backward reads, and how many operands each order has.
def kernels(case):
    yield VALUE, INPUT
    for order in (BACKWARD, DOUBLE_BACKWARD):
        yield order, INPUT
        if case.output_gives_gradient:
            yield order, OUTPUT


def numbers(case, dtype, count, seed=0):
    """Ordinary ones, all magnitudes, kinks and what has no ordinary arithmetic."""
    generator = torch.Generator().manual_seed(seed)
    special = [0.0, -0.0, torch.inf, -torch.inf, torch.nan, 1e-40, -1e-40, 3e38, -3e38, 1.0, -1.0]
    special += [x for x, _ in kinks(case, torch.float32)]
    normal = 4 * torch.randn(count, generator=generator, dtype=torch.float64)
    wide = normal * torch.exp2(40 * torch.rand(count, generator=generator) - 20).double()
    chosen = torch.where(torch.rand(count, generator=generator) < 0.25, wide, normal)
    at = torch.randperm(count, generator=generator)[: len(special)]
    chosen[at] = torch.tensor(special[: len(at)], dtype=torch.float64)
    return chosen.to(dtype)


def inputs_of(case, order, saved, dtype, count):
    """Gradients as they are, the saved tensor: an input, or the output of one."""
    gradients = [numbers(case, dtype, count, seed) for seed in range(1, order + 1)]
    x = numbers(case, dtype, count)
    return [*gradients, case.value(x) if saved == OUTPUT else x]


def expected(case, order, saved, tensors):
    function = (case.value, case.backward, case.double_backward)[order]
    return function(*tensors, **({"is_result": True} if saved == OUTPUT else {}))


def placed(tensor, offset):
    """A copy that begins `offset` elements behind an address that is a multiple of 64."""
    room = torch.full((tensor.numel() + offset,), SENTINEL, dtype=tensor.dtype)
    assert room.data_ptr() % 64 == 0
    place = room[offset:]
    place.copy_(tensor.reshape(-1))
    return place.view(tensor.shape)


def check(device, case, order, saved, tensors, result):
    """Runs on tensors as they lie; nothing but the result's elements may change."""
    room = result.untyped_storage()
    before = torch.tensor([], dtype=result.dtype).set_(room).clone()
    want = expected(case, order, saved, [t.contiguous() for t in tensors])
    assert device.on(case, order, saved, result, *tensors) == 0
    assert same_bits(result.contiguous(), want.contiguous())
    after = torch.tensor([], dtype=result.dtype).set_(room)
    place = (result.shape, result.stride(), result.storage_offset())
    before.as_strided(*place).fill_(SENTINEL)
    after.as_strided(*place).fill_(SENTINEL)
    assert same_bits(before, after)


def vectors_and_tail(device, case, dtype, kernels):
    """A full block, vectors in a second one, and a tail."""
    size = (VECTORS * THREADS + 3) * lanes(dtype) + lanes(dtype) - 1
    for order, saved in kernels:
        tensors = inputs_of(case, order, saved, dtype, size)
        check(device, case, order, saved, tensors, torch.empty_like(tensors[0]))
        assert "dense_kernel" in device.runtime.launches[-1].name


def misaligned(device, case, dtype, kernels):
    """All operands alike: a head before the vectors. Each otherwise: element by element."""
    size = 2 * lanes(dtype) + 1 + 33
    for order, saved in kernels:
        tensors = inputs_of(case, order, saved, dtype, size)
        room = torch.full((size + 1,), SENTINEL, dtype=dtype)
        check(device, case, order, saved, [placed(t, 1) for t in tensors], room[1:])
        assert "dense_kernel" in device.runtime.launches[-1].name
        check(device, case, order, saved, [placed(t, 1) for t in tensors], room[:-1])
        assert "strided_kernel" in device.runtime.launches[-1].name


def strided(device, case, dtype, kernels):
    """Three dimensions that don't coalesce, in another order for each operand; the last operand
    broadcast along one of them. More elements than a block takes."""
    shape, padded = (3, 5, 37), (4, 6, 40)
    for order, saved in kernels:
        tensors = inputs_of(case, order, saved, dtype, 3 * 5 * 37)
        views = []
        for tensor, dims in zip(tensors, itertools.permutations(range(3)), strict=False):
            room = torch.full([padded[d] for d in dims], SENTINEL, dtype=dtype)
            inverse = [dims.index(d) for d in range(3)]
            view = room.permute(inverse)[1:, :-1, 2:-1]
            views.append(view.copy_(tensor.view(shape)))
        views[-1] = views[-1][:, :1].expand(shape)
        result = torch.full(padded, SENTINEL, dtype=dtype)[:-1, 1:, 3:]
        check(device, case, order, saved, views, result)
        assert "strided_kernel" in device.runtime.launches[-1].name


def beyond_32_bits(device, case, dtype, kernels):
    """So many elements that the number of vectors, too, needs more than 32 bits; and two rows
    further apart than 32 bits can tell. Memory that isn't touched isn't there."""
    memory = device.runtime.memory
    vectors, tail = 2**32 + 5, lanes(dtype) - 1
    size = vectors * lanes(dtype) + tail
    part = 5 * lanes(dtype) + tail  # of the last block with vectors, and of the tail
    for order, saved in kernels:
        tensors = inputs_of(case, order, saved, dtype, part)
        want = expected(case, order, saved, tensors)
        addresses = [memory.reserve(size * dtype.itemsize) for _ in range(order + 2)]
        last = [address + (size - part) * dtype.itemsize for address in addresses]
        views = [numpy_view(memory, address, part, dtype) for address in last]
        for view, tensor in zip(views[1:], tensors, strict=True):
            view.copy_(tensor)

        device.runtime.choose_blocks = lambda name, grid: (grid[0] - 2, grid[0] - 1)
        places = [(address, [dtype.itemsize]) for address in addresses]
        assert device.at(case, order, saved, dtype, operands_at((size,), places)) == 0
        assert same_bits(views[0], want)

        device.runtime.choose_blocks = None
        count = len(device.runtime.launches)
        views[0].zero_()
        row = (size - part) * dtype.itemsize
        places = [(address, [row, dtype.itemsize]) for address in addresses]
        assert device.at(case, order, saved, dtype, operands_at((2, part), places)) == 0
        assert len(device.runtime.launches) == count + 2
        assert same_bits(views[0], want)
        for address in addresses:
            memory.free(address)


PATHS = (vectors_and_tail, misaligned, strided, beyond_32_bits)
