"""Whether the CUDA kernels are built, with which toolkit, and for which architectures.

Asked before anything is compiled, so that what does not fit is an error in words. Imports no torch.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from build_error import BuildError

LAST_RESORT = Path("/usr/local/cuda/bin/nvcc")

# Every datacentre and consumer generation from Ampere on.
ARCHITECTURES = (80, 90, 100, 120)

# No contraction, IEEE division and square roots: a kernel's result has the bits of the CPU's. The
# simulator's tests compile with the same (tests/ptxsim/compilation.py).
EXACT_ON_DEVICE = ("-O3", "-fmad=false", "-prec-div=true", "-prec-sqrt=true", "-ftz=false")


@dataclass(frozen=True)
class Toolkit:
    home: Path
    version: str


def find_toolkit(environment: Mapping[str, str] = os.environ) -> Toolkit | None:
    """The toolkit that torch's own build of extensions would take; None if there is no nvcc."""
    home = environment.get("CUDA_HOME") or environment.get("CUDA_PATH")
    if home:
        nvcc = Path(home, "bin", "nvcc")
        if not nvcc.exists():
            raise BuildError(f"CUDA_HOME or CUDA_PATH is {home}, but there is no {nvcc}")
    else:
        found = shutil.which("nvcc", path=environment.get("PATH"))
        nvcc = Path(found or LAST_RESORT)
        if not nvcc.exists():
            return None
    release = re.search(r"release (\d+\.\d+)", _output(nvcc, "--version"))
    if release is None:
        raise BuildError(f"{nvcc} --version names no release")
    return Toolkit(_home_of(nvcc), release[1])


def _home_of(nvcc: Path) -> Path:
    """Where nvcc's headers and libraries are: it can be a link or a script, so it is asked."""
    top = re.search(r"^#\$ TOP=(.+)$", _output(nvcc, "--dryrun", "-x", "cu", os.devnull), re.M)
    return Path(top[1]).resolve() if top else nvcc.resolve().parents[1]


def _output(*command: object) -> str:
    ended = subprocess.run(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    return ended.stdout


def choose_toolkit(
    torch_version: str,
    torch_cuda: str | None,
    wanted: str | None = None,
    find: Callable[[], Toolkit | None] = find_toolkit,
) -> Toolkit | None:
    """The toolkit to build the CUDA kernels with, or None for the CPU's alone.

    `torch_cuda` is torch.version.cuda; `wanted` is TORCH_ACT_CUDA: 0, 1, or nothing to build them
    where torch and the machine can.
    """
    if wanted not in (None, "", "0", "1"):
        raise BuildError(f"expected TORCH_ACT_CUDA to be 0 or 1, got {wanted!r}")
    if wanted == "1" and torch_cuda is None:
        raise BuildError(
            f"TORCH_ACT_CUDA=1 asks for the CUDA kernels, but torch {torch_version} has no CUDA. "
            "Install a torch that has, or leave TORCH_ACT_CUDA unset."
        )
    if wanted == "0" or torch_cuda is None:
        return None
    toolkit = find()
    if toolkit is None:
        message = (
            f"torch {torch_version} has CUDA {torch_cuda}, but there is no nvcc: neither on PATH, "
            "nor in CUDA_HOME, nor in /usr/local/cuda. "
        )
        if wanted == "1":
            raise BuildError(f"{message}TORCH_ACT_CUDA=1 asks for the CUDA kernels, which need it.")
        print(f"{message}Building the CPU kernels alone.", file=sys.stderr)
        return None
    if toolkit.version.split(".")[0] != torch_cuda.split(".")[0]:
        raise BuildError(
            f"torch {torch_version} was built with CUDA {torch_cuda}, but the toolkit in "
            f"{toolkit.home} is {toolkit.version}: their major versions must be the same. "
            "Set CUDA_HOME to another toolkit, or TORCH_ACT_CUDA=0 to build the CPU kernels alone."
        )
    return toolkit


@dataclass(frozen=True)
class Architectures:
    """In words, and as flags for nvcc: none where torch makes them of TORCH_CUDA_ARCH_LIST."""

    flags: tuple[str, ...]
    names: str


def choose_architectures(listed: str | None, devices: int) -> Architectures:
    """From TORCH_CUDA_ARCH_LIST and the number of GPUs at hand."""
    listed = (listed or "").strip()
    if listed == "native" and devices == 0:
        raise BuildError(
            "TORCH_CUDA_ARCH_LIST=native asks for the architectures of this machine's GPUs, but it "
            "has none. Name them (TORCH_CUDA_ARCH_LIST='9.0;12.0+PTX'), or leave it unset."
        )
    if listed:
        return Architectures((), re.sub(r"[\s;]+", " ", listed))
    # The kernels use nothing that is newer than the oldest architecture. So nvcc compiles to PTX
    # once, and only the assembler runs for each.
    oldest = ARCHITECTURES[0]
    code = [f"sm_{number}" for number in ARCHITECTURES] + [f"compute_{oldest}"]
    return Architectures(
        ("-gencode", f"arch=compute_{oldest},code=[{','.join(code)}]"), " ".join(code)
    )
