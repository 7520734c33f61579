"""The CUDA pointwise kernels, as nvcc compiled them, against those of the CPU, bit for bit.

They run in the simulator (ptxsim), behind their compiled launchers: a GPU isn't needed.
"""

import pytest
import torch
from activations import CASES, DTYPES, FORMULAS, HALF_DTYPES, same_bits
from pointwise_launchers import (
    BACKWARD,
    DOUBLE_BACKWARD,
    INPUT,
    VALUE,
    launchers,
)
from pointwise_proof import (
    PATHS,
    check,
    dtype_name,
    inputs_of,
    kernels,
    lanes,
    placed,
)
from ptxsim.compilation import ARCHITECTURES, NO_NVCC, nvcc
from simulated import Operands, operands_of

pytestmark = pytest.mark.skipif(nvcc() is None, reason=NO_NVCC)


@pytest.fixture(params=ARCHITECTURES)
def launcher(request):
    launcher = launchers(request.param)
    yield launcher
    launcher.runtime.choose_blocks = None


@pytest.mark.parametrize("dtype", DTYPES, ids=dtype_name)
@pytest.mark.parametrize("case", FORMULAS, ids=str)
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
def test_every_kernel(launcher, path, case, dtype):
    path(launcher, case, dtype, kernels(case))


@pytest.mark.parametrize("dtype", DTYPES, ids=dtype_name)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_parameters(case, dtype):
    """Each parameter set: the formula's constants are computed by the launcher, on the host."""
    for order, saved in kernels(case):
        tensors = inputs_of(case, order, saved, dtype, 300)
        check(launchers("sm_80"), case, order, saved, tensors, torch.empty_like(tensors[0]))


@pytest.mark.parametrize("dtype", DTYPES, ids=dtype_name)
@pytest.mark.parametrize("order", [VALUE, BACKWARD, DOUBLE_BACKWARD])
def test_sizes(launcher, order, dtype):
    """Around each boundary: of a vector, of a block with one or two of them for each thread."""
    case = next(case for case in FORMULAS if case.name == "leaky_relu")
    n = lanes(dtype)
    blocks = [128 * n, 256 * n, 512 * n]
    sizes = {0, 1, 2, n - 1, n, n + 1, 2 * n + 1, *(b + k for b in blocks for k in (-1, 0, 1, n))}
    for size in sorted(sizes):
        tensors = inputs_of(case, order, INPUT, dtype, size)
        check(launcher, case, order, INPUT, tensors, torch.empty_like(tensors[0]))


@pytest.mark.parametrize("dtype", DTYPES, ids=dtype_name)
def test_starts(launcher, dtype):
    """Every place that operands can have within a vector, and within two: the result's and that of
    what is read."""
    case = next(case for case in FORMULAS if case.name == "silu")
    for offset in range(16):
        x = inputs_of(case, VALUE, INPUT, dtype, 41)
        for other in {offset, offset ^ 1, 0}:
            result = placed(torch.zeros(41, dtype=dtype), other)
            check(launcher, case, VALUE, INPUT, [placed(x[0], offset)], result)


@pytest.mark.parametrize("dtype", HALF_DTYPES, ids=dtype_name)
@pytest.mark.parametrize("name", ["sigmoid", "leaky_relu", "tanhshrink"])
def test_every_half(launcher, name, dtype):
    """All 65,536 numbers, and so the conversions from and to float32."""
    case = next(case for case in FORMULAS if case.name == name)
    every = torch.arange(-32768, 32768, dtype=torch.int32).to(torch.int16).view(dtype)
    check(launcher, case, VALUE, INPUT, [every], torch.empty_like(every))


@pytest.mark.parametrize("dtype", DTYPES, ids=dtype_name)
def test_in_place(launcher, dtype):
    case = next(case for case in FORMULAS if case.name == "gelu")
    x = inputs_of(case, VALUE, INPUT, dtype, 1000)[0]
    for view in (x, x.view(20, 50)[:, 3:48]):
        want = case.value(view.contiguous())
        assert launcher.on(case, VALUE, INPUT, view, view) == 0
        assert same_bits(view.contiguous(), want)


