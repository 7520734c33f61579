"""The CUDA kernels of the softmax family, as nvcc compiled them, against the CPU's.

They run in the simulator (ptxsim), behind their compiled launchers: a GPU isn't needed.
"""

import ctypes
import math

import numpy as np
import pytest
import torch
import torch_act  # noqa: F401  registers the CPU ops
from ptxsim import PtxError
from ptxsim.compilation import ARCHITECTURES, NO_NVCC, nvcc
from softmax_launchers import MEMBERS, launchers, mutant, rows_of

pytestmark = pytest.mark.skipif(nvcc() is None, reason=NO_NVCC)

DTYPES = (torch.float32, torch.float64, torch.bfloat16, torch.float16)
HALVES = DTYPES[2:]

# Units between the two devices' results.
AGREEMENT = {torch.float32: 2, torch.float64: 1, torch.bfloat16: 1, torch.float16: 1}

# Around every boundary of cuda/row_plan.h: lanes for few elements, for many, warps that share a
# row, the longest row in registers, and those read twice.
FEW = (1, 2, 7, 8, 9, 16, 17, 31, 32)
MANY = (33, 64, 65, 128, 129, 255, 512, 513, 1000, 1024)
BLOCK = (1025, 2048, 4096, 4100, 8192)
LONG = (8193, 16384, 16385, 20008)


def names(dtype):
    return str(dtype).removeprefix("torch.")


@pytest.fixture(params=ARCHITECTURES)
def launcher(request):
    launcher = launchers(request.param)
    yield launcher
    launcher.runtime.choose_blocks = None


def numbers(*shape, dtype, seed=0, scale=4.0):
    generator = torch.Generator().manual_seed(seed)
    return (scale * torch.randn(shape, generator=generator, dtype=torch.float64)).to(dtype)


def op(member, backward=False):
    return getattr(torch.ops.act, member + ("_backward" if backward else ""))


def ulps(a, b):
    """The largest distance, counted in numbers of the dtype; NaN only at the same places."""
    assert (a.dtype, a.shape) == (b.dtype, b.shape)
    assert torch.equal(a.isnan(), b.isnan())
    if a.numel() == 0:
        return 0
    integers = {2: torch.int16, 4: torch.int32, 8: torch.int64}[a.dtype.itemsize]

    def place(t):
        bits = t.contiguous().view(integers)
        return torch.where(bits < 0, -(bits & torch.iinfo(integers).max).long(), bits.long())

    distance = (place(a) - place(b)).abs()
    return int(torch.where(a.isnan(), 0, distance).max())


def exact_gradient(member, g, y, dim):
    """In 80 bits, and what that leaves uncertain."""
    wide_g, wide_y = (t.double().numpy().astype(np.longdouble) for t in (g, y))
    if member == "log_softmax":
        terms, factor = wide_g, np.exp(wide_y)
    else:
        terms, factor = wide_g * wide_y, wide_y
    total = terms.sum(dim, keepdims=True)
    gradient = wide_g - factor * total if member == "log_softmax" else factor * (wide_g - total)
    # Of the reference for doubles; for floats, of the sum that the kernels keep in 48 bits.
    size = g.shape[dim] if g.dim() else 1
    unit = size * 2.0**-63 if g.dtype == torch.float64 else 2.0**-47
    doubt = factor * np.abs(terms).sum(dim, keepdims=True) * unit
    return -gradient if member == "softmin" else gradient, doubt


def check_gradient(member, result, g, y, dim):
    want, doubt = exact_gradient(member, g, y, dim)
    unit = torch.finfo(result.dtype).eps
    smallest = torch.finfo(result.dtype).smallest_normal * unit
    error = np.abs(result.double().numpy().astype(np.longdouble) - want)
    # log_softmax subtracts a product, whose own error remains where the difference is small.
    terms = np.abs(want)
    if member == "log_softmax":
        terms = np.maximum(terms, np.abs(want - g.double().numpy()))
    bound = 2 * unit * terms + doubt + 2 * smallest
    assert (error <= bound).all(), float((error / bound).max())


