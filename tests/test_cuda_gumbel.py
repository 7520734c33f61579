"""The noise of gumbel_softmax by its CUDA kernel, in the simulator: the CPU's, bit for bit."""

import ctypes

import pytest
import simulated
import torch
import torch_act  # noqa: F401  registers the CPU ops
from ptxsim.compilation import ARCHITECTURES
from simulated import STORAGE, Device, assert_same_bits, guarded

pytestmark = simulated.needs_nvcc
UNITS = ("gumbel.cu", "gumbel.cpp")


class AddGumbel(ctypes.Structure):
    """cuda/gumbel.h."""

    _fields_ = (
        ("out", ctypes.c_void_p),
        ("x", ctypes.c_void_p),
        ("size", ctypes.c_int64),
        ("states", ctypes.c_void_p),
        ("elements_per_state", ctypes.c_int64),
    )


def run(compiled, architecture, make, shape, dtype, batch_dims):
    device = Device(compiled, architecture)
    x = simulated.samples(make(shape, dtype))
    generator = torch.Generator().manual_seed(1)
    batch = shape[:batch_dims]
    states = torch.randint(-(2**63), 2**63 - 1, (*batch, 2), generator=generator)
    out = guarded(make(shape, dtype))
    each = x.numel() // max(states.numel() // 2, 1)
    addresses = (device.address(t) for t in (out, x, states))
    at_out, at_x, at_states = addresses
    device.launch(
        "launch_add_gumbel", STORAGE[dtype], AddGumbel(at_out, at_x, x.numel(), at_states, each)
    )
    assert_same_bits(out, torch.ops.act.add_gumbel(x, states))


CASES = {
    "packs": (simulated.contiguous, (3, 5, 64), 0),
    "a tail": (simulated.contiguous, (3, 5, 67), 0),
    "misaligned": (simulated.misaligned, (3, 5, 64), 0),
    "states of whole groups": (simulated.contiguous, (3, 2, 40), 1),
    "states of odd size": (simulated.contiguous, (5, 4, 9), 2),
    "one element": (simulated.contiguous, (1,), 0),
}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("case", CASES)
def test_same_noise_as_on_the_cpu(case, dtype, architecture):
    make, shape, batch_dims = CASES[case]
    run(simulated.launchers(*UNITS), architecture, make, shape, dtype, batch_dims)


BUGS = {
    "another group": ("static_cast<std::uint64_t>(group)", "static_cast<std::uint64_t>(group + 1)"),
    "another word": ("words.word[i + k]", "words.word[i]"),
    "beyond a sample's end": ("if (i < rest)", "if (i <= rest)"),
    "packs at any address": ("begins_pack(data.x) && begins_pack(data.out)", "true"),
}


@pytest.mark.seeded_bug
@pytest.mark.parametrize("bug", BUGS)
def test_seeded_bugs_are_seen(bug):
    compiled = simulated.launchers_with_bug(UNITS, "gumbel.cu", *BUGS[bug])
    with pytest.raises(simulated.SEEN):
        every_case(compiled)


def every_case(compiled):
    for make, shape, batch_dims in CASES.values():
        run(compiled, "sm_80", make, shape, torch.float32, batch_dims)
