"""prelu's CUDA kernels, run in the simulator, against the CPU's: bit for bit, and the weight's
gradient, whose sums are added in another order, within 2 ulp."""

import ctypes

import pytest
import simulated
import torch
from activations import DTYPES
from ptxsim.compilation import ARCHITECTURES
from simulated import STORAGE, Device, Operands, assert_same_bits, guarded, samples

pytestmark = simulated.needs_nvcc
FORWARD = ("prelu.cu", "prelu.cpp")
BACKWARD = ("prelu_backward.cu", "prelu_backward.cpp")


class DensePrelu(ctypes.Structure):
    _fields_ = (
        ("out", ctypes.c_void_p),
        ("x", ctypes.c_void_p),
        ("weight", ctypes.c_void_p),
        ("size", ctypes.c_int64),
        ("channels", ctypes.c_int64),
        ("inner", ctypes.c_int64),
    )


class Weights(ctypes.Structure):
    _fields_ = (
        ("weight", ctypes.c_void_p),
        ("grad_weight", ctypes.c_void_p),
        ("channels", ctypes.c_int64),
    )


class DensePreluBackward(ctypes.Structure):
    _fields_ = (
        ("grad_input", ctypes.c_void_p),
        ("grad_output", ctypes.c_void_p),
        ("x", ctypes.c_void_p),
        ("weights", Weights),
        ("size", ctypes.c_int64),
        ("channels", ctypes.c_int64),
        ("inner", ctypes.c_int64),
    )


class StridedPreluBackward(ctypes.Structure):
    _fields_ = (
        ("first_channel", Operands),
        ("channel_strides", ctypes.c_int64 * 3),
        ("weights", Weights),
    )


# (layouts of x and of the other tensors, shape): the channels alternate slowly and quickly, so that
# rows and columns are summed; with and without whole vectors, and tails.
DENSE = {
    "images of vectors": (simulated.contiguous, simulated.contiguous, (3, 5, 8, 8)),
    "odd images": (simulated.contiguous, simulated.contiguous, (2, 3, 7, 7)),
    "a block of vectors and a tail": (simulated.contiguous, simulated.contiguous, (1, 5, 103)),
    "large images": (simulated.contiguous, simulated.contiguous, (2, 2, 24, 100)),
    "small images": (simulated.contiguous, simulated.contiguous, (9, 8, 3)),
    "a matrix": (simulated.contiguous, simulated.contiguous, (70, 24)),
    "an odd matrix": (simulated.contiguous, simulated.contiguous, (70, 7)),
    "a wide matrix": (simulated.contiguous, simulated.contiguous, (3, 1152)),
    "a wide odd matrix": (simulated.contiguous, simulated.contiguous, (3, 301)),
    "channels last": (simulated.channels_last, simulated.channels_last, (2, 16, 5, 6)),
    "transposed": (simulated.transposed, simulated.transposed, (9, 6, 50)),
    "misaligned alike": (simulated.misaligned, simulated.misaligned, (3, 5, 7, 9)),
    "misaligned": (simulated.misaligned, simulated.contiguous, (3, 5, 8, 8)),
    "a misaligned matrix": (simulated.contiguous, simulated.misaligned, (70, 24)),
}
STRIDED = {
    "gaps": (simulated.with_gaps, simulated.contiguous, (4, 5, 6, 7)),
    "transposed": (simulated.transposed, simulated.contiguous, (4, 5, 6, 37)),
    "gaps in the result": (simulated.contiguous, simulated.with_gaps, (4, 5, 6, 7)),
    "a matrix with gaps": (simulated.with_gaps, simulated.contiguous, (33, 10)),
    "several blocks a channel": (simulated.with_gaps, simulated.contiguous, (3, 3, 4, 300)),
}


def _weight(shape, per_channel, dtype):
    return torch.linspace(-0.5, 1.75, shape[1] if per_channel else 1, dtype=dtype)


def _layout(x, weight):
    channels = weight.numel()
    return channels, x.numel() if channels == 1 else x.stride(1)


def _along_channels(weight, x):
    if weight.numel() == 1:
        return weight.expand(x.shape)
    return weight.view(1, -1, *[1] * (x.dim() - 2)).expand(x.shape)


