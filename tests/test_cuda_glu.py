"""glu's CUDA kernels, run in the simulator, against the CPU's: bit for bit."""

import pytest
import simulated
import torch
from activations import DTYPES
from ptxsim.compilation import ARCHITECTURES
from simulated import STORAGE, Device, assert_same_bits, guarded, samples

pytestmark = simulated.needs_nvcc
UNITS = ("glu.cu", "glu.cpp")

# (make, shape, dim, whether whole vectors are loaded): rows of both halves with and without gaps.
CASES = {
    "rows of vectors": (simulated.contiguous, (5, 48), -1, True),
    "one row": (simulated.contiguous, (2, 320), 0, True),
    "odd rows": (simulated.contiguous, (7, 22), -1, False),
    "misaligned": (simulated.misaligned, (5, 48), -1, False),
    "rows apart": (simulated.rows_apart, (5, 48), -1, False),
    "padded rows": (simulated.padded, (2, 6, 4, 11), 1, False),
    "channels": (simulated.contiguous, (2, 6, 4, 16), 1, True),
    "channels last": (simulated.channels_last, (2, 48, 3, 5), 1, True),
    "gaps": (simulated.with_gaps, (5, 48), -1, False),
    "transposed": (simulated.transposed, (10, 9, 8), 0, False),
    "one element": (simulated.contiguous, (2,), 0, False),
}


def _halves(x, dim):
    """Gate and other factor."""
    a, b = x.chunk(2, dim)
    return b, a


def _run(compiled, architecture, make, shape, dim, dtype, backward):
    """The elements that a thread of the launch took at once."""
    device = Device(compiled, architecture)
    x = samples(make(shape, dtype))
    gate, other = _halves(x, dim)
    if backward:
        grad_output = samples(make(gate.shape, dtype), seed=1)
        result = guarded(make(shape, dtype))
        operands = device.operands(*_halves(result, dim), grad_output, gate, other)
        device.launch("launch_glu_backward", STORAGE[dtype], operands)
        expected = torch.ops.act.glu_backward(grad_output, x, dim)
    else:
        result = guarded(make(gate.shape, dtype))
        device.launch("launch_glu", STORAGE[dtype], device.operands(result, gate, other))
        expected = torch.ops.act.glu(x, dim)
    assert_same_bits(result, expected)
    (width,) = {simulated.width_of(launch) for launch in device.runtime.launches}
    return width


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize("case", CASES)
def test_same_bits_as_the_cpu(case, backward, dtype, architecture):
    make, shape, dim, vectors = CASES[case]
    width = _run(simulated.launchers(*UNITS), architecture, make, shape, dim, dtype, backward)
    assert width == (16 // dtype.itemsize if vectors else 1)


def _run_beyond_32_bits(compiled, architecture):
    """The last elements of halves of more than 2³¹ elements."""
    device = Device(compiled, architecture)
    dtype, count, last = torch.bfloat16, 2**31 + 128, 64
    x, result = device.reserve(2 * count, dtype), device.reserve(count, dtype)
    a, b = samples(torch.empty(2, last, dtype=dtype))
    device.part(x, count - last, last, dtype).copy_(a)
    device.part(x, 2 * count - last, last, dtype).copy_(b)
    size = dtype.itemsize
    operands = simulated.operands_of([result, x + count * size, x], (count,), [[size]] * 3)
    device.runtime.choose_blocks = simulated.last_blocks
    device.launch("launch_glu", STORAGE[dtype], operands)
    assert_same_bits(
        device.part(result, count - last, last, dtype).clone(),
        torch.ops.act.glu(torch.cat([a, b]), -1),
    )


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_places_beyond_32_bits(architecture):
    _run_beyond_32_bits(simulated.launchers(*UNITS), architecture)


BUGS = {
    "one thread too many": ("gated.cuh", "if (index >= size) return;", "if (index > size) return;"),
    "a dropped tail": ("gated.cuh", "(size + threads_per_block - 1) / thr", "size / thr"),
    "the stride of single elements": (
        "pack.cuh",
        "o.strides[0][k] = vector_bytes;",
        "o.strides[0][k] = sizeof(Stored);",
    ),
    "vectors from any address": ("pack.cuh", " || !begins_pack(o.data[k])", ""),
    "vectors over the end of a row": ("pack.cuh", "o.sizes[0] % lanes<Stored> != 0", "false"),
    "vectors of rows that don't begin with one": (
        "pack.cuh",
        "if (o.strides[d][k] % vector_bytes != 0) return false;",
        "",
    ),
    "a truncating store": (
        "gated.cuh",
        "from_opmath<Stored>(y[k]);",
        "from_opmath<Stored>(elementary::from_bits(elementary::to_bits(y[k]) & ~0xffff));",
    ),
    "halves exchanged": ("glu.cu", "gradient.by_a;", "gradient.by_b;"),
    "the results of a lane too early": (
        "gated.cuh",
        "out[k].element[i] = from",
        "out[k].element[i / 2 * 2] = from",
    ),
    "32-bit overflow": (
        "gated.cuh",
        "return launch_in_32_bits(whole, [&](const Operands& o) {",
        "return [](auto o, auto go) { return go(o); }(whole, [&](const Operands& o) {",
    ),
}


@pytest.mark.seeded_bug
@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_is_seen(bug):
    compiled = simulated.launchers_with_bug(UNITS, *BUGS[bug])
    with pytest.raises(simulated.SEEN):  # noqa: PT012
        for make, shape, dim, _ in CASES.values():
            for backward in (False, True):
                _run(compiled, "sm_80", make, shape, dim, torch.bfloat16, backward)
        _run_beyond_32_bits(compiled, "sm_80")
