"""What ptxas makes of the CUDA kernels: registers, spills, and accesses of 16 bytes.

The simulator runs PTX and sees nothing of these.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib import metadata

import pytest
from ptxsim.compilation import NO_NVCC, ROOT, compile_launchers, nvcc

pytestmark = pytest.mark.skipif(nvcc() is None, reason=NO_NVCC)

UNITS = sorted((ROOT / "cuda").glob("*.cu"))
ASSEMBLED_FOR = ("sm_80", "sm_90", "sm_100", "sm_120")  # all from the PTX of compute_80


@dataclass(frozen=True)
class Resources:
    name: str  # demangled
    mangled: str
    registers: int
    spilled: int  # bytes
    stack: int  # bytes


@cache
def ptx():
    return dict(zip(UNITS, compile_launchers(UNITS).ptx["sm_80"], strict=True))


@cache
def assembled(unit, architecture):
    """The resources of each kernel, and the machine code."""
    source = ptx()[unit]
    cubin = source.with_name(f"{architecture}.cubin")
    being_written = cubin.with_suffix(f".{id(source)}.cubin")
    command = ["nvcc", "-cubin", f"-arch={architecture}", "-Xptxas=-v", str(source)]
    done = subprocess.run([*command, "-o", str(being_written)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    being_written.rename(cubin)
    return [*_resources(done.stdout + done.stderr)], cubin


def _resources(log):
    entries = re.findall(
        r"Compiling entry function '(\w+)'.*?"
        r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads.*?"
        r"Used (\d+) registers",
        log,
        re.DOTALL,
    )
    names = _demangled([entry[0] for entry in entries])
    for name, (mangled, stack, stores, loads, registers) in zip(names, entries, strict=True):
        yield Resources(name, mangled, int(registers), int(stores) + int(loads), int(stack))


def _demangled(names):
    done = subprocess.run(["c++filt"], input="\n".join(names), capture_output=True, text=True)
    return done.stdout.splitlines()


def recorded():
    """The table of registers in docs/cuda.md: by unit and architecture."""
    section = (ROOT / "docs" / "cuda.md").read_text().split("## Registers")[1].split("## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line[:1] == "|"]
    architectures = [cell for cell in rows[0] if cell.startswith("sm_")]
    assert architectures == list(ASSEMBLED_FOR)
    return {
        (row[0], architecture): int(number)
        for row in rows[2:]
        for architecture, number in zip(architectures, row[2:], strict=False)
    }


def is_pointwise(kernel):
    return re.search(r"_kernel<act::cuda::(Value|Backward|DoubleBackward)<", kernel.name)


# A quarter of an hour on all architectures: every formula once more, for each dtype.
EVERY_FORMULA_AGAIN = ("gated_", "bias_act_")
CHOSEN = [
    pytest.param(unit, architecture, id=f"{unit.stem}-{architecture}")
    for unit in UNITS
    for architecture in ASSEMBLED_FOR
    if architecture == "sm_90" or not unit.stem.startswith(EVERY_FORMULA_AGAIN)
]


@pytest.mark.parametrize(("unit", "architecture"), CHOSEN)
def test_registers(unit, architecture, measured):
    """Nothing is spilled, or next to nothing. A multiprocessor has 65,536 registers and takes 2,048
    threads: 32 for each thread let it take all of them."""
    kernels, _ = assembled(unit, architecture)
    # Of some kernels of bias_act's backward ptxas keeps values in memory rather than take more.
    bytes_in_memory = 104 if unit.stem.startswith("bias_act") else 0
    for kernel in kernels:
        assert kernel.spilled <= bytes_in_memory, kernel
        assert kernel.stack <= bytes_in_memory, kernel
        if is_pointwise(kernel):
            assert kernel.registers <= (32 if "<float, " in kernel.name else 64), kernel
    if kernels:
        most = max(kernels, key=lambda kernel: kernel.registers)
        assert most.registers <= recorded()[unit.stem, architecture], most
        label = f"{unit.stem}: {re.sub(r'void |act::|cuda::|formulas::|[(].*', '', most.name)}"
        measured(f"registers, {architecture}", label, most.registers)


# The disassembler comes with the package nvidia-cuda-nvdisasm, or with the toolkit.
def nvdisasm():
    try:
        files = metadata.files("nvidia-cuda-nvdisasm") or ()
    except metadata.PackageNotFoundError:
        return shutil.which("nvdisasm")
    return next(str(file.locate()) for file in files if file.name == "nvdisasm")


@pytest.mark.skipif(nvdisasm() is None, reason="nvidia-cuda-nvdisasm isn't installed")
@pytest.mark.parametrize("architecture", ["sm_80", "sm_90"])
@pytest.mark.parametrize(
    "unit", [unit for unit in UNITS if unit.stem.startswith("pointwise_")], ids=lambda u: u.stem
)
def test_vectors_are_one_access(unit, architecture):
    """Each dense kernel's machine code reads and writes 16 bytes at once."""
    kernels, cubin = assembled(unit, architecture)
    code = subprocess.run([nvdisasm(), "-c", str(cubin)], capture_output=True, text=True).stdout
    bodies = dict(
        re.findall(r"^\.text\.(\w+):\n(.*?)(?=^\.text|\Z)", code, re.DOTALL | re.MULTILINE)
    )
    for kernel in kernels:
        if "dense_kernel<" not in kernel.name:
            continue
        body = bodies[kernel.mangled]
        inputs = 1 + ("Backward<" in kernel.name) + ("DoubleBackward<" in kernel.name)
        loads = len(re.findall(r"\bLDG\.E\.128", body))
        assert loads in (inputs, 2 * inputs), kernel
        assert re.search(r"\bSTG\.E\.128", body), kernel
