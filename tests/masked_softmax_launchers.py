"""The compiled launchers of the masked softmax, run in the simulator on memory of the CPU."""

import ctypes
from functools import cache

import torch
from ptxsim.compilation import ROOT, compile_launchers
from ptxsim.runtime import Runtime
from simulated import Mapped
from softmax_launchers import layout

UNITS = (
    ROOT / "cuda" / "masked_softmax_forward.cu",
    ROOT / "cuda" / "masked_softmax_backward.cu",
    ROOT / "tests" / "launchers" / "masked_softmax.cpp",
)


class Logits(ctypes.Structure):
    """Logits in csrc/act/softmax_elements.h."""

    _fields_ = (
        ("temperature", ctypes.c_double),
        ("negate", ctypes.c_bool),
        ("has_mask", ctypes.c_bool),
        ("empty_is_nan", ctypes.c_bool),
    )


@cache
def launchers(architecture):
    return MaskedSoftmaxLaunchers(Runtime(compile_launchers(UNITS, (architecture,)), architecture))


class MaskedSoftmaxLaunchers:
    def __init__(self, runtime):
        self.runtime = runtime

    def _call(self, function, member, rows, *logits):
        launcher = getattr(self.runtime.library, function)
        logits = Logits(logits[0], member == "softmin", *logits[1:])
        is_logarithm = int(member == "log_softmax")
        passed = ctypes.byref(rows), is_logarithm, ctypes.byref(logits), None
        assert self.runtime.call(launcher, *passed) == 0

    def forward(self, member, x, dim, mask, temperature=1.0, empty="zero"):
        result = torch.empty(x.shape, dtype=x.dtype)
        # Without a mask the place is another tensor's: nothing may be read there.
        third = result if mask is None else mask.expand(x.shape)
        with Mapped(self.runtime.memory, [result], [x] if mask is None else [x, third]):
            rows = layout([result, x, third], dim)
            kinds = temperature, mask is not None, empty == "nan"
            self._call("masked_softmax", member, rows, *kinds)
        return result

    def backward(self, member, grad_output, output, dim, temperature=1.0):
        grad_input = torch.empty(output.shape, dtype=output.dtype)
        with Mapped(self.runtime.memory, [grad_input], [grad_output, output]):
            rows = layout([grad_input, grad_output, output], dim)
            self._call("masked_softmax_backward", member, rows, temperature, False, False)
        return grad_input
