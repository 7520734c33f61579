"""The PTX simulator: compiled kernels and launchers are right, and with a bug put in they are not.

Each bug is a change of the source. What must come of it is either a finding of the simulator's or
wrong numbers.
"""

import ctypes
from pathlib import Path

import numpy as np
import pytest
from ptxsim import Deadlock, MemoryFault, PtxError, Race
from ptxsim.compilation import ARCHITECTURES, NO_NVCC, compile_launchers, nvcc
from ptxsim.runtime import Runtime

pytestmark = pytest.mark.skipif(nvcc() is None, reason=NO_NVCC)

KERNELS = Path(__file__).parent / "ptxsim" / "kernels"
SCALE, SOFTMAX = ((KERNELS / name).read_text() for name in ("scale.cu", "softmax.cu"))
F32, U16, U32 = np.float32, np.uint16, np.uint32
POINTER, INT64, FLOAT = ctypes.c_void_p, ctypes.c_int64, ctypes.c_float


class WrongNumbers(AssertionError):
    pass


class LaunchError(AssertionError):
    pass


def agree(got, want):
    if not np.array_equal(got, want):
        raise WrongNumbers(f"{np.count_nonzero(got != want)} of {got.size} differ")


def call(runtime, name, *arguments):
    error = runtime.call(getattr(runtime.library, name), *arguments, POINTER(0))
    if error:
        raise LaunchError(str(error))


def scale(runtime, n, offset=0, factor=0.3):
    x = np.random.default_rng(n).standard_normal(n).astype(F32)
    a, b = runtime.memory.upload(x, offset), runtime.memory.empty(n, F32, offset)
    call(runtime, "launch_scale", POINTER(a), POINTER(b), FLOAT(factor), INT64(n))
    agree(runtime.memory.download(b, n, F32), F32(factor) * x)


def scale_bfloat16(runtime, n=1000):
    x = np.random.default_rng(n).standard_normal(n).astype(F32).view(U32)
    x &= U32(0xFFFF0000)
    a = runtime.memory.upload((x >> U32(16)).astype(U16))
    b = runtime.memory.empty(n, U16)
    call(runtime, "launch_scale_bfloat16", POINTER(a), POINTER(b), FLOAT(0.3), INT64(n))
    product = (x.view(F32) * F32(0.3)).view(U32)
    nearest = (product + U32(0x7FFF) + (product >> U32(16) & U32(1))) >> U32(16)
    agree(runtime.memory.download(b, n, U16), nearest)


def scale_beyond_32_bits(runtime):
    """The last elements of 2^33, in the few blocks that touch them; as many bytes are reserved,
    and those of them exist that are touched."""
    n = 2**33
    a, b = runtime.memory.reserve(4 * n + 16), runtime.memory.reserve(4 * n + 16, False)
    x = np.arange(64, dtype=F32)
    runtime.memory.bytes_at(a + 4 + 4 * (n - 64), 256)[:] = x.view(np.uint8)
    runtime.choose_blocks = lambda name, grid: [grid[0] - 1]
    call(runtime, "launch_scale", POINTER(a + 4), POINTER(b + 4), FLOAT(2), INT64(n))
    runtime.choose_blocks = None
    agree(runtime.memory.download(b + 4 + 4 * (n - 64), 64, F32), 2 * x)


def softmax(runtime, rows, columns):
    x = (np.random.default_rng(rows).standard_normal((rows, columns)) * 4).astype(F32)
    a, b = runtime.memory.upload(x), runtime.memory.empty(x.size, F32)
    call(runtime, "launch_softmax", POINTER(a), POINTER(b), rows, columns)
    powers = np.exp(x.astype(float) - x.max(1, keepdims=True))
    want = powers / powers.sum(1, keepdims=True)
    got = runtime.memory.download(b, x.size, F32).reshape(x.shape)
    if not np.allclose(got, want, rtol=3e-6, atol=0):
        raise WrongNumbers


