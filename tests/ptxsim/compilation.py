"""Compiles .cu files for the simulator: their PTX, and their host code as a library.

Results are kept under build/ptxsim by a hash of everything that goes into them.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from .parser import Module

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/packaging"))
from cuda_toolkit import EXACT_ON_DEVICE  # noqa: E402

CACHE = ROOT / "build" / "ptxsim"
# Whose PTX is run: that of the oldest, from which the library's machine code for every other is
# assembled (choose_architectures). PTXSIM_ALSO="sm_90" is for who compiles for another by itself.
ARCHITECTURES = ("sm_80", *os.environ.get("PTXSIM_ALSO", "").split())
INCLUDE = (ROOT / "csrc", ROOT / "cuda")
# Where headers of the kernels lie: those below csrc itself include torch.
_HEADERS = (ROOT / "csrc" / "act", ROOT / "cuda")
# As the extension's kernels are compiled; the last flag is added by torch's CUDAExtension.
FLAGS = ("-std=c++20", *EXACT_ON_DEVICE, "--expt-relaxed-constexpr")
_HERE = Path(__file__).parent


def nvcc() -> str | None:
    """The compiler, or None: then whoever needs it skips, for NO_NVCC."""
    return shutil.which("nvcc")


NO_NVCC = "nvcc is not on PATH"


@dataclass(frozen=True)
class Compiled:
    library: Path
    ptx: dict[str, tuple[Path, ...]]  # by architecture, a file for each .cu

    def modules(self, architecture: str) -> list[Module]:
        return [module(path) for path in self.ptx[architecture]]


@cache
def module(path: Path) -> Module:
    """A parsed PTX file; kernels once decoded stay so for the whole process."""
    return Module(path.read_text())


def compile_ptx(source: str | Path, architecture: str = "sm_80", flags: Sequence[str] = ()) -> Path:
    """The PTX of one file, given by its path or as text."""
    text = source.read_text() if isinstance(source, Path) else source
    command = ["nvcc", *FLAGS, *flags, *_includes(INCLUDE), *_target(architecture), "-ptx"]
    folder = CACHE / hash_of([text, *command, *_headers()])
    with cached(folder) as missing:
        if missing:
            unit = folder / "unit.cu"
            unit.write_text(text)
            _run([*command, str(unit), "-o", str(folder / "unit.ptx")])
    return folder / "unit.ptx"


def compile_launchers(
    units: Sequence[Path | str],
    architectures: Sequence[str] = ARCHITECTURES,
    include: Sequence[Path] = INCLUDE,
    flags: Sequence[str] = (),
) -> Compiled:
    """.cu (and .cpp) files as one library without a CUDA runtime, and the .cu files' PTX.

    A unit that isn't a path is the text of a .cu file.
    """
    objects, ptx = launcher_objects(units, architectures, include, flags)
    folder = CACHE / hash_of([str(path) for path in objects])
    library = folder / "launchers.so"
    with cached(folder) as missing:
        if missing:
            # -z defs: a call of the CUDA runtime that the stand-in lacks is an error here.
            link = ["g++", "-shared", "-Wl,-Bsymbolic", "-Wl,-z,defs", "-o", str(library)]
            _run([*link, *map(str, objects)])
    return Compiled(library, ptx)


def launcher_objects(
    units: Sequence[Path | str],
    architectures: Sequence[str] = ARCHITECTURES,
    include: Sequence[Path] = INCLUDE,
    flags: Sequence[str] = (),
) -> tuple[list[Path], dict[str, tuple[Path, ...]]]:
    """The units' object files and the stand-in's; and the PTX by architecture."""
    arguments = [*FLAGS, *flags, *_includes(include), "-Xcompiler", "-fPIC"]
    ptx: dict[str, tuple[Path, ...]] = {architecture: () for architecture in architectures}
    objects = [_compile_c(_HERE / "cudart.c")]
    folders = at_once(lambda unit: _compile_unit(unit, architectures, arguments), units)
    for unit, folder in zip(units, folders, strict=True):
        objects.append(folder / "unit.o")
        if isinstance(unit, str) or unit.suffix == ".cu":
            for architecture in architectures:
                ptx[architecture] += (folder / f"{architecture}.ptx",)
    return objects, ptx


_Source = TypeVar("_Source")
_Result = TypeVar("_Result")


def at_once(compile_one: Callable[[_Source], _Result], sources: Iterable[_Source]) -> list[_Result]:
    """Two compilers at a time: workers of one test run, which ask for the same, else take turns."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(compile_one, sources))


def _compile_unit(unit: Path | str, architectures: Sequence[str], arguments: Sequence[str]) -> Path:
    targets = [part for name in architectures for part in _gencode(name)]
    text = unit if isinstance(unit, str) else unit.read_text()
    folder = CACHE / hash_of([text, *arguments, *targets, *_headers()])
    with cached(folder) as missing:
        if missing:
            path = folder / "unit.cu" if isinstance(unit, str) else unit
            if isinstance(unit, str):
                path.write_text(unit)
            command = ["nvcc", *arguments, "--cudart=none", "-c", str(path)]
            command += ["-o", str(folder / "unit.o")]
            if path.suffix == ".cu":
                # One run of nvcc gives the host code and every architecture's PTX.
                kept = folder / "kept"
                kept.mkdir(exist_ok=True)
                _run([*command, *targets, "--keep", "--keep-dir", str(kept)])
                for name in architectures:
                    _kept_ptx(kept, path.stem, name).rename(folder / f"{name}.ptx")
                shutil.rmtree(kept)
            else:
                _run(command)
    return folder


def _kept_ptx(kept: Path, stem: str, architecture: str) -> Path:
    numbered = kept / f"{stem}.{architecture.replace('sm_', 'compute_')}.ptx"
    return numbered if numbered.exists() else kept / f"{stem}.ptx"


def _compile_c(source: Path) -> Path:
    folder = CACHE / hash_of([source.read_text()])
    with cached(folder) as missing:
        if missing:
            options = ("-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-c")
            _run(["gcc", *options, str(source), "-o", str(folder / "unit.o")])
    return folder / "unit.o"


def _target(architecture: str) -> list[str]:
    return [f"-arch={architecture.replace('sm_', 'compute_')}"]


def _gencode(architecture: str) -> list[str]:
    virtual = architecture.replace("sm_", "compute_")
    return ["-gencode", f"arch={virtual},code={virtual}"]


def _includes(folders: Sequence[Path]) -> list[str]:
    return [part for folder in folders for part in ("-I", str(folder))]


@cache
def _version() -> str:
    return subprocess.run(["nvcc", "--version"], capture_output=True, text=True, check=True).stdout


def _headers() -> list[str]:
    """The text of everything that might be included."""
    paths = [path for folder in _HEADERS for path in folder.rglob("*") if _is_header(path)]
    return [_version(), *(path.read_text() for path in sorted(paths))]


def _is_header(path: Path) -> bool:
    return path.suffix in (".h", ".cuh", ".inl")


def hash_of(parts: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()[:24]


class cached:
    """Enters with whether the folder's contents are still to be made; others wait meanwhile. They
    count as made when the block ends without an exception."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> bool:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT)
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        return not (self.folder / "done").exists()

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        if error is None:
            (self.folder / "done").touch()
        os.close(self.lock)


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
