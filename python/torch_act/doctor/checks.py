"""What the facts mean, and what to do: functions of the facts alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_act.doctor.finding import Finding
from torch_act.doctor.machine import TAIL_VALUE, Machine

REINSTALL = "pip install --force-reinstall --no-deps --no-cache-dir torch-act"

# What torch asks of a processor before it calls it AVX512, and AVX2.
NEEDED = {
    "avx512": {"avx512f", "avx512bw", "avx512vl", "avx512dq", "fma"},
    "avx2": {"avx2", "fma"},
}
PURPOSE = {
    "tools": "for the commands bench, certify, demo and gallery",
    "test": "to run the tests",
    "models": "to try swap on models of other libraries",
    "lint": "to check the style",
    "docs": "to make the documentation",
}


def examine(machine: Machine) -> list[Finding]:
    """All findings, in the order to read them."""
    return [
        *_versions(machine),
        *_build(machine),
        *_cpu(machine),
        *_cuda(machine),
        *_extras(machine),
    ]


def _versions(m: Machine) -> Iterator[Finding]:
    yield Finding("versions", "torch_act", m.torch_act)
    built = m.build["torch"]
    if m.torch.partition("+")[0] == built.partition("+")[0]:
        yield Finding("versions", "torch", f"{m.torch}, as built against")
    else:
        yield Finding(
            *("versions", "torch", f"{m.torch}; built against {built}", "note"),
            f"Another patch release works as a rule; where it does not: {REINSTALL}",
        )
    yield Finding("versions", "Python", f"{m.python}, {m.system}")


def _build(m: Machine) -> Iterator[Finding]:
    yield Finding("build", "compiler", m.build["compiler"])
    sets = "AVX-512, AVX2, baseline" if "x86_64" in m.system else "baseline"
    yield Finding("build", "CPU kernels for", sets)
    if m.build["cuda"] is None:
        yield Finding("build", "CUDA kernels for", "none: built without CUDA")
    else:
        how = f"{m.build['architectures']}, by nvcc {m.build['cuda']}"
        yield Finding("build", "CUDA kernels for", how)
    if abs(m.gelu_in_the_tail / TAIL_VALUE - 1) < 1e-5:
        yield Finding("build", "trial", f"gelu(-10) = {m.gelu_in_the_tail:.6g}")
    else:
        yield Finding(
            *("build", "trial", f"gelu(-10) = {m.gelu_in_the_tail:.6g}, not {TAIL_VALUE:.6g}"),
            *("problem", f"The kernels compute nonsense here. {REINSTALL}, and report it."),
        )


def _cpu(m: Machine) -> Iterator[Finding]:
    yield Finding("CPU", "processor", m.processor)
    yield _instruction_set(m)
    yield _threads(m)
    if m.huge_pages == "never":
        yield Finding(
            *("CPU", "huge pages", "never: large results cost a page fault for each 4 KiB"),
            *("note", "As root: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"),
        )
    elif m.huge_pages is not None:
        yield Finding("CPU", "huge pages", f"{m.huge_pages}: large results use them")


def _instruction_set(m: Machine) -> Finding:
    used = m.build["instruction_set"]
    asked = m.environment.get("ATEN_CPU_CAPABILITY")
    best = next((name for name, flags in NEEDED.items() if flags <= m.processor_flags), "baseline")
    if used == best:
        return Finding("CPU", "instruction set", f"{used}: the best that the processor has")
    if asked is not None:
        return Finding(
            *("CPU", "instruction set", f"{used}: ATEN_CPU_CAPABILITY={asked} asks for it"),
            *("note", f"Without this variable it is {best}; the results have the same bits."),
        )
    why = f"torch takes this processor for {m.torch_capability}"
    return Finding("CPU", "instruction set", f"{used}: {why}")


def _threads(m: Machine) -> Finding:
    value = f"{m.threads} of {m.processors:g} processors"
    variables = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
    if because := [f"{name}={m.environment[name]}" for name in variables if name in m.environment]:
        value += f" ({', '.join(because)})"
    if m.threads > m.processors:
        threads = max(1, int(m.processors))
        return Finding(
            *("CPU", "threads", f"{value}: they wait for each other", "note"),
            f"OMP_NUM_THREADS={threads}, or torch.set_num_threads({threads})",
        )
    return Finding("CPU", "threads", value)


def _cuda(m: Machine) -> Iterator[Finding]:
    if m.torch_cuda is None:
        if m.driver is None:
            yield Finding("CUDA", "torch", "a CPU build; no NVIDIA driver either")
        else:
            yield Finding(
                *("CUDA", "torch", f"a CPU build, but there is a driver, {m.driver}", "note"),
                f"To use the GPU: install a torch with CUDA, then {REINSTALL}",
            )
        return
    yield Finding("CUDA", "torch", f"for CUDA {m.torch_cuda}")
    yield _toolkit(m)
    if m.gpus:
        yield Finding("CUDA", "driver", m.driver or "works")
    else:
        yield _no_gpu(m)
    for name, capability in m.gpus:
        yield _gpu(m, name, capability)


def _toolkit(m: Machine) -> Finding:
    needed = str(m.torch_cuda).partition(".")[0]
    built = m.build["cuda"] is not None
    if m.toolkit is None:
        value, advice = "none", f"To build the CUDA kernels: nvcc {needed} on PATH or in CUDA_HOME"
    elif m.toolkit.partition(".")[0] != needed:
        value = f"nvcc {m.toolkit}, of another major version than torch's CUDA"
        advice = f"To build the CUDA kernels: CUDA_HOME=… of a toolkit {needed}"
    else:
        return Finding("CUDA", "toolkit", f"nvcc {m.toolkit}")
    if built:  # it takes no toolkit to run
        return Finding("CUDA", "toolkit", f"{value}; none is needed to run")
    return Finding("CUDA", "toolkit", value, "note", advice)


def _no_gpu(m: Machine) -> Finding:
    if m.driver is None:
        advice = "To use a GPU: install NVIDIA's driver"
        return Finding("CUDA", "GPU", "none: no NVIDIA driver", "note", advice)
    visible = m.environment.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        value = f"none: CUDA_VISIBLE_DEVICES={visible!r} hides them"
        return Finding("CUDA", "GPU", value, "note", "Unset it")
    return Finding(
        *("CUDA", "GPU", f"none is visible, although there is a driver, {m.driver}", "note"),
        "nvidia-smi tells what the driver sees; a container needs --gpus all; torch for CUDA "
        f"{m.torch_cuda} may need a newer driver",
    )


def _gpu(m: Machine, name: str, capability: tuple[int, int]) -> Finding:
    number = f"{capability[0]}.{capability[1]}"
    value = f"{name}, compute capability {number}"
    if m.build["cuda"] is None:
        major = str(m.torch_cuda).partition(".")[0]
        return Finding(
            *("CUDA", "GPU", f"{value}: no kernels for it", "problem"),
            f"With nvcc {major} on PATH: TORCH_ACT_CUDA=1 {REINSTALL}",
        )
    if not covered(m.build["architectures"], capability):
        return Finding(
            *("CUDA", "GPU", f"{value}: not among {m.build['architectures']}", "problem"),
            f"TORCH_CUDA_ARCH_LIST={number} {REINSTALL}",
        )
    return Finding("CUDA", "GPU", value)


def covered(architectures: str, capability: tuple[int, int]) -> bool:
    """Whether code for one of them runs on a GPU of this compute capability.

    Machine code runs on its own and later minor versions, PTX on everything later.
    """
    for major, minor, ptx in _architectures(architectures):
        if ptx and (major, minor) <= capability:
            return True
        if major == capability[0] and minor <= capability[1]:
            return True
    return not _architectures(architectures)  # named in words, Hopper: torch knows


def _architectures(text: str) -> list[tuple[int, int, bool]]:
    """Of "sm_80 sm_90 compute_80" as of "8.0 9.0+PTX"."""
    found = []
    for kind, digits in re.findall(r"\b(sm|compute)_(\d+)", text):
        found.append((int(digits[:-1]), int(digits[-1]), kind == "compute"))
    for major, minor, ptx in re.findall(r"\b(\d+)\.(\d)a?(\+PTX)?", text):
        found.append((int(major), int(minor), bool(ptx)))
    return found


def _extras(m: Machine) -> Iterator[Finding]:
    if m.missing is None:
        yield Finding("extras", "unknown", "torch-act is not installed by pip")
        return
    for extra, packages in m.missing.items():
        if not packages:
            yield Finding("extras", extra, "installed")
            continue
        why = PURPOSE.get(extra, "")
        yield Finding(
            *("extras", extra, f"missing: {', '.join(packages)}", "note"),
            f"pip install 'torch-act[{extra}]'{why and f', {why}'}",
        )