def all_scales(runtime):
    for n in (1, 3, 4, 255, 256, 1003, 5003):
        scale(runtime, n)
    scale(runtime, 1003, offset=4)
    scale_bfloat16(runtime)
    scale_beyond_32_bits(runtime)


def all_softmaxes(runtime):
    for rows, columns in ((3, 1), (2, 33), (3, 1000)):
        softmax(runtime, rows, columns)


@pytest.fixture(scope="module", params=ARCHITECTURES)
def runtime(request):
    compiled = compile_launchers([KERNELS / "scale.cu", KERNELS / "softmax.cu"])
    return Runtime(compiled, request.param)


def test_the_kernels_without_bugs(runtime):
    all_scales(runtime)
    all_softmaxes(runtime)


def test_launches_are_recorded(runtime):
    runtime.launches.clear()
    scale(runtime, 1003)
    scale(runtime, 1003, offset=4)
    softmax(runtime, 3, 100)
    configurations = [(x.grid, x.block, x.dynamic_shared) for x in runtime.launches]
    assert configurations == [
        ((4, 1, 1), (64, 1, 1), 0),
        ((16, 1, 1), (64, 1, 1), 0),
        ((3, 1, 1), (128, 1, 1), 400),
    ]
    assert "scale_elements" in runtime.launches[1].name


def test_nothing_is_launched_for_nothing(runtime):
    runtime.launches.clear()
    scale(runtime, 0)
    assert runtime.launches == []


def test_shared_memory_that_has_to_be_asked_for(runtime):
    softmax(runtime, 1, 20_000)
    with pytest.raises(LaunchError, match="1"):
        softmax(runtime, 1, 60_000)  # more than a multiprocessor has


