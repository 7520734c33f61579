"""Builds benchmarks/instructions with the kernels, as setup.py compiles them, and without torch."""

import fcntl
import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/packaging"))

from compiler_flags import EXACT  # noqa: E402

CSRC = ROOT / "csrc"
PROGRAM = ROOT / "benchmarks/instructions"
SETS = ("baseline", "avx2", "avx512")
UNITS = [
    CSRC / f"cpu/{name}_{which}.cpp"
    for which in SETS
    for name in ("kernels", "parametric", "rowwise", "fused", "masked_softmax")
]
# With those of Python's own flags that change code. The program itself is not position-independent:
# an address is then the one that the disassembly shows.
FLAGS = ("-std=c++20", "-g0", "-fvisibility=hidden", "-fwrapv", "-fPIC", *EXACT, f"-I{CSRC}")


def compiler() -> str:
    """The version, which the number of instructions depends on."""
    shown = subprocess.run(["g++", "--version"], capture_output=True, text=True, check=True)
    return shown.stdout.splitlines()[0]


def build(folder: Path = ROOT / "build/instructions") -> Path:
    """The program, made anew only where sources or compiler are others than last time."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two processes of a test run may want it at once
        program, made_of = folder / "instructions", folder / "made_of"
        digest = _digest()
        if not (program.exists() and made_of.exists() and made_of.read_text() == digest):
            made_of.unlink(missing_ok=True)
            with ThreadPoolExecutor(int(os.environ.get("MAX_JOBS", os.cpu_count() or 1))) as pool:
                objects = list(pool.map(partial(_compile, folder), [*UNITS, PROGRAM / "main.cpp"]))
            _run("g++", "-no-pie", *map(str, objects), "-o", str(program))
            made_of.write_text(digest)
    return program


def _compile(folder: Path, unit: Path) -> Path:
    target = folder / f"{unit.stem}.o"
    _run("g++", *FLAGS, "-c", str(unit), "-o", str(target))
    return target


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")


def _digest() -> str:
    files = sorted(
        path
        for folder in (CSRC / "act", CSRC / "cpu", PROGRAM)
        for path in folder.rglob("*")
        if path.suffix in (".h", ".cpp")
    )
    hasher = hashlib.sha256(repr((compiler(), FLAGS)).encode())
    for path in files:
        hasher.update(path.read_bytes())
    return hasher.hexdigest()
