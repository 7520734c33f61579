"""Small kernels from a few lines of PTX, for the simulator's own tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .dtypes import Array, DType, width
from .memory import Memory
from .parser import Module
from .simulator import Simulator

_HEADER = ".version 8.0\n.target sm_80\n.address_size 64\n"
_REGISTER = {1: ".b16", 2: ".b16", 4: ".b32", 8: ".b64"}


def kernel(body: str, parameters: Sequence[str] = (), before: str = "") -> str:
    """PTX of a kernel named `kernel`. `parameters` are declarations such as ".u64 x". There are
    registers %r0 … %r31 (32 bits), %h (16), %l (64), %f (float32), %d (float64), %p (predicates).
    """
    declared = ",\n".join(f".param {parameter}" for parameter in parameters)
    return f"""{_HEADER}
{before}
.visible .entry kernel({declared})
{{
    .reg .pred %p<32>;
    .reg .b16 %h<32>;
    .reg .b32 %r<32>;
    .reg .b64 %l<32>;
    .reg .f32 %f<32>;
    .reg .f64 %d<32>;
{body}
    ret;
}}
"""


def elementwise(instructions: str, *inputs: Array, result: DType) -> Array:
    """Runs instructions that make %y of %a, %b, …, which hold one element of each input."""
    names = "abcdefg"[: len(inputs)]
    size = len(inputs[0])
    lines = [f".reg {_REGISTER[width(result)]} %y;"]
    for index, (name, values) in enumerate(zip(names, inputs, strict=True)):
        bits = 8 * values.itemsize
        lines += [
            f".reg {_REGISTER[values.itemsize]} %{name};",
            f"ld.param.u64 %l{index}, [{name}];",
            f"mad.wide.u32 %l{index}, %r0, {values.itemsize}, %l{index};",
            f"ld.global.b{bits} %{name}, [%l{index}];",
        ]
    body = "\n".join(
        [
            "mov.u32 %r0, %tid.x;",
            "mov.u32 %r1, %ctaid.x;",
            "mad.lo.u32 %r0, %r1, 128, %r0;",
            "ld.param.u32 %r1, [size];",
            "setp.ge.u32 %p0, %r0, %r1;",
            "@%p0 bra DONE;",
            *lines,
            instructions,
            "ld.param.u64 %l31, [y];",
            f"mad.wide.u32 %l31, %r0, {width(result)}, %l31;",
            f"st.global.b{8 * width(result)} [%l31], %y;",
            "DONE:",
        ]
    )
    parameters = [".u32 size", ".u64 y", *(f".u64 {name}" for name in names)]
    memory = Memory()
    y = memory.empty(size, result)
    arguments = [size, y, *(memory.upload(values) for values in inputs)]
    simulator = Simulator(Module(kernel(body, parameters)), memory)
    simulator.launch("kernel", -(-size // 128), 128, arguments)
    return memory.download(y, size, result)


def run(
    body: str,
    *arguments: int,
    memory: Memory,
    grid: int | Sequence[int] = 1,
    block: int | Sequence[int] = 32,
    dynamic_shared: int = 0,
    before: str = "",
) -> None:
    """Runs a kernel whose 64-bit parameters a, b, … are the arguments, loaded to %l0, %l1, …"""
    names = "abcdefg"[: len(arguments)]
    loads = "\n".join(f"ld.param.u64 %l{i}, [{name}];" for i, name in enumerate(names))
    text = kernel(
        f"{loads}\nmov.u32 %r0, %tid.x;\n{body}", [f".u64 {name}" for name in names], before
    )
    Simulator(Module(text), memory).launch("kernel", grid, block, arguments, dynamic_shared)


def lane_results(body: str, threads: int = 32, before: str = "") -> Array:
    """For each thread of a block what the body leaves in %r31; %r0 is the thread's index."""
    memory = Memory()
    y = memory.empty(threads, np.uint32)
    store = "mad.wide.u32 %l31, %r0, 4, %l0;\nst.global.u32 [%l31], %r31;"
    run(f"{body}\n{store}", y, memory=memory, block=threads, before=before)
    return memory.download(y, threads, np.uint32)