def check(launcher, member, x, dim, *, result=None, output_dtype=None, gradient=None):
    """Forward and backward on tensors as they lie, against the CPU's."""
    dtype = output_dtype or x.dtype
    want = op(member)(x.contiguous(), dim, dtype=dtype)
    empty = torch.empty(x.shape, dtype=dtype) if result is None else result
    y = launcher.forward(member, empty, x, dim)
    assert ulps(y, want) <= AGREEMENT[dtype]

    g = numbers(*x.shape, dtype=dtype, seed=1) if gradient is None else gradient
    grad_input = launcher.backward(member, torch.empty(x.shape, dtype=x.dtype), g, want, dim)
    check_gradient(member, grad_input, g, want, dim)


@pytest.mark.parametrize("sizes", [FEW, MANY, BLOCK, LONG], ids=["few", "many", "block", "long"])
@pytest.mark.parametrize("dtype", DTYPES, ids=names)
@pytest.mark.parametrize("member", MEMBERS)
def test_rows_of_every_extent(launcher, member, dtype, sizes):
    for size in sizes:
        check(launcher, member, numbers(3 if size < 600 else 1, size, dtype=dtype), 1)


@pytest.mark.parametrize("dtype", DTYPES, ids=names)
@pytest.mark.parametrize("member", MEMBERS)
def test_rows_of_one_element(launcher, member, dtype):
    """To the last bit: in float64 the exponential has lost something that its sum has not."""
    x = torch.cat([numbers(300, dtype=torch.float64), torch.tensor([3e4, 0.0, -0.0, math.inf])])
    for shape, dim in (((-1, 1), 1), ((1, -1), 0)):
        rows = x.to(dtype).view(shape)
        y = launcher.forward(member, torch.empty_like(rows), rows, dim)
        assert ulps(y, op(member)(rows, dim)) == 0


@pytest.mark.parametrize("dtype", HALVES, ids=names)
@pytest.mark.parametrize("member", MEMBERS)
def test_half_to_float32(launcher, member, dtype):
    for shape, dim in (((5, 8), 1), ((3, 30), 1), ((2, 100), 1), ((3, 50, 20), 1), ((1, 16392), 1)):
        check(launcher, member, numbers(*shape, dtype=dtype), dim, output_dtype=torch.float32)


# Inner sizes: fewer than a warp's, whole ones, and with a rest; rows in registers and longer.
@pytest.mark.parametrize(
    "shape",
    [(2, 5, 3), (3, 40, 2), (2, 70, 7), (1, 300, 31), (1, 600, 33), (2, 9, 130), (1, 1100, 17)],
)
@pytest.mark.parametrize("dtype", DTYPES, ids=names)
def test_side_by_side(launcher, dtype, shape):
    for member in MEMBERS[:2]:
        check(launcher, member, numbers(*shape, dtype=dtype), 1)


def layouts(dtype):
    wide = numbers(6, 200, dtype=dtype)
    yield wide[:, ::2], 1  # every second
    yield wide[:, 1:129], 1  # misaligned
    yield numbers(64, 6, dtype=dtype).t(), 1  # transposed
    yield numbers(90, 12, dtype=dtype), 0  # first dim
    yield numbers(3, 4, 5, 24, dtype=dtype).permute(2, 0, 3, 1), 2  # middle of permuted
    yield numbers(1, 48, dtype=dtype).expand(4, 48), 1  # repeated
    yield numbers(4, 1, dtype=dtype).expand(4, 48), 1  # constant rows
    yield numbers(dtype=dtype), 0  # no dim
    yield numbers(3, 1, 40, dtype=dtype), 1  # dim of size 1
    yield numbers(5, 3, 40, dtype=dtype)[:, :2, :36], 2  # gaps


@pytest.mark.parametrize("dtype", DTYPES, ids=names)
def test_layouts(launcher, dtype):
    for x, dim in layouts(dtype):
        for member in MEMBERS:
            check(launcher, member, x, dim)


def test_results_of_any_layout(launcher):
    x, room = numbers(7, 40, dtype=torch.float32), torch.full((9, 90), 0.5)
    check(launcher, "softmax", x, 1, result=room[1:8, 3:83:2])
    untouched = room.clone()
    untouched[1:8, 3:83:2] = 0.5
    assert (untouched == 0.5).all()
    check(launcher, "log_softmax", x, 1, gradient=torch.ones(1, 1).expand(7, 40))
    check(launcher, "softmax", x, 0, result=torch.empty(40, 7).t())


