"""The CUDA kernels of star_relu, xielu and snake, run in the simulator, against the CPU's: bit for
bit, and the parameters' gradients, whose sums are added in another order, within 2 ulp."""

import ctypes

import pytest
import simulated
import torch
from activations import DTYPES
from parametric import BETA, EPS, OPS, along_channels, parameters
from simulated import STORAGE, Device, Operands, assert_same_bits, guarded, samples

pytestmark = simulated.needs_nvcc
FORWARD = ("parametric.cu", "parametric.cpp")
BACKWARD = ("parametric_backward.cu", "parametric_backward.cpp")


class LearnedParameter(ctypes.Structure):
    _fields_ = (
        ("values", ctypes.c_void_p),
        ("gradient", ctypes.c_void_p),
        ("per_channel", ctypes.c_bool),
    )


class ParametricBackward(ctypes.Structure):
    _fields_ = (
        ("first_channel", Operands),
        ("channel_strides", ctypes.c_int64 * 3),
        ("channels", ctypes.c_int64),
        ("parameters", LearnedParameter * 2),
    )


class Scalars(ctypes.Structure):
    """act::ParameterValues."""

    _fields_ = (("first", ctypes.c_double), ("second", ctypes.c_double))


SCALARS = Scalars(BETA, EPS)
CASES = {
    "images": (simulated.contiguous, simulated.contiguous, (2, 3, 7, 7)),
    "several blocks a channel": (simulated.contiguous, simulated.contiguous, (3, 2, 40, 40)),
    "a matrix": (simulated.contiguous, simulated.contiguous, (33, 7)),
    "channels last": (simulated.channels_last, simulated.channels_last, (2, 5, 3, 6)),
    "gaps": (simulated.with_gaps, simulated.contiguous, (4, 5, 6, 7)),
    "transposed": (simulated.transposed, simulated.contiguous, (4, 5, 6, 7)),
}


def _channels(which, shape):
    return {"one": 1, "per channel": shape[1], "mixed": (1, shape[1])}[which]


def _run_forward(compiled, architecture, name, case, dtype, which):
    make_x, make_other, shape = CASES[case]
    device = Device(compiled, architecture)
    x = samples(make_x(shape, dtype))
    tensors = parameters(name, _channels(which, shape), dtype, "cpu")
    result = guarded(make_other(shape, dtype))
    laid_out = [along_channels(p, x).expand(x.shape) for p in tensors]
    operands = device.operands(result, x, *laid_out)
    device.launch("launch_parametric", list(OPS).index(name), STORAGE[dtype], operands, SCALARS)
    assert_same_bits(result, getattr(torch.ops.act, name)(x, *tensors))


def _run_backward(compiled, architecture, name, case, dtype, which):
    make_x, make_other, shape = CASES[case]
    device = Device(compiled, architecture)
    x = make_x(shape, dtype).normal_().mul_(3)
    grad_output = make_other(shape, dtype).normal_()
    tensors = parameters(name, _channels(which, shape), dtype, "cpu")
    backward = getattr(torch.ops.act, f"{name}_backward")
    expected, *sums_expected = backward(grad_output, x, *tensors)

    result = guarded(make_other(shape, dtype))
    gradients = [guarded(torch.empty_like(p)) for p in tensors]
    operands = result, grad_output, x
    channels = max(p.numel() for p in tensors)
    arguments = ParametricBackward(channels=channels)
    if channels == 1:
        arguments.first_channel = device.operands(*operands)
    else:
        arguments.first_channel = device.operands(*(tensor.select(1, 0) for tensor in operands))
        arguments.channel_strides[:] = [t.stride(1) * t.element_size() for t in operands]
        for tensor in operands:
            device.address(tensor)
    for k, (parameter, gradient) in enumerate(zip(tensors, gradients, strict=True)):
        addresses = device.address(parameter), device.address(gradient)
        arguments.parameters[k] = LearnedParameter(*addresses, parameter.numel() > 1)
    count = device.runtime.library.count_sums
    count.restype = ctypes.c_int64
    sums = torch.full((count(ctypes.byref(arguments)),), torch.nan).double()
    device.launch(
        "launch_parametric_backward",
        list(OPS).index(name),
        STORAGE[dtype],
        arguments,
        SCALARS,
        ctypes.c_void_p(device.address(sums)),
    )
    assert_same_bits(result, expected)
    for gradient, want in zip(gradients, sums_expected, strict=True):
        _check_sums(gradient, want, grad_output, x)


def _check_sums(gradient, expected, grad_output, x):
    """2 ulp, or what the double of the sum rounds to where terms cancel: of derivatives below
    1 + x², in this test."""
    terms = (grad_output.double() * (1 + x.double() ** 2) * 7).abs()
    terms = terms.transpose(0, 1).flatten(1).sum(1) if gradient.numel() > 1 else terms.sum()
    ulp = torch.finfo(gradient.dtype).eps * expected.double().abs()
    allowed = 2 * torch.maximum(ulp, torch.finfo(torch.float64).eps * terms.view_as(expected))
    assert ((gradient.double() - expected.double()).abs() <= allowed).all(), (gradient, expected)


@pytest.fixture(scope="module")
def forward():
    return simulated.launchers(*FORWARD)


@pytest.fixture(scope="module")
def backward():
    return simulated.launchers(*BACKWARD)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", ["images", "channels last", "gaps"])
@pytest.mark.parametrize("name", OPS)
def test_forward(forward, name, case, dtype):
    _run_forward(forward, "sm_80", name, case, dtype, "mixed")


@pytest.mark.parametrize("which", ["one", "per channel", "mixed"])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", OPS)
def test_backward(backward, name, case, which):
    _run_backward(backward, "sm_80", name, case, torch.float32, which)


@pytest.mark.parametrize("dtype", [d for d in DTYPES if d != torch.float32], ids=str)
@pytest.mark.parametrize("name", OPS)
def test_backward_of_every_dtype(backward, name, dtype):
    _run_backward(backward, "sm_80", name, "gaps", dtype, "mixed")


BUGS = {
    "sums of both parameters in one place": (
        "parametric_backward.cu",
        "if (k > 0) __syncthreads();",
        "",
    ),
    "the first channel's parameter for all": (
        "parametric_backward.cu",
        "data.per_channel[k] ? channel : 0",
        "data.per_channel[k] ? 0 : 0",
    ),
    "sums in float": (
        "parametric_backward.cu",
        "double sum[tensors] = {};",
        "T sum[tensors] = {};",
    ),
    "the channel stride of another tensor": (
        "parametric_backward.cu",
        "data.grad_output + channel * of.channel_strides[1]",
        "data.grad_output + channel * of.channel_strides[2]",
    ),
    "the end of a part dropped": (
        "parametric_backward.cu",
        "std::uint64_t{of.size} * (part + 1) / of.parts",
        "std::uint64_t{of.size} / of.parts * (part + 1)",
    ),
}


@pytest.mark.seeded_bug
@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_is_seen(bug):
    compiled = simulated.launchers_with_bug(BACKWARD, *BUGS[bug])
    with pytest.raises(simulated.SEEN):  # noqa: PT012
        for case in CASES:
            _run_backward(compiled, "sm_80", "snake", case, torch.float32, "mixed")
            _run_backward(compiled, "sm_80", "xielu", case, torch.float32, "one")
