"""Whether there is a compiler that can build the library. Asked before it is run on any source."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from build_error import BuildError

# The kernels are compiled for each instruction set by `#pragma GCC target`, which clang lacks.
MINIMUM = 12
NEEDED = f"torch-act is compiled by g++ {MINIMUM} or newer"
ADVICE = "Install one (Debian, Ubuntu: apt install g++), or name one: CXX=g++-13 pip install ."


def check(environment: Mapping[str, str] = os.environ) -> None:
    """As torch's build of extensions does, takes $CXX, or else c++."""
    command = shlex.split(environment.get("CXX", "")) or ["c++"]
    path = environment.get("PATH")
    if shutil.which(command[0], path=path) is None:
        named = ", the compiler that CXX names," if environment.get("CXX") else ""
        raise BuildError(f"{NEEDED}, but {command[0]}{named} is not there. {ADVICE}")
    identity = _macros(command, environment)
    if "__clang_major__" in identity:
        raise BuildError(f"{NEEDED}, but {shlex.join(command)} is clang. {ADVICE}")
    version = identity.get("__GNUC__")
    if version is None:
        raise BuildError(f"{NEEDED}, but {shlex.join(command)} does not say that it is. {ADVICE}")
    if int(version) < MINIMUM:
        raise BuildError(f"{NEEDED}, but {shlex.join(command)} is g++ {version}. {ADVICE}")


def _macros(command: list[str], environment: Mapping[str, str]) -> dict[str, str]:
    """What the compiler defines; nothing if it does not run."""
    ended = subprocess.run(
        [*command, "-dM", "-E", "-x", "c++", os.devnull],
        capture_output=True,
        text=True,
        env=dict(environment),
    )
    lines = (line.split(maxsplit=2) for line in ended.stdout.splitlines())
    return {fields[1]: fields[2] for fields in lines if len(fields) == 3}


def check_python_headers(folder: str | None = None) -> None:
    header = Path(folder or sysconfig.get_path("include"), "Python.h")
    if not header.exists():
        raise BuildError(
            f"torch-act needs the headers of Python, but there is no {header}. "
            "Install them (Debian, Ubuntu: apt install python3-dev)."
        )
