"""What a measurement was taken on."""

import os
import platform
import subprocess
from pathlib import Path

import torch

import torch_act
from torch_act import _C

HELD = "ATEN_CPU_CAPABILITY"  # the variable that holds torch's loops, and ours


def processor() -> str:
    """The processor's name as the system tells it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()


def versions() -> dict[str, str]:
    """Versions, build and instruction set by name, in the order to print them."""
    build = {f"build: {key}": str(value) for key, value in _C.build_info().items()}
    return {
        "torch-act": torch_act.__version__,
        "torch": torch.__version__,
        "Python": platform.python_version(),
        "processor": processor(),
        **build,
    }


def machine() -> dict[str, str]:
    """The versions, and what else a speed depends on."""
    held = {HELD: os.environ[HELD]} if HELD in os.environ else {}
    return {**versions(), **held, "cores": str(os.cpu_count()), "commit": _commit()}


def _commit() -> str:
    """Of the sources that this package is imported from; installed, it does not know."""
    folder = Path(torch_act.__file__).parent
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "unknown"
    return done.stdout.strip() if done.returncode == 0 else "unknown"
