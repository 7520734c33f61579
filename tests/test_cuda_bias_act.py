"""The CUDA kernels of bias and activation, run in the simulator, against the CPU's: bit for bit,
and the bias's gradient, whose sums are added in another order, within 2 ulp.

The walk over channels is proven with prelu's, in test_cuda_prelu.py; here it is each formula.
"""

import ctypes

import pytest
import simulated
import torch
from activations import DTYPES, FORMULAS
from fused import activation_of
from pointwise_launchers import INPUT, OUTPUT, ParameterValues
from ptxsim.compilation import ARCHITECTURES
from simulated import STORAGE, Device, assert_same_bits, guarded, samples
from test_cuda_prelu import DensePrelu, DensePreluBackward, StridedPreluBackward, Weights

pytestmark = simulated.needs_nvcc
UNITS = (
    *("bias_act_float32.cu", "bias_act_float64.cu", "bias_act_bfloat16.cu", "bias_act_float16.cu"),
    *("bias_act_dtypes.cu", "prelu_backward.cu", "bias_act.cpp"),
)
act = torch.ops.act

# (layout, shape, dim): columns of vectors and of single elements, rows, and gaps.
CASES = {
    "a matrix": (simulated.contiguous, (6, 16), 1),
    "an odd matrix": (simulated.contiguous, (5, 7), 1),
    "images": (simulated.contiguous, (2, 3, 64), 1),
    "gaps": (simulated.with_gaps, (3, 4, 5), 2),
}


class Formula(ctypes.Structure):
    """cuda/bias_act.h."""

    _fields_ = (("index", ctypes.c_int), ("values", ParameterValues), ("saved", ctypes.c_int))


class _Run:
    """One case of one formula: the launches, and what they must give."""

    def __init__(self, device, case, layout, dtype):
        make, shape, self.dim = layout
        self.device, self.case, self.dtype = device, case, dtype
        self.keywords = {"dim": self.dim, **activation_of(case)}
        self.x = samples(make(shape, dtype))
        self.bias = torch.linspace(-1, 1.5, shape[self.dim], dtype=dtype)
        self.dense = make is simulated.contiguous

    def _launch(self, name, saved, arguments, *further):
        parameters = ParameterValues(*activation_of(self.case)["parameters"])
        formula = Formula(FORMULAS.index(self.case), parameters, saved)
        kind = "_dense" if self.dense else ""
        storage = STORAGE[self.dtype]
        self.device.launch(f"launch_{name}{kind}", formula, storage, arguments, *further)

    def _layout(self):
        return self.x.shape[self.dim], self.x.stride(self.dim)

    def value(self):
        result = guarded(torch.empty_like(self.x))
        if self.dense:
            addresses = map(self.device.address, (result, self.x, self.bias))
            arguments = DensePrelu(*addresses, self.x.numel(), *self._layout())
        else:
            sizes = [1] * self.x.dim()
            sizes[self.dim] = -1
            biases = self.bias.view(sizes).expand(self.x.shape)
            arguments = self.device.operands(result, self.x, biases)
        self._launch("bias_act", INPUT, arguments)
        assert_same_bits(result, act.bias_act(self.x, self.bias, **self.keywords))

    def backward(self, saved):
        generator = torch.Generator().manual_seed(2)
        x = torch.randn(self.x.shape, generator=generator).to(self.dtype)
        x = self.x.copy_(x)
        if saved == OUTPUT:
            x.copy_(act.bias_act(x.clone(), self.bias, **self.keywords))
        g = torch.empty_like(x).copy_(torch.randn(x.shape, generator=generator))
        result, of_bias = guarded(torch.empty_like(x)), guarded(torch.empty_like(self.bias))
        values = Weights(*map(self.device.address, (self.bias, of_bias)), len(self.bias))
        tensors = (result, g, x)
        if self.dense:
            addresses = map(self.device.address, tensors)
            arguments = DensePreluBackward(*addresses, values, x.numel(), *self._layout())
        else:
            strides = [t.stride(self.dim) * t.element_size() for t in tensors]
            operands = self.device.operands(*(t.select(self.dim, 0) for t in tensors))
            arguments = StridedPreluBackward(operands, (ctypes.c_int64 * 3)(*strides), values)
        kind = "_dense" if self.dense else ""
        count = getattr(self.device.runtime.library, f"count_bias_sums{kind}")
        count.restype = ctypes.c_int64
        size = count(STORAGE[self.dtype], ctypes.byref(arguments))
        sums = torch.full((size,), torch.nan).double()
        pointer = ctypes.c_void_p(self.device.address(sums))
        self._launch("bias_act_backward", saved, arguments, pointer)
        expected, expected_of_bias = act.bias_act_backward(
            g, x, self.bias, **self.keywords, is_result=saved == OUTPUT
        )
        assert_same_bits(result, expected)
        self._check(of_bias, expected_of_bias, g)

    def _check(self, found, expected, grad_output):
        """Within 2 ulp, or of what cancels."""
        others = [d for d in range(grad_output.dim()) if d != self.dim]
        terms = 2 * grad_output.double().abs().sum(others)
        error = (found.double() - expected.double()).abs()
        ulp = torch.finfo(self.dtype).eps * expected.double().abs()
        assert (error <= 2 * ulp + 1e-14 * terms).all(), (found, expected)


FROM_OUTPUT = ("relu", "sigmoid", "tanh", "hardsigmoid", "relu6")


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_same_bits_as_the_cpu(case, dtype):
    """Every formula in every dtype, the layouts in turn."""
    layouts = list(CASES.values())
    turn = FORMULAS.index(case) + DTYPES.index(dtype)
    layout = layouts[turn % len(layouts)]
    run = _Run(Device(simulated.launchers(*UNITS), "sm_80"), case, layout, dtype)
    run.value()
    run.backward(INPUT)
    if case.name in FROM_OUTPUT:
        run.backward(OUTPUT)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("layout", CASES)
def test_every_layout(layout, dtype, architecture):
    for name in ("silu", "relu"):
        case = next(case for case in FORMULAS if case.name == name)
        device = Device(simulated.launchers(*UNITS), architecture)
        run = _Run(device, case, CASES[layout], dtype)
        run.value()
        run.backward(OUTPUT if name in FROM_OUTPUT else INPUT)
