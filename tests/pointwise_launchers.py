"""The compiled pointwise launchers, run in the simulator on memory of the CPU."""

import ctypes
from functools import cache

from activations import OPS
from ptxsim.compilation import ROOT, compile_launchers
from ptxsim.runtime import Runtime
from simulated import STORAGE, Mapped, operands_of

VALUE, BACKWARD, DOUBLE_BACKWARD = range(3)
INPUT, OUTPUT = range(2)
UNITS = (
    *sorted((ROOT / "cuda").glob("pointwise_*.cu")),
    ROOT / "cuda" / "slope_bits.cu",
    ROOT / "tests" / "launchers" / "pointwise.cpp",
)


class ParameterValues(ctypes.Structure):
    _fields_ = (("first", ctypes.c_double), ("second", ctypes.c_double))


@cache
def compiled():
    return compile_launchers(UNITS)


@cache
def launchers(architecture):
    return PointwiseLaunchers(Runtime(compiled(), architecture))


class PointwiseLaunchers:
    def __init__(self, runtime):
        self.runtime = runtime

    def formula(self, case):
        variant = None if case.variant is None else case.variant.encode()
        index = self.runtime.library.formula_index(case.name.encode(), variant)
        assert index >= 0, case
        return index

    def parameters(self, case):
        declared = next(op["parameters"] for op in OPS if op["name"] == case.name)
        numbers = [case.keywords.get(p["name"], p["default"]) for p in declared]
        return ParameterValues(*numbers)

    def at(self, case, order, saved, dtype, operands):
        """Calls the launcher; returns its cudaError_t."""
        return self.runtime.call(
            self.runtime.library.pointwise,
            self.formula(case),
            order,
            saved,
            STORAGE[dtype],
            ctypes.byref(operands),
            ctypes.byref(self.parameters(case)),
            None,
        )

    def on(self, case, order, saved, result, *inputs):
        """The same on tensors; writes into `result`, and nothing else is writable."""
        tensors = (result, *inputs)
        strides = [[s * t.element_size() for s in t.stride()] for t in tensors]
        operands = operands_of([t.data_ptr() for t in tensors], result.shape, strides)
        with self.mapped([result], inputs):
            return self.at(case, order, saved, result.dtype, operands)

    def slope_bits(self, case, x, bits, rows):
        with self.mapped([bits], [x]):
            return self.runtime.call(
                self.runtime.library.slope_bits,
                self.formula(case),
                STORAGE[x.dtype],
                ctypes.c_void_p(x.data_ptr()),
                ctypes.c_void_p(bits.data_ptr()),
                ctypes.c_int64(rows),
                ctypes.c_int64(x.numel() // max(rows, 1)),
                ctypes.byref(self.parameters(case)),
                None,
            )

    def backward_from_bits(self, case, grad_input, grad_output, bits, rows):
        with self.mapped([grad_input], [grad_output, bits]):
            return self.runtime.call(
                self.runtime.library.backward_from_bits,
                self.formula(case),
                STORAGE[grad_output.dtype],
                ctypes.c_void_p(grad_input.data_ptr()),
                ctypes.c_void_p(grad_output.data_ptr()),
                ctypes.c_void_p(bits.data_ptr()),
                ctypes.c_int64(rows),
                ctypes.c_int64(grad_output.numel() // max(rows, 1)),
                ctypes.byref(self.parameters(case)),
                None,
            )

    def mapped(self, results, inputs):
        return Mapped(self.runtime.memory, results, inputs)