BUGS = {
    "dropped tail": (
        SCALE,
        "t < n; t += stride) y[t]",
        "t < vectors * 4; t += stride) y[t]",
        WrongNumbers,
    ),
    "one element too many": (SCALE, "if (i < n) y[i]", "if (i <= n) y[i]", MemoryFault),
    "one vector too many": (SCALE, "vectors = n / 4;", "vectors = (n + 3) / 4;", MemoryFault),
    "tail one too many": (SCALE, "t < n; t += stride", "t <= n; t += stride", MemoryFault),
    "tail starts one late": (SCALE, "vectors * 4 + i; t", "vectors * 4 + i + 1; t", WrongNumbers),
    "wrong stride": (
        SCALE,
        "stride = gridDim.x * std::int64_t{blockDim.x}",
        "stride = blockDim.x",
        Race,
    ),
    "stride too long": (
        SCALE,
        "stride = gridDim.x * std::int64_t{blockDim.x}",
        "stride = 2 * gridDim.x * std::int64_t{blockDim.x}",
        WrongNumbers,
    ),
    "misaligned vectors": (
        SCALE,
        "if (!aligned(x) || !aligned(y)) return",
        "if (n < 0) return",
        MemoryFault,
    ),
    "vectors of 16 bytes aligned to 4": (
        SCALE,
        "% 16 == 0;",
        "% 4 == 0;",
        MemoryFault,
    ),
    "truncating store": (
        SCALE,
        "act::from_opmath<Stored>(a * act::to_opmath(x[i]));",
        "Stored{std::uint16_t(std::uint32_t(__float_as_int(a * act::to_opmath(x[i]))) >> 16)};",
        WrongNumbers,
    ),
    "32-bit overflow of the index": (
        SCALE,
        "int64_t i = blockIdx.x * std::int64_t{blockDim.x} + threadIdx.x;  // element",
        "int64_t i = blockIdx.x * blockDim.x + threadIdx.x;",
        WrongNumbers,
    ),
    "signed overflow of the index": (
        SCALE,
        "int64_t i = blockIdx.x * std::int64_t{blockDim.x} + threadIdx.x;  // element",
        "int64_t i = int(blockIdx.x * blockDim.x * 32u + threadIdx.x * 32u) / 32;",
        (MemoryFault, WrongNumbers),
    ),
    "read of the output before it is written": (
        SCALE,
        "y[t] = a * x[t];",
        "y[t] += a * x[t];",
        MemoryFault,
    ),
    "grid too small": (
        SCALE,
        "unsigned blocks = unsigned((n + block - 1) / block);",
        "unsigned blocks = unsigned(n / block + 1) - (n % 2 == 1);",
        WrongNumbers,
    ),
    "first barrier missing": (SOFTMAX, "__syncthreads();  // partials are there", "", Race),
    "second barrier missing": (SOFTMAX, "__syncthreads();  // the result is there", "", Race),
    "last barrier missing": (SOFTMAX, "__syncthreads();  // all have it", "", Race),
    "barrier in a divergent branch": (
        SOFTMAX,
        "if (warp == 0) {",
        "if (warp == 0) {\n    __syncthreads();",
        Deadlock,
    ),
    "shuffle in a divergent branch": (
        SOFTMAX,
        "if (lane == 0) partial[0] = v;",
        "if (lane == 0) partial[0] = v + __shfl_xor_sync(0xffffffffu, v, 1) * 0;",
        Deadlock,
    ),
    "half of a warp forgotten": (SOFTMAX, "distance = 16;", "distance = 8;", WrongNumbers),
    "shared array too small": (
        SOFTMAX,
        "partial[32]",
        "partial[3]",
        MemoryFault,
    ),
    "partials of absent warps": (
        SOFTMAX,
        "lane < warps ? partial[lane] : neutral",
        "partial[lane]",
        MemoryFault,
    ),
    "row of the block before": (
        SOFTMAX,
        "y + size_t(blockIdx.x)",
        "y + size_t(blockIdx.x / 2)",
        Race,
    ),
    "another block's result": (
        SOFTMAX,
        "to[c] = row[c] / total;",
        "to[c] = row[c] / total + 0 * y[c];",
        (MemoryFault, Race),
    ),
    "dynamic shared memory in elements, not bytes": (
        SOFTMAX,
        "columns * int(sizeof(float))",
        "columns",
        MemoryFault,
    ),
    "one column too many": (
        SOFTMAX,
        "columns; c += blockDim.x) to[c]",
        "columns + 1; c += blockDim.x) to[c]",
        (MemoryFault, Race),
    ),
    "threads of one warp write one place": (
        SOFTMAX,
        "if (lane == 0) partial[warp] = v;",
        "partial[warp] = v;",
        Race,
    ),
}


@pytest.mark.seeded_bug
@pytest.mark.parametrize("bug", BUGS)
def test_bugs_are_seen(bug):
    source, right, wrong, finding = BUGS[bug]
    assert source.count(right) == 1, "the bug is put into one place"
    runtime = Runtime(compile_launchers([source.replace(right, wrong)], ["sm_80"]), "sm_80")
    with pytest.raises(finding):
        (all_scales if source is SCALE else all_softmaxes)(runtime)


def test_a_missing_attribute_for_shared_memory():
    source = SOFTMAX.replace("if (shared > 40 * 1024)", "if (false)")
    runtime = Runtime(compile_launchers([source], ["sm_80"]), "sm_80")
    softmax(runtime, 1, 1000)
    with pytest.raises(LaunchError):
        softmax(runtime, 1, 20_000)


def test_a_launcher_that_waits_does_not_link():
    source = SCALE.replace("  if (n == 0) return cudaSuccess;", "  cudaDeviceSynchronize();")
    with pytest.raises(RuntimeError, match="cudaDeviceSynchronize"):
        compile_launchers([source], ["sm_80"])


def test_findings_name_the_instruction():
    source = SCALE.replace("if (i < n) y[i]", "if (i <= n) y[i]")
    runtime = Runtime(compile_launchers([source], ["sm_80"]), "sm_80")
    with pytest.raises(PtxError, match=r"out-of-bounds 4-byte load.*ld\.global"):
        scale(runtime, 1003, offset=4)