def _run_forward(compiled, architecture, case, dtype, dense=True, per_channel=True, in_place=False):
    make_x, make_other, shape = case
    device = Device(compiled, architecture)
    x = samples(make_x(shape, dtype))
    weight = _weight(shape, per_channel, dtype)
    expected = torch.ops.act.prelu(x, weight)
    result = x if in_place else guarded(make_other(shape, dtype))
    if dense:
        arguments = DensePrelu(
            *map(device.address, (result, x, weight)), x.numel(), *_layout(x, weight)
        )
        device.launch("launch_prelu_dense", STORAGE[dtype], arguments)
    else:
        operands = device.operands(result, x, _along_channels(weight, x))
        device.launch("launch_prelu", STORAGE[dtype], operands)
    if in_place:
        result = guarded(simulated.contiguous(shape, dtype)).copy_(result)
    assert_same_bits(result, expected)
    return device.runtime.launches


def _run_backward(compiled, architecture, case, dtype, dense=True, per_channel=True, huge=False):
    make_x, make_other, shape = case
    device = Device(compiled, architecture)
    x = make_x(shape, dtype).normal_().mul_(3)
    grad_output = make_other(shape, dtype).normal_()
    if huge:
        samples(x)
        samples(grad_output, seed=1)
    weight = _weight(shape, per_channel, dtype)
    expected, expected_weight = torch.ops.act.prelu_backward(grad_output, x, weight)
    result, grad_weight = guarded(make_other(shape, dtype)), guarded(torch.empty_like(weight))

    weights = Weights(device.address(weight), device.address(grad_weight), weight.numel())
    tensors = result, grad_output, x
    addresses = [device.address(tensor) for tensor in tensors]
    if dense:
        arguments = DensePreluBackward(*addresses, weights, x.numel(), *_layout(x, weight))
    elif per_channel:
        strides = [t.stride(1) * t.element_size() for t in tensors]
        operands = device.operands(*(tensor.select(1, 0) for tensor in tensors))
        arguments = StridedPreluBackward(operands, (ctypes.c_int64 * 3)(*strides), weights)
    else:
        arguments = StridedPreluBackward(device.operands(*tensors), (0, 0, 0), weights)
    kind = "_dense" if dense else ""
    count = getattr(device.runtime.library, f"count{kind}_sums")
    count.restype = ctypes.c_int64
    sums = torch.full((count(STORAGE[dtype], ctypes.byref(arguments)),), torch.nan).double()
    device.launch(
        f"launch_prelu_backward{kind}",
        STORAGE[dtype],
        arguments,
        ctypes.c_void_p(device.address(sums)),
    )
    assert_same_bits(result, expected)
    _check_weight_gradient(grad_weight, expected_weight, grad_output, x, weight)
    return device.runtime.launches


def _check_weight_gradient(grad_weight, expected, grad_output, x, weight):
    """Within 2 ulp: of the CPU's result, or, where terms cancel, of what their magnitudes add to in
    the double that they were added in."""
    terms = torch.where(x > 0, 0, grad_output.double() * x.double()).abs()
    terms = terms.transpose(0, 1).flatten(1).sum(1) if weight.numel() > 1 else terms.sum()
    finite = expected.isfinite()
    assert torch.equal(finite, grad_weight.isfinite())
    error = (grad_weight.double() - expected.double()).abs()
    ulp = torch.finfo(weight.dtype).eps * expected.double().abs()
    allowed = 2 * torch.maximum(ulp, torch.finfo(torch.float64).eps * terms.view_as(expected))
    assert (error[finite] <= allowed[finite]).all(), (grad_weight, expected)


@pytest.fixture(scope="module")
def launchers():
    return simulated.launchers(*FORWARD, *BACKWARD)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("per_channel", [False, True], ids=["one weight", "per channel"])