def test_in_place(launcher):
    """out= may be the input itself, also where it is read twice."""
    for shape in ((3, 200), (1, 16500)):
        x = numbers(*shape, dtype=torch.float32)
        want = op("softmax")(x, 1)
        assert ulps(launcher.forward("softmax", x, x, 1), want) <= 2


# In registers, by a block, read twice, side by side.
SPECIAL_SHAPES = [((9, 6), 1), ((9, 300), 1), ((9, 2000), 1), ((9, 16400), 1), ((60, 9), 0)]


@pytest.mark.parametrize(("shape", "dim"), SPECIAL_SHAPES, ids=str)
@pytest.mark.parametrize("member", MEMBERS)
def test_nan_and_infinities(launcher, member, shape, dim):
    inf, nan = torch.inf, torch.nan
    x = numbers(*shape, dtype=torch.float32)
    rows = x if dim == 1 else x.t()
    rows[0, 0], rows[1, -1], rows[2, 3] = nan, nan, inf
    rows[3], rows[4], rows[5, :-1] = -inf, inf, -inf
    rows[6, 1::2] = -inf
    rows[7, 2], rows[7, 3] = inf, -inf
    rows[8], rows[8, 1] = -inf, nan
    y = launcher.forward(member, torch.empty_like(x), x, dim)
    assert ulps(y, op(member)(x, dim)) <= 2
    g = numbers(*shape, dtype=torch.float32, seed=1)
    grad_input = launcher.backward(member, torch.empty_like(x), g, y, dim)
    reference = op(member, backward=True)(g, y, dim, torch.float32)
    assert torch.equal(grad_input.isnan(), reference.isnan())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=names)
