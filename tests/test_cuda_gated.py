"""The CUDA kernels of gated activations, run in the simulator, against the CPU's: bit for bit.

What every gate has in common is proven with glu's, in test_cuda_glu.py; here it is each formula.
"""

import pytest
import simulated
import torch
from activations import DTYPES, FORMULAS
from fused import activation_of
from pointwise_launchers import BACKWARD, VALUE, ParameterValues
from ptxsim.compilation import ARCHITECTURES
from simulated import STORAGE, Device, assert_same_bits, guarded, samples

pytestmark = simulated.needs_nvcc
UNITS = (
    *("gated_float32.cu", "gated_float64.cu", "gated_bfloat16.cu", "gated_float16.cu"),
    *("gated_dtypes.cu", "glu.cu", "gated.cpp"),
)
# Whole vectors, and single elements.
SHAPES = ((2, 32), (3, 6))
act = torch.ops.act


def _halves(x, layout):
    """Gate and other factor."""
    if layout == "interleaved":
        return x[:, ::2], x[:, 1::2]
    a, b = x.chunk(2, 1)
    return (a, b) if layout == "first" else (b, a)


def _launch(device, case, order, dtype, operands):
    parameters = ParameterValues(*activation_of(case)["parameters"])
    device.launch("launch_gated", FORMULAS.index(case), order, STORAGE[dtype], operands, parameters)


ON_EACH = [case for case in FORMULAS if case.name == "silu"]
ALL = [
    *((case, ARCHITECTURES[0]) for case in FORMULAS),
    *((case, architecture) for case in ON_EACH for architecture in ARCHITECTURES[1:]),
]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize(("case", "architecture"), ALL, ids=str)
def test_same_bits_as_the_cpu(case, architecture, dtype):
    device = Device(simulated.launchers(*UNITS), architecture)
    keywords = activation_of(case)
    for shape, layout in zip(SHAPES, ("first", "interleaved"), strict=True):
        x = samples(simulated.contiguous(shape, dtype))
        gate, other = _halves(x, layout)
        result = guarded(simulated.contiguous(gate.shape, dtype))
        _launch(device, case, VALUE, dtype, device.operands(result, gate, other))
        assert_same_bits(result, act.gated(x, layout=layout, **keywords))

        grad_output = samples(simulated.contiguous(gate.shape, dtype), seed=1)
        gradient = guarded(simulated.contiguous(shape, dtype))
        operands = device.operands(*_halves(gradient, layout), grad_output, gate, other)
        _launch(device, case, BACKWARD, dtype, operands)
        assert_same_bits(gradient, act.gated_backward(grad_output, x, layout=layout, **keywords))
    widths = {simulated.width_of(launch) for launch in device.runtime.launches}
    assert widths == {16 // dtype.itemsize, 1}