@pytest.mark.parametrize("case", DENSE)
def test_forward(launchers, case, per_channel, dtype, architecture):
    (launch,) = _run_forward(launchers, architecture, DENSE[case], dtype, per_channel=per_channel)
    vectors = case not in ("misaligned", "a misaligned matrix")
    assert simulated.width_of(launch) == (16 // dtype.itemsize if vectors else 1)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", STRIDED)
def test_strided_forward(launchers, case, dtype, architecture):
    _run_forward(launchers, architecture, STRIDED[case], dtype, dense=False)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_in_place(launchers, dtype):
    _run_forward(launchers, "sm_80", DENSE["odd images"], dtype, in_place=True)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("per_channel", [False, True], ids=["one weight", "per channel"])
@pytest.mark.parametrize("case", DENSE)
def test_backward(launchers, case, per_channel, dtype, architecture):
    launch, _ = _run_backward(launchers, architecture, DENSE[case], dtype, per_channel=per_channel)
    make_x, _, shape = DENSE[case]
    _, inner = _layout(make_x(shape, dtype), _weight(shape, per_channel, dtype))
    assert ("rows" if inner >= 32 else "columns") in launch.name
    one_run = not per_channel
    alike = not case.startswith(("misaligned", "a misaligned"))
    line = inner if inner >= 32 else inner * shape[1]
    vectors = alike and (one_run or line % (16 // dtype.itemsize) == 0)
    assert simulated.width_of(launch) == (16 // dtype.itemsize if vectors else 1)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("per_channel", [False, True], ids=["one weight", "per channel"])
@pytest.mark.parametrize("case", STRIDED)
def test_strided_backward(launchers, case, per_channel, dtype, architecture):
    _run_backward(launchers, architecture, STRIDED[case], dtype, False, per_channel)


@pytest.mark.parametrize("case", ["images of vectors", "a matrix", "gaps"])
def test_infinities_and_nan_in_the_backward(launchers, case):
    cases = DENSE | STRIDED
    _run_backward(launchers, "sm_80", cases[case], torch.float32, case in DENSE, huge=True)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("channels", [1, 5, 2**30 - 1])
def test_forward_beyond_32_bits(launchers, channels, architecture):
    _run_beyond_32_bits(launchers, architecture, channels, 3)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_channels_of_more_than_a_launch(launchers, architecture):
    _run_beyond_32_bits(launchers, architecture, 2, 2**30 + 8)


def _run_beyond_32_bits(compiled, architecture, channels, inner):
    device = Device(compiled, architecture)
    dtype, last = torch.float16, 40
    outer = -(-(2**31 + 64) // (channels * inner))
    size = channels * inner * outer
    weight = device.reserve(channels, dtype)
    x, result = device.reserve(size, dtype), device.reserve(size, dtype)
    values = samples(device.part(x, size - last, last, dtype)).clone()
    # The channels of the last elements, which repeat where there are few.
    of_last = (torch.arange(size - last, size) // inner) % channels
    slopes = torch.empty(last, dtype=dtype)
    for k, channel in enumerate(of_last.tolist()):
        slopes[k] = (channel % 7) / 4 - 0.5
        device.part(weight, channel, 1, dtype).copy_(slopes[k])
    if channels == 1:
        inner = size
    arguments = DensePrelu(result, x, weight, size, channels, inner)
    device.runtime.choose_blocks = simulated.last_blocks
    device.launch("launch_prelu_dense", STORAGE[dtype], arguments)
    expected = torch.ops.act.prelu(values[None], slopes)[0]
    assert_same_bits(device.part(result, size - last, last, dtype).clone(), expected)


BUGS = {
    "a dropped tail": (
        "channel_elementwise.cuh",
        "const std::int64_t needed = run.parts.vectors + run.parts.head + run.parts.tail;",
        "const std::int64_t needed = run.parts.vectors;",
    ),
    "one element too many": (
        "channel_elementwise.cuh",
        "if (i >= run.parts.head + run.parts.tail) return;",
        "if (i > run.parts.head + run.parts.tail) return;",
    ),
    "the head forgotten": (
        "channel_elementwise.cuh",
        "const std::uint32_t first = run.parts.head + v * width;",
        "const std::uint32_t first = v * width;",
    ),
    "a channel too late": (
        "channel_elementwise.cuh",
        "if (++within_ < run.inner_size)",
        "if (++within_ <= run.inner_size)",
    ),
    "the weight of a vector's first element": (
        "channel_elementwise.cuh",
        "if (i > 0 && channel.advance(run))",
        "if (i > 8)",
    ),
    "vectors from any address": (
        "channel_elementwise.cuh",
        "% vector_bytes != misalignment)",
        "% sizeof(Stored) != 0)",
    ),
    "32-bit overflow": (
        "channel_elementwise.cuh",
        "launch_run(compute, out + first, x + first,",
        "launch_run(compute, out + std::int32_t(first), x + std::int32_t(first),",
    ),
    "a missing barrier in the block's sum": (
        "channel_sums.cuh",
        "  __syncthreads();\n  if (threadIdx.x == 0) {",
        "  if (threadIdx.x == 0) {",
    ),
    "half a warp's sum": ("channel_sums.cuh", "apart = warp_size / 2;", "apart = warp_size / 4;"),
    "a warp left out": (
        "channel_sums.cuh",
        "for (std::uint32_t warp = 1; warp < warps_per_block; ++warp)",
        "for (std::uint32_t warp = 1; warp < warps_per_block - 1; ++warp)",
    ),
    "the stride of another layout in the sums": (
        "channel_sums.cuh",
        "i / layout.run * layout.step + i % layout.run",
        "i / layout.run * layout.run + i % layout.run",
    ),
    "sums in float": ("channel_sums.cuh", "  double sum = 0;", "  float sum = 0;"),
    "a missing barrier between columns": (
        "channel_backward_columns.cuh",
        "  __syncthreads();\n",
        "",
    ),
    "the last rows of a block dropped": (
        "channel_backward_columns.cuh",
        "for (std::uint32_t row = 1; row < rows_at_once; ++row)",
        "for (std::uint32_t row = 1; row < rows_at_once - 1; ++row)",
    ),
    "a row too far": (
        "channel_backward_columns.cuh",
        "       row += rows_at_once) {",
        "       row += rows_at_once + 1) {",
    ),
    "the tail of a run dropped": (
        "channel_backward_rows.cuh",
        "if (lane < size - whole) {",
        "if (lane + 1 < size - whole) {",
    ),
    "a run of the next channel": (
        "channel_backward_rows.cuh",
        "(run * rows.channels + channel) * rows.inner + skipped",
        "(run * (rows.channels + 1) + channel) * rows.inner + skipped",
    ),
    "vectors in runs that don't begin with one": (
        "channel_backward_rows.cuh",
        "inner % width == 0 || channels == 1",
        "inner % width == 0 || pieces == pieces_of_run",
    ),
    "a piece left out": (
        "channel_backward_rows.cuh",
        "const std::int64_t end = rows.pieces * (warp + 1) / warps;",
        "const std::int64_t end = rows.pieces / warps * (warp + 1);",
    ),
    "the channel stride of another tensor": (
        "channel_backward_strided.cuh",
        "data.grad_output + channel * of.channel_strides[1]",
        "data.grad_output + channel * of.channel_strides[2]",
    ),
    "two blocks of one place": (
        "channel_backward_strided.cuh",
        "sums[channel * of.sums_of_channel + of.first_sum + part]",
        "sums[channel * of.sums_of_channel + of.first_sum]",
    ),
}


@pytest.mark.seeded_bug
@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_is_seen(bug):
    file = BUGS[bug][0]
    forward = file == "channel_elementwise.cuh"
    compiled = simulated.launchers_with_bug(FORWARD if forward else BACKWARD, *BUGS[bug])
    with pytest.raises(simulated.SEEN):  # noqa: PT012
        if forward:
            for case in DENSE.values():
                _run_forward(compiled, "sm_80", case, torch.float32)
            _run_beyond_32_bits(compiled, "sm_80", 1, 1)
        else:
            for dtype in (torch.float32, torch.float64):
                for case in DENSE.values():
                    _run_backward(compiled, "sm_80", case, dtype)
                    _run_backward(compiled, "sm_80", case, dtype, per_channel=False)
                for case in STRIDED.values():
                    _run_backward(compiled, "sm_80", case, dtype, dense=False)
