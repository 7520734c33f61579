"""torch.autocast: ours computes in the dtype in which torch's function computes."""

import pytest
import torch
import torch_act.functional as F
from activations import CASES, DTYPES, FORMULAS
from devices import skip_stand_in
from torch._subclasses.fake_tensor import FakeTensorMode

WITH_DIM = ("softmax", "log_softmax", "softmin")


def _dtype_or_error(function, *arguments):
    try:
        return function(*arguments).dtype
    except RuntimeError:
        return RuntimeError


def _type(device):
    skip_stand_in(device, "torch has lists of ops for autocast on the CPU and on CUDA")
    return torch.device(device).type


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("lower", [torch.bfloat16, torch.float16], ids=str)
def test_as_torch(dtype, lower, device):
    x = torch.randn(4, 6, dtype=torch.float64, device=device).to(dtype)
    weight = torch.tensor([0.25], device=device)
    with torch.autocast(_type(device), dtype=lower):
        for case in CASES:
            # A function that torch lacks is several ops of its, each with a policy of its own.
            expected = case.torch_value(x).dtype if case.in_torch else dtype
            assert case.value(x).dtype == expected
        for name in WITH_DIM:
            ours, theirs = getattr(F, name), getattr(torch.nn.functional, name)
            for asked in (None, torch.float32, torch.float64):
                assert ours(x, 1, dtype=asked).dtype == theirs(x, 1, dtype=asked).dtype
        assert F.glu(x).dtype == torch.nn.functional.glu(x).dtype
        assert F.rrelu(x, training=True).dtype == dtype
        ours = _dtype_or_error(F.prelu, x, weight)
        assert ours == _dtype_or_error(torch.nn.functional.prelu, x, weight)
    assert ours == (RuntimeError if dtype == torch.float64 else lower)


@pytest.fixture
def cuda_autocast():
    """autocast of fake CUDA tensors: nothing is computed, but every dtype is decided."""
    before = torch.is_autocast_enabled("cuda"), torch.get_autocast_dtype("cuda")
    torch.set_autocast_enabled("cuda", True)
    torch.set_autocast_dtype("cuda", torch.float16)
    yield
    torch.set_autocast_enabled("cuda", before[0])
    torch.set_autocast_dtype("cuda", before[1])


@pytest.mark.usefixtures("cuda_autocast")
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_fake_cuda(dtype):
    with FakeTensorMode():
        x = torch.empty(4, 6, dtype=dtype, device="cuda")
        weight = torch.empty(1, device="cuda")
        for case in FORMULAS:
            # What torch has not keeps its dtype; of what is composed instead a part may not.
            expected = case.torch_value(x).dtype if case.in_torch else dtype
            assert case.value(x).dtype == expected, case
        for name in WITH_DIM:
            ours, theirs = getattr(F, name), getattr(torch.nn.functional, name)
            assert ours(x, 1).dtype == theirs(x, 1).dtype
            assert ours(x, 1, dtype=torch.float64).dtype == torch.float64
        ours = _dtype_or_error(F.prelu, x, weight)
        assert ours == _dtype_or_error(torch.nn.functional.prelu, x, weight)


def test_gradients_arrive_in_the_dtype_of_the_parameters(device):
    x = torch.randn(4, 6, device=device, requires_grad=True)
    weight = torch.tensor([0.25], device=device, requires_grad=True)
    with torch.autocast(_type(device), dtype=torch.bfloat16):
        F.prelu(x, weight).sum().backward()
    assert x.grad.dtype == weight.grad.dtype == torch.float32
    expected = x.detach().to(torch.bfloat16).clamp_max(0).sum(dtype=torch.float32)
    assert torch.allclose(weight.grad, expected, rtol=1e-2)