def test_layouts_without_a_copy(launcher):
    """channels_last and permuted tensors are one run of vectors."""
    case = next(case for case in FORMULAS if case.name == "mish")
    x = torch.randn(2, 3, 4, 5)
    for view in (x.to(memory_format=torch.channels_last), x.permute(2, 0, 3, 1), x.mT):
        result = torch.empty_like(view)
        assert result.stride() == view.stride()
        assert launcher.on(case, VALUE, INPUT, result, view) == 0
        assert "dense_kernel" in launcher.runtime.launches[-1].name
        assert same_bits(result, case.value(view))


def test_as_many_dimensions_as_there_may_be(launcher):
    """25, most of which a tensor has no room for."""
    case = next(case for case in FORMULAS if case.name == "relu")
    sizes = [3, 1, 2, 1, 1] * 5
    x, result = torch.randn(sizes).transpose(0, 24), torch.zeros(sizes).transpose(0, 24)
    operands = Operands(count=2, dims=25)
    operands.data[:2] = [result.data_ptr(), x.data_ptr()]
    for d in range(25):
        operands.sizes[d] = x.shape[24 - d]
        operands.strides[d][:2] = [4 * t.stride(24 - d) for t in (result, x)]
    with launcher.mapped([result], [x]):
        assert launcher.at(case, VALUE, INPUT, x.dtype, operands) == 0
    assert same_bits(result, case.value(x))


def test_nothing_is_launched_without_elements(launcher):
    case = FORMULAS[0]
    count = len(launcher.runtime.launches)
    for shape in ((0,), (3, 0, 2)):
        empty = torch.empty(shape)
        operands = operands_of([0, 0], shape, [[4] * len(shape)] * 2)
        assert operands.dims > 0
        assert launcher.at(case, VALUE, INPUT, empty.dtype, operands) == 0
        assert launcher.slope_bits(case, empty, torch.empty(0, dtype=torch.uint8), 1) == 0
    assert len(launcher.runtime.launches) == count


def test_more_blocks_than_a_grid_has(launcher):
    """An error, and no launch."""
    case, count = FORMULAS[0], len(launcher.runtime.launches)
    invalid_configuration = 9
    operands = operands_of([16, 16], (2**60,), [[2]] * 2)
    assert launcher.at(case, VALUE, INPUT, torch.float16, operands) == invalid_configuration
    assert len(launcher.runtime.launches) == count


TWO_SLOPES = [case for case in CASES if case.two_slopes]


@pytest.mark.parametrize("dtype", DTYPES, ids=dtype_name)
@pytest.mark.parametrize("case", TWO_SLOPES, ids=str)
def test_slope_bits(launcher, case, dtype):
    """Rows that begin within a byte of the row before, rows that join, starts of every kind."""
    for rows, elements, offset in ((1, 2053, 0), (1, 1029, 1), (3, 341, 0), (3, 344, 0), (5, 1, 0)):
        shape = (rows, elements)
        gradient, x = inputs_of(case, BACKWARD, INPUT, dtype, rows * elements)
        gradient, x = placed(gradient.view(shape), offset), placed(x.view(shape), offset)
        want = case.slope_bits(x, batch_dims=1)
        bits = torch.full_like(want, 0xAA)
        assert launcher.slope_bits(case, x, bits, rows) == 0
        assert torch.equal(bits, want)
        result = placed(torch.zeros(shape, dtype=dtype), offset)
        assert launcher.backward_from_bits(case, result, gradient, bits, rows) == 0
        assert same_bits(result, case.backward_from_bits(gradient, want))


def test_slope_bits_of_other_formulas(launcher):
    case = next(case for case in FORMULAS if not case.two_slopes)
    invalid_value = 1
    x = torch.randn(8)
    assert launcher.slope_bits(case, x, torch.empty(2, dtype=torch.uint8), 1) == invalid_value
