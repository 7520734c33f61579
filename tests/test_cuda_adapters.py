"""The CUDA adapters: from torch's op to the launched kernels, in the simulator, on CPU tensors."""

import pytest
import torch
from activations import DTYPES, FORMULAS, same_bits
from ptxsim.compilation import NO_NVCC, ROOT, nvcc

pytestmark = pytest.mark.skipif(nvcc() is None, reason=NO_NVCC)

SHARED = ("checks.cpp", "pointwise_ops.cpp")
STREAM = 0x57  # torch_stand_in/c10/cuda/CUDAStream.h


@pytest.fixture(scope="module")
def device():
    from ptxsim.adapters import Adapters, SimulatedDevice, compile_adapters

    sources = [*sorted((ROOT / "cuda").glob("*.cpp")), *(ROOT / "csrc" / name for name in SHARED)]
    # One unit holds no kernel: it tells with which flags the extension was compiled.
    units = [u for u in sorted((ROOT / "cuda").glob("*.cu")) if u.stem != "build_information"]
    compiled = compile_adapters(sources, units, ["sm_90"])
    return SimulatedDevice(Adapters(compiled, "sm_90"))


def on_both(device, function, *tensors):
    device.adapters.launches.clear()
    device.ops.clear()
    with device:
        on_device = function(*tensors)
    assert device.ops
    assert all(launch.stream == STREAM for launch in device.adapters.launches)
    return on_device, function(*tensors)


def layouts(dtype):
    x = torch.randn(24, 40).to(dtype)
    yield x.flatten()[:601]
    yield x.t()
    yield x[::2, 1::3]
    yield x[:, :1].expand(24, 9)
    yield torch.randn(2, 3, 4, 5).to(dtype).to(memory_format=torch.channels_last)
    yield x.new_tensor(0.5)
    yield x[:0]


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: str(dtype).removeprefix("torch."))
@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_every_op(device, case, dtype):
    for x in layouts(dtype):
        got, want = on_both(device, case.value, x)
        assert same_bits(got, want)
        assert got.stride() == want.stride()
        assert len(device.adapters.launches) == (1 if x.numel() else 0)
        gradient, further = (torch.randn(x.shape).to(dtype) for _ in range(2))
        assert same_bits(*on_both(device, case.backward, gradient, x))
        assert same_bits(*on_both(device, case.double_backward, further, gradient, x))


@pytest.mark.parametrize("case", FORMULAS[:3], ids=str)
def test_in_place_and_out(device, case):
    x = torch.randn(33, 7).t()
    got, want = on_both(device, lambda: case.in_place(x.clone()))
    assert same_bits(got, want)
    got, want = on_both(device, lambda: case.out(x, torch.empty(40, 7).t()[:, :33]))
    assert same_bits(got, want)


@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_under_autograd(device, case):
    def gradients(x):
        x = x.clone().requires_grad_()
        (first,) = torch.autograd.grad(case.value(x).sum(), x, create_graph=True)
        # Where the derivative is constant, no graph leads on from it.
        second = torch.autograd.grad(first.sum(), x, allow_unused=True) if first.grad_fn else ()
        return [first.detach(), *(g for g in second if g is not None)]

    got, want = on_both(device, gradients, torch.randn(257))
    assert len(got) == len(want)
    assert all(same_bits(g, w) for g, w in zip(got, want, strict=True))


def test_errors_come_before_any_launch(device):
    gelu = torch.ops.act.gelu
    device.adapters.launches.clear()
    with device:
        with pytest.raises(RuntimeError, match="Long"):
            gelu(torch.arange(4))
        with pytest.raises(RuntimeError, match="dtype"):
            torch.ops.act.silu_backward(torch.ones(4), torch.ones(4, dtype=torch.float64))
        with pytest.raises(RuntimeError, match="out"):
            gelu(torch.ones(4), out=torch.ones(4, dtype=torch.float64))
    assert device.adapters.launches == []
