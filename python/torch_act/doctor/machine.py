"""All that is read from torch, the system and the environment, as plain facts."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

import torch_act
from torch_act import _C

HUGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")
DRIVER = Path("/proc/driver/nvidia/version")
QUOTA = Path("/sys/fs/cgroup/cpu.max")
ENVIRONMENT = ("ATEN_CPU_CAPABILITY", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "CUDA_VISIBLE_DEVICES")

TAIL = -10.0  # where torch's gelu is 0 in float32
TAIL_VALUE = -7.6198530241605e-23


@dataclass(frozen=True)
class Machine:
    """The facts. A test changes some and looks at what the checks say."""

    torch_act: str
    torch: str
    build: Mapping[str, Any]  # _C.build_info()
    python: str
    system: str
    processor: str
    processor_flags: frozenset[str]
    torch_capability: str  # DEFAULT, AVX2, AVX512
    environment: Mapping[str, str] = field(default_factory=dict)
    threads: int = 1
    processors: float = 1  # that this process may use; a share where a container is limited
    huge_pages: str | None = None  # always, madvise, never; None: not Linux
    torch_cuda: str | None = None
    driver: str | None = None
    gpus: tuple[tuple[str, tuple[int, int]], ...] = ()  # names and compute capabilities
    toolkit: str | None = None  # release of nvcc
    missing: Mapping[str, tuple[str, ...]] | None = None  # by extra; None: not known
    gelu_in_the_tail: float = TAIL_VALUE


def this_machine() -> Machine:
    """The facts as they are."""
    gpus = range(torch.cuda.device_count()) if torch.cuda.is_available() else ()
    return Machine(
        torch_act=torch_act.__version__,
        torch=str(torch.__version__),
        build=_C.build_info(),
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
        processor=_cpuinfo("model name") or platform.processor() or platform.machine(),
        processor_flags=frozenset(_cpuinfo("flags").split()),
        torch_capability=torch.backends.cpu.get_cpu_capability(),
        environment={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
        threads=torch.get_num_threads(),
        processors=_processors(),
        huge_pages=_huge_pages(_read(HUGE_PAGES)),
        torch_cuda=torch.version.cuda,
        driver=_driver(_read(DRIVER)),
        gpus=tuple(
            (torch.cuda.get_device_name(k), torch.cuda.get_device_capability(k)) for k in gpus
        ),
        toolkit=_toolkit(),
        missing=_missing(),
        gelu_in_the_tail=float(torch.ops.act.gelu(torch.tensor(TAIL))),
    )


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _cpuinfo(name: str) -> str:
    found = re.search(rf"^{name}\s*:(.*)$", _read(Path("/proc/cpuinfo")), re.M)
    return found[1].strip() if found else ""


def _processors() -> float:
    if hasattr(os, "sched_getaffinity"):
        allowed = float(len(os.sched_getaffinity(0)))
    else:
        allowed = float(os.cpu_count() or 1)
    quota, _, period = _read(QUOTA).strip().partition(" ")
    return min(allowed, int(quota) / int(period)) if quota.isdigit() else allowed


def _huge_pages(text: str) -> str | None:
    found = re.search(r"\[(\w+)\]", text)
    return found[1] if found else None


def _driver(text: str) -> str | None:
    found = re.search(r"\b(\d+\.\d+(?:\.\d+)?)\b", text)
    return found[1] if found else None


def _toolkit() -> str | None:
    home = os.environ.get("CUDA_HOME") or os.environ.get("CUDA_PATH") or "/usr/local/cuda"
    nvcc = shutil.which("nvcc") or shutil.which(str(Path(home, "bin", "nvcc")))
    if nvcc is None:
        return None
    ended = subprocess.run([nvcc, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"release (\d+\.\d+)", ended.stdout)
    return found[1] if found else None


def _missing() -> dict[str, tuple[str, ...]] | None:
    try:
        requirements = importlib.metadata.requires("torch-act") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    return _absent(requirements)


def _absent(requirements: list[str]) -> dict[str, tuple[str, ...]]:
    """The packages of each extra that are not installed."""
    found: dict[str, tuple[str, ...]] = {}
    for requirement in requirements:
        extra = re.search(r"""extra == ['"]([\w-]+)['"]""", requirement)
        if extra is None or _for_another_system(requirement):
            continue
        name = re.match(r"[A-Za-z0-9._-]+", requirement)
        absent = found.setdefault(extra[1], ())
        if name and not _installed(name[0]):
            found[extra[1]] = (*absent, name[0])
    return found


def _for_another_system(requirement: str) -> bool:
    system = re.search(r"""platform_system == ['"](\w+)['"]""", requirement)
    return system is not None and system[1] != platform.system()


def _installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
