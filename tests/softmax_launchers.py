"""The compiled softmax launchers, run in the simulator on memory of the CPU."""

import ctypes
import hashlib
from functools import cache

from ptxsim.compilation import CACHE, ROOT, compile_launchers
from ptxsim.runtime import Runtime
from simulated import STORAGE, Mapped

MEMBERS = ("softmax", "log_softmax", "softmin")
UNITS = (
    ROOT / "cuda" / "softmax_forward.cu",
    ROOT / "cuda" / "softmax_backward.cu",
    ROOT / "tests" / "launchers" / "softmax.cpp",
)


class _Operand(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.c_void_p),
        ("storage", ctypes.c_int),
        ("step", ctypes.c_int64),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
    )


class Rows(ctypes.Structure):
    """Rows in csrc/act/rows.h."""

    _fields_ = (
        ("size", ctypes.c_int64),
        ("dims", ctypes.c_int),
        ("sizes", ctypes.POINTER(ctypes.c_int64)),
        ("operands", _Operand * 3),
    )


def rows_of(size, dims, operands):
    """`dims`: (size, a stride in bytes for each operand); `operands`: (address, dtype, step)."""
    rows = Rows(size=size, dims=len(dims))
    rows.sizes = (ctypes.c_int64 * max(len(dims), 1))(*(n for n, _ in dims))
    for k, (address, dtype, step) in enumerate(operands):
        strides = (ctypes.c_int64 * max(len(dims), 1))(*(s[k] for _, s in dims))
        rows.operands[k] = _Operand(address, STORAGE.get(dtype, 0), step, strides)  # 0: a mask's
    return rows


def layout(tensors, dim):
    """As RowLayout in csrc/row_layout.h."""
    others = [d for d in reversed(range(tensors[0].dim())) if d != dim and tensors[0].shape[d] != 1]
    strides = {d: [t.stride(d) * t.element_size() for t in tensors] for d in others}
    dims = []
    for d in sorted(others, key=lambda d: sum(map(abs, strides[d]))):
        if dims and strides[d] == [dims[-1][0] * s for s in dims[-1][1]]:
            dims[-1] = (dims[-1][0] * tensors[0].shape[d], dims[-1][1])
        else:
            dims.append((tensors[0].shape[d], strides[d]))
    size = tensors[0].shape[dim] if tensors[0].dim() else 1
    steps = [t.stride(dim) if t.dim() and size != 1 else 1 for t in tensors]
    operands = [
        (t.data_ptr(), t.dtype, step * t.element_size())
        for t, step in zip(tensors, steps, strict=True)
    ]
    return rows_of(size, dims, operands)


@cache
def launchers(architecture):
    return SoftmaxLaunchers(Runtime(compile_launchers(UNITS, (architecture,)), architecture))


# In a mutant dispatch_pair knows float32 alone: few kernels, which compile in seconds.
ONLY_FLOAT32 = """
  if (half != Storage::float32 || other != half) return cudaErrorInvalidValue;
  return run.template operator()<float, float>();
}
"""
END = "\n}\n"


def mutant(name, old, new):
    """The launchers with a piece of text of a file in cuda/ replaced wherever it stands."""
    texts = {path.name: path.read_text() for path in sorted((ROOT / "cuda").iterdir())}
    assert old in texts[name], f"{name} no longer has {old!r}"
    texts[name] = texts[name].replace(old, new)
    body, end = texts["row_launch.cuh"].split("Run run) {", 1)
    texts["row_launch.cuh"] = f"{body}Run run) {{{ONLY_FLOAT32}{end.split(END, 1)[1]}"
    digest = hashlib.sha256("".join(texts.values()).encode()).hexdigest()[:24]
    folder = CACHE / "mutants" / digest
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        (folder / file).write_text(text)
    units = [folder / unit.name if unit.suffix == ".cu" else unit for unit in UNITS]
    compiled = compile_launchers(units, ("sm_80",), (ROOT / "csrc", folder))
    return SoftmaxLaunchers(Runtime(compiled, "sm_80"))


class SoftmaxLaunchers:
    def __init__(self, runtime):
        self.runtime = runtime

    def at(self, function, member, rows):
        """Calls a launcher; returns its cudaError_t."""
        logarithm, negate = member == "log_softmax", member == "softmin"
        launcher = getattr(self.runtime.library, function)
        return self.runtime.call(launcher, ctypes.byref(rows), int(logarithm), int(negate), None)

    def forward(self, member, result, x, dim):
        with Mapped(self.runtime.memory, [result], [x]):
            assert self.at("softmax", member, layout([result, x], dim)) == 0
        return result

    def backward(self, member, grad_input, grad_output, output, dim):
        with Mapped(self.runtime.memory, [grad_input], [grad_output, output]):
            rows = layout([grad_input, grad_output, output], dim)
            assert self.at("softmax_backward", member, rows) == 0
        return grad_input
