"""The compiled pointwise launchers, run in the simulator on memory of the CPU."""

import ctypes
from functools import cache

import numpy as np
import torch
from activations import OPS
from ptxsim.compilation import ROOT, compile_launchers
from ptxsim.runtime import Runtime

VALUE, BACKWARD, DOUBLE_BACKWARD = range(3)
INPUT, OUTPUT = range(2)
STORAGE = {torch.float32: 0, torch.float64: 1, torch.bfloat16: 2, torch.float16: 3}
UNITS = (
    *sorted((ROOT / "cuda").glob("pointwise_*.cu")),
    ROOT / "cuda" / "slope_bits.cu",
    ROOT / "tests" / "launchers" / "pointwise.cpp",
)
MAX_DIMS, MAX_OPERANDS = 25, 5


class Operands(ctypes.Structure):
    """Operands in cuda/operands.h."""

    _fields_ = (
        ("count", ctypes.c_int),
        ("data", ctypes.c_void_p * MAX_OPERANDS),
        ("dims", ctypes.c_int),
        ("sizes", ctypes.c_int64 * MAX_DIMS),
        ("strides", (ctypes.c_int64 * MAX_OPERANDS) * MAX_DIMS),
    )


class ParameterValues(ctypes.Structure):
    _fields_ = (("first", ctypes.c_double), ("second", ctypes.c_double))


@cache
def compiled():
    return compile_launchers(UNITS)


@cache
def launchers(architecture):
    return PointwiseLaunchers(Runtime(compiled(), architecture))


def coalesced(shape, strides):
    """Dimensions innermost first, and merged where all operands allow it: as by TensorIterator.
    Each is its size and a list of strides, one for each operand."""
    dims = sorted(
        ((size, step) for size, *step in zip(shape, *strides, strict=True) if size != 1),
        key=lambda dim: dim[1],
    )
    merged = []
    for size, step in dims:
        if merged and step == [merged[-1][0] * inner for inner in merged[-1][1]]:
            merged[-1] = (merged[-1][0] * size, merged[-1][1])
        else:
            merged.append((size, step))
    return merged


def as_they_are(shape, strides):
    """Dimensions innermost first."""
    return [(size, step) for size, *step in zip(shape, *strides, strict=True)][::-1]


def operands_at(shape, places, dimensions=coalesced):
    """`places` has an address and strides in bytes for each operand, the result first."""
    operands = Operands(count=len(places))
    operands.data[: len(places)] = [address for address, _ in places]
    dims = dimensions(shape, [strides for _, strides in places])
    operands.dims = len(dims)
    for d, (size, step) in enumerate(dims):
        operands.sizes[d] = size
        operands.strides[d][: len(step)] = step
    return operands


def span(tensor):
    """Address and bytes of all that a tensor can reach."""
    if tensor.numel() == 0:
        return tensor.data_ptr(), 0
    furthest = sum((n - 1) * s for n, s in zip(tensor.shape, tensor.stride(), strict=True))
    return tensor.data_ptr(), (furthest + 1) * tensor.element_size()


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
        places = [
            (t.data_ptr(), [s * t.element_size() for s in t.stride()]) for t in (result, *inputs)
        ]
        with self.mapped([result], inputs):
            operands = operands_at(result.shape, places)
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
        return _Mapped(self.runtime.memory, results, inputs)


class _Mapped:
    """Tensors as memory of the device, each no further than it reaches."""

    def __init__(self, memory, results, inputs):
        self.memory = memory
        self.spans = {span(t): True for t in results}
        for t in inputs:
            self.spans.setdefault(span(t), False)

    def __enter__(self):
        for (address, size), writable in self.spans.items():
            if size:
                self.memory.map_host(address, size, writable)

    def __exit__(self, *_):
        for address, size in self.spans:
            if size:
                self.memory.free(address)


def numpy_view(memory, address, count, dtype):
    """Elements on the device as a tensor that shares their memory."""
    data = memory.bytes_at(address, count * dtype.itemsize)
    return torch.from_numpy(np.frombuffer(data, np.uint8)).view(dtype)
