"""Prints the paper model of the elementwise CUDA kernels in docs/cuda.md; it needs no GPU.

Every op is called through its CUDA adapter on tensors of the CPU, and the simulator of tests/ptxsim
counts the PTX instructions of blocks that are full.
"""

import sys
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import torch
from activations import FORMULAS
from cuda_roofline import shares
from ptxsim.adapters import Adapters, compile_adapters
from ptxsim.compilation import ROOT, module

ELEMENTS = 1 << 15
DTYPES = (torch.float32, torch.bfloat16, torch.float64)
# What ptxas makes of one IEEE division is 10 instructions (double: 16) in sm_90's machine code,
# where operands and result are ordinary numbers: a reciprocal, Newton steps, the check for others.
MORE_FOR_A_DIVISION = {"f32": 9, "f64": 15}
# An H100 has 64 units for double in each multiprocessor, 128 for float.
SLOTS = {torch.float64: 2}


@cache
def device():
    shared = [ROOT / "csrc" / name for name in ("checks.cpp", "pointwise_ops.cpp")]
    units = [u for u in sorted((ROOT / "cuda").glob("*.cu")) if u.stem != "build_information"]
    compiled = compile_adapters([*sorted((ROOT / "cuda").glob("*.cpp")), *shared], units, ["sm_90"])
    return Adapters(compiled, "sm_90"), [module(path) for path in compiled.ptx["sm_90"]]


def divisions(kernel, elements_of_a_thread):
    """For each element: in the kernel's text stands every element that a thread takes as part of a
    vector, and one that it takes alone."""
    code = next(m for m in device()[1] if kernel in m.kernels).kernel(kernel).code
    kinds = [i.modifiers[-1] for i in code if i.opcode == "div" and "rn" in i.modifiers]
    return {
        kind: round(kinds.count(kind) / (elements_of_a_thread + 1)) for kind in MORE_FOR_A_DIVISION
    }


def instructions(op, dtype, *arguments, **options):
    """Issue slots for each element of the op's largest launch."""
    adapters, _ = device()
    adapters.launches.clear()
    adapters.call_op(op, *arguments, **options)
    launch = max(adapters.launches, key=lambda launch: launch.instructions * launch.grid[0])
    threads = launch.grid[0] * launch.block[0] * launch.block[1]
    count = launch.instructions * threads / ELEMENTS
    each = divisions(launch.name, ELEMENTS / threads)
    count += sum(MORE_FOR_A_DIVISION[kind] * number for kind, number in each.items())
    return SLOTS.get(dtype, 1) * count


def main():
    print("| op | dtype | value | backward | double backward |")
    print("|---|---|---:|---:|---:|")
    for dtype in DTYPES:
        for label, forms in calls(dtype):
            cells = []
            for operands, op, arguments, options in forms:
                slots = instructions(op, dtype, *arguments, **options)
                cells.append(f"{slots:.0f}: {shares(operands * dtype.itemsize, slots)}")
            cells += ["–"] * (3 - len(cells))
            print(f"| {label} | {str(dtype).removeprefix('torch.')} | {' | '.join(cells)} |")


def calls(dtype):
    """Each op's label, and for its forms: the operands an element goes through, op, arguments."""
    x, g, h = (torch.randn(ELEMENTS).to(dtype) for _ in range(3))
    act = torch.ops.act
    for case in FORMULAS:
        value, backward, second = (
            getattr(act, case.name + form).default for form in ("", "_backward", "_double_backward")
        )
        forms = [(2, value, (x,)), (3, backward, (g, x)), (4, second, (h, g, x))]
        yield str(case).replace("()", ""), [(*form, case.keywords) for form in forms]
    bits = torch.zeros(ELEMENTS // 4, dtype=torch.uint8)
    through_bits = 1 + 1 / 4 / dtype.itemsize
    yield (
        "relu's slope bits, and from them",
        [
            (through_bits, act.relu_slope_bits.default, (x,), {}),
            (through_bits + 1, act.relu_backward_from_bits.default, (g, bits), {}),
        ],
    )
    halves = torch.randn(2, ELEMENTS).to(dtype)
    backward = (g[None], halves, 0)
    yield (
        "glu",
        [(3, act.glu.default, (halves, 0), {}), (5, act.glu_backward.default, backward, {})],
    )
    rows, weight = x.view(8, 16, -1), torch.rand(16).to(dtype)
    backward = (g.view(8, 16, -1), rows, weight)
    yield (
        "prelu",
        [(2, act.prelu.default, (rows, weight), {}), (3, act.prelu_backward.default, backward, {})],
    )
    state = torch.tensor([1, 2])
    backward = (g, x, state)
    yield (
        "rrelu",
        [
            (2, act.rrelu_with_state.default, (x, state), {}),
            (3, act.rrelu_backward.default, backward, {}),
        ],
    )


if __name__ == "__main__":
    main()