@pytest.mark.parametrize("size", [5, 300, 20000])
def test_large_logits(launcher, dtype, size):
    """Maxima below and beyond what needs a shift, rows that one element dominates, all equal."""
    for offset in (0.0, 250.0, -260.0, 1e4, -1e4):
        x = numbers(1, size, dtype=dtype, scale=30) + offset
        for member in MEMBERS:
            check(launcher, member, x, 1)
    x = numbers(1, size, dtype=dtype)
    x[0, size // 2] = 60
    check(launcher, "log_softmax", x, 1)
    x[0, 0] = 60
    check(launcher, "log_softmax", x, 1)
    check(launcher, "log_softmax", torch.full((1, size), 3.0, dtype=dtype), 1)


def test_sorted_long_rows(launcher):
    """Each chunk has a larger maximum than the last, or never again."""
    x = numbers(1, 40000, dtype=torch.float32, scale=100).sort(1).values
    for row in (x, x.flip(1)):
        for member in MEMBERS:
            check(launcher, member, row, 1)


def exact(member, x):
    """Along dim 1, in 80 bits."""
    wide = x.double().numpy().astype(np.longdouble)
    wide = -wide if member == "softmin" else wide
    wide = wide - wide.max(1, keepdims=True)
    rest = np.sort(np.exp(wide), 1)[:, :-1].sum(1, keepdims=True)  # all but the largest, which is 1
    logarithm = wide - np.log1p(rest)
    return logarithm if member == "log_softmax" else np.exp(logarithm)


def worst(y, want):
    unit = np.spacing(np.abs(want).astype(y.numpy().dtype))
    return float((np.abs(y.numpy() - want) / unit).max())


@pytest.mark.parametrize("member", MEMBERS)
def test_a_million_elements(member):
    x = numbers(1, 1 << 20, dtype=torch.float32)
    y = launchers("sm_80").forward(member, torch.empty_like(x), x, 1)
    assert worst(y, exact(member, x)) <= 2
    if member != "log_softmax":
        assert abs(y.double().sum() - 1) < (1 << 20) * 2.0**-32


# In units; tests/test_softmax.py has the CPU's.
@pytest.mark.parametrize(("dtype", "bound"), [(torch.float32, 3), (torch.float64, 3)], ids=str)
@pytest.mark.parametrize("member", MEMBERS)
def test_accuracy(member, dtype, bound):
    for rows, size in ((1000, 7), (300, 120), (20, 1000), (2, 20000)):
        for scale in (1.0, 10.0, 60.0):
            x = numbers(rows, size, dtype=dtype, scale=scale)
            y = launchers("sm_80").forward(member, torch.empty_like(x), x, 1)
            assert worst(y, exact(member, x)) <= bound


def test_same_bits_in_every_place(launcher):
    """A row's result does not depend on which row it is, nor on how its elements lie."""
    for size in (24, 300, 1000):
        row = numbers(1, size, dtype=torch.float32)
        alone = launcher.forward("softmax", torch.empty_like(row), row, 1)
        many = row.repeat(40, 1)
        y = launcher.forward("softmax", torch.empty_like(many), many, 1)
        assert (y == alone).all()
        columns = many.t().contiguous().t()
        y = launcher.forward("softmax", torch.empty(40, size), columns, 1)
        assert (y == alone).all()


def launches(launcher):
    return len(launcher.runtime.launches)


@pytest.mark.parametrize("shape", [(0,), (0, 5), (5, 0), (3, 0, 2)])
def test_nothing_to_do(launcher, shape):
    before = launches(launcher)
    launcher.forward("softmax", torch.empty(shape), torch.empty(shape), len(shape) - 1)
    launcher.backward("softmax", *[torch.empty(shape)] * 3, len(shape) - 1)
    assert launches(launcher) == before


def test_beyond_32_bits(launcher):
    """Rows, and elements of a row, farther apart than 2³¹ bytes; more than 2³¹ rows."""
    memory = launcher.runtime.memory
    for size, step, stride in (
        (5, 4, 3 << 30),
        (7, 1 << 30, 4),
        (18000, 1 << 18, 4),
        (40, 12, 5 << 29),
    ):
        rows = 3
        values = numbers(rows, size, dtype=torch.float32)
        addresses = [memory.reserve((size - 1) * step + (rows - 1) * stride + 4) for _ in range(2)]

        def element(base, r, i, step=step, stride=stride):
            return memory.bytes_at(base + r * stride + i * step, 4).view(np.float32)

        for r in range(rows):
            for i in range(size):
                element(addresses[1], r, i)[0] = values[r, i]
        operands = [(address, torch.float32, step) for address in addresses]
        plan = rows_of(size, [(rows, (stride, stride))], operands)
        assert launcher.at("softmax", "softmax", plan) == 0
        y = [[element(addresses[0], r, i)[0] for i in range(size)] for r in range(rows)]
        assert ulps(torch.tensor(np.array(y)), op("softmax")(values, 1)) <= 2
        for address in addresses:
            memory.free(address)


def test_more_rows_than_32_bits(launcher):
    memory, rows = launcher.runtime.memory, (1 << 32) + 5
    x, y = memory.reserve(4 * rows), memory.reserve(4 * rows)
    operands = [(address, torch.bfloat16, 2) for address in (y, x)]
    plan = rows_of(2, [(rows, (4, 4))], operands)
    launcher.runtime.choose_blocks = lambda name, grid: [0, grid[0] - 1]
    assert launcher.at("softmax", "softmax", plan) == 0
    last = memory.bytes_at(y + 4 * (rows - 128), 4 * 128).view(np.uint16)
    assert (last[-10:] == 0x3F00).all()
    assert memory.bytes_at(y, 2).view(np.uint16)[0] == 0x3F00
    for address in (x, y):
        memory.free(address)


def test_refused():
    launcher = launchers("sm_80")
    before = launches(launcher)
    too_many = [(2, (4 << d, 4 << d)) for d in range(25)]
    plan = rows_of(1, too_many, [(4096, torch.float32, 4)] * 2)
    assert launcher.at("softmax", "softmax", plan) == 1
    grid = rows_of(512, [(1 << 36, (2048, 2048))], [(4096, torch.float32, 4)] * 2)
    assert launcher.at("softmax", "softmax", grid) == 1
    mixed = rows_of(1, [], [(4096, torch.float64, 8), (4096, torch.float32, 4)])
    assert launcher.at("softmax", "softmax", mixed) == 1
    assert launches(launcher) == before


def all_shapes(launcher):
    for member in MEMBERS:
        for shape, dim in (
            ((5, 7), 1),
            ((3, 28), 1),
            ((2, 100), 1),
            ((3, 1000), 1),
            ((1, 2500), 1),
        ):
            check(launcher, member, numbers(*shape, dtype=torch.float32), dim)
        for shape in ((70, 3), (100, 40), (600, 33)):
            check(launcher, member, numbers(*shape, dtype=torch.float32), 0)
        check(launcher, member, numbers(1, 16396, dtype=torch.float32), 1)


MUTANTS = {
    "no barrier before a block's sum": (
        "row_team.cuh",
        "    __syncthreads();\n    value = parts[first];",
        "    value = parts[first];",
    ),
    "no barrier in the tree": (
        "row_team.cuh",
        "    __syncthreads();\n    if (lane < distance) {",
        "    if (lane < distance) {",
    ),
    "no barrier after the tree": (
        "row_team.cuh",
        "  }\n  __syncthreads();\n  return parts[",
        "  }\n  return parts[",
    ),
    "a warp left out of the sum": ("row_team.cuh", "other = first + 1;", "other = first + 2;"),
    "shuffles that stop early": (
        "row_team.cuh",
        "distance > 0; distance /= 2) {\n      value",
        "distance > 1; distance /= 2) {\n      value",
    ),
    "dropped tail": ("row_access.cuh", "if (i < size_) *place", "if (i + 1 < size_) *place"),
    "one element too many": ("row_access.cuh", "x[v] = i < size_ ?", "x[v] = i <= size_ ?"),
    "one vector too many": (
        "row_access.cuh",
        "      if (first < size_) {",
        "      if (first <= size_) {",
    ),
    "rows beyond the last": (
        "row_access.cuh",
        "if (row >= places.count) {",
        "if (row > places.count) {",
    ),
    "wrong stride of rows": (
        "row_access.cuh",
        "along * places.strides[d][k]",
        "along * places.strides[0][k]",
    ),
    "wrong step": ("row_access.cuh", "places_.step[operand]);", "places_.step[0]);"),
    "lost carry of a larger maximum": (
        "softmax_forward.cuh",
        "exponentials.raise(own_largest, larger);",
        "exponentials.scale = scale_for(larger);",
    ),
    "vectors where addresses are not aligned": (
        "row_plan.h",
        "plan.neighbours && dense && aligned",
        "plan.neighbours && dense",
    ),
}


def test_the_unchanged_kernels_pass_what_mutants_fail():
    launcher = mutant("row_plan.h", "#pragma once", "#pragma once")
    everything(launcher)


def everything(launcher):
    all_shapes(launcher)
    test_layouts(launcher, torch.float32)
    test_results_of_any_layout(launcher)
    test_sorted_long_rows(launcher)


@pytest.mark.seeded_bug
@pytest.mark.parametrize("bug", MUTANTS)
def test_seeded_bugs_are_seen(bug):
    launcher = mutant(*MUTANTS[bug])
    with pytest.raises((AssertionError, PtxError)):
        everything(launcher)


OVERFLOWS = {
    "offset of a row": ("row_access.cuh", "std::int64_t along = row;", "int along = int(row);"),
    "offset of an element": (
        "row_access.cuh",
        "std::int64_t{i} * places_.step[operand]",
        "int(i) * int(places_.step[operand])",
    ),
    "strides": (
        "row_access.cuh",
        "data_[k] += along * places.strides[d][k];",
        "data_[k] += int(along * places.strides[d][k]);",
    ),
}


@pytest.mark.seeded_bug
@pytest.mark.parametrize("bug", OVERFLOWS)
def test_seeded_overflows_are_seen(bug):
    launcher = mutant(*OVERFLOWS[bug])
    with pytest.raises((AssertionError, PtxError)):
        far_away(launcher)


def far_away(launcher):
    test_beyond_32_bits(launcher)
    far_rows(launcher)


def far_rows(launcher):
    """More than 2³¹ rows, of which one block runs."""
    memory, rows = launcher.runtime.memory, (1 << 31) + 200
    address = memory.reserve(4 * rows)
    plan = rows_of(1, [(rows, (4, 4))], [(address, torch.float32, 4)] * 2)
    launcher.runtime.choose_blocks = lambda name, grid: [grid[0] - 2]
    try:
        assert launcher.at("softmax", "softmax", plan) == 0
        ones = memory.bytes_at(address + (4 << 31), 4 * 128).view(np.float32)
        assert (ones == 1).all()
    finally:
        launcher.runtime.choose_blocks = None
        memory.free(address)


def test_far_rows(launcher):
    far_rows(launcher)


def test_a_row_of_the_harness_is_that_of_the_library():
    """The layout of Rows in C++, which ctypes is told by hand."""
    assert ctypes.sizeof(rows_of(1, [], [])) == 24 + 3 * 32
