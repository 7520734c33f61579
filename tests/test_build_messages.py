"""What a build says of a machine that cannot build, and that it says so before it compiles.

The machine is a stub: a torch that is a version number, compilers that are scripts, an environment
without torch. Messages about the toolkit in detail: test_packaging.py.
"""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
import setuptools

sys.path.insert(0, str(Path(__file__).parents[1] / "tools/packaging"))

import cxx_compiler
import torch_release
from build_error import BuildError

ROOT = Path(__file__).parents[1]
IMPORTABLE = f"import sys; sys.path.insert(0, {str(ROOT / 'tools/packaging')!r});"


def _script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


class Machine:
    """Where setup.py runs: with a torch of this version, and with what `bin` holds on PATH."""

    def __init__(self, folder):
        self.folder, self.bin, self.work = folder, folder / "bin", folder / "work"
        self.python = sys.executable
        self.environment = {"PATH": str(self.bin), "PYTHONPATH": str(folder / "modules")}
        self.work.mkdir()
        self.compiler("#define __GNUC__ 12")

    def torch(self, version, cuda=None):
        module = self.folder / "modules/torch/__init__.py"
        module.parent.mkdir(parents=True)
        module.write_text(f"class version:\n    cuda = {cuda!r}\n\n\n__version__ = {version!r}\n")

    def compiler(self, macros, name="c++"):
        _script(self.bin / name, f"/bin/cat <<'end'\n{macros}\nend")

    def nvcc(self, release):
        _script(
            self.bin / "nvcc", f"echo 'Cuda compilation tools, release {release}, V{release}.1'"
        )

    def build(self, *command):
        """In a folder without sources: had it got further, it would have found none."""
        command = command or (str(ROOT / "setup.py"), "build_ext")
        ended = subprocess.run(
            [self.python, *command],
            cwd=self.work,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert ended.returncode != 0
        assert "Traceback" not in ended.stderr
        assert list(self.work.iterdir()) == []
        return ended.stderr


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.fixture
def machine_without_torch(machine):
    """An interpreter of its own, with setuptools alone."""
    home = machine.folder / "environment"
    venv.create(home, symlinks=True)
    machine.python = home / "bin/python"
    modules = machine.folder / "modules"
    modules.mkdir()
    site_packages = Path(setuptools.__file__).parents[1]
    for name in ("setuptools", "_distutils_hack"):
        (modules / name).symlink_to(site_packages / name)
    return machine


BACKEND = f"{IMPORTABLE} import build_backend;"


@pytest.mark.parametrize(
    "command",
    [
        (str(ROOT / "setup.py"), "build_ext"),
        ("-c", f"{BACKEND} build_backend.get_requires_for_build_wheel()"),
        ("-c", f"{BACKEND} build_backend.prepare_metadata_for_build_wheel('.')"),
        ("-c", f"{BACKEND} build_backend.build_wheel('.')"),
        ("-c", f"{BACKEND} build_backend.build_editable('.')"),
    ],
    ids=["setup.py", "requirements", "metadata", "wheel", "editable"],
)
def test_no_torch(machine_without_torch, command):
    message = machine_without_torch.build(*command)
    assert "is built against the torch that it will run with: here is none" in message
    assert "pip install torch==" in message


def test_torch_too_old(machine):
    machine.torch("2.12.1+cpu")
    message = machine.build()
    assert "needs torch>=2.13, this environment has torch 2.12.1+cpu" in message
    assert "pip install --upgrade torch" in message


def test_nvcc_missing(machine):
    machine.torch("2.14.1+cu130", cuda="13.0")
    machine.environment["TORCH_ACT_CUDA"] = "1"
    nowhere = "import cuda_toolkit, pathlib; cuda_toolkit.LAST_RESORT = pathlib.Path('nowhere');"
    setup = f"import runpy; runpy.run_path({str(ROOT / 'setup.py')!r})"
    message = machine.build("-c", IMPORTABLE + nowhere + setup)
    assert "torch 2.14.1+cu130 has CUDA 13.0, but there is no nvcc" in message
    assert "TORCH_ACT_CUDA=1 asks for the CUDA kernels" in message


def test_toolkit_of_another_major(machine):
    machine.torch("2.14.1+cu130", cuda="13.0")
    machine.nvcc("12.8")
    message = machine.build()
    assert "built with CUDA 13.0, but the toolkit in" in message
    assert "is 12.8: their major versions must be the same" in message


def test_no_compiler(machine):
    machine.torch("2.13.0+cpu")
    (machine.bin / "c++").unlink()
    message = machine.build()
    assert "compiled by g++ 12 or newer, but c++ is not there. Install" in message
    assert "apt install g++" in message


def test_no_such_compiler(machine):
    machine.torch("2.13.0+cpu")
    machine.environment["CXX"] = "ccache g++-99"
    assert "but ccache, the compiler that CXX names, is not there" in machine.build()


@pytest.mark.parametrize(
    ("macros", "expected"),
    [
        ("#define __GNUC__ 11", "but c++ is g++ 11"),
        ("#define __GNUC__ 4\n#define __clang_major__ 19", "but c++ is clang"),
        ("", "but c++ does not say that it is"),
    ],
    ids=["old", "clang", "neither"],
)
def test_another_compiler(machine, macros, expected):
    machine.torch("2.13.0+cpu")
    machine.compiler(macros)
    assert expected in machine.build()


def test_the_compiler_is_torchs_choice(machine):
    """$CXX, with whatever stands before the compiler in it, or else c++."""
    machine.compiler("#define __GNUC__ 11")
    machine.compiler("#define __GNUC__ 13", name="g++-13")
    _script(machine.bin / "launcher", 'exec "$@"')
    cxx_compiler.check({**machine.environment, "CXX": "g++-13 -O1"})
    cxx_compiler.check({**machine.environment, "CXX": "launcher g++-13"})
    with pytest.raises(BuildError, match=r"but launcher c\+\+ is g\+\+ 11"):
        cxx_compiler.check({**machine.environment, "CXX": "launcher c++"})


@pytest.mark.skipif(shutil.which("c++") is None, reason="no C++ compiler to ask")
def test_this_machines_own_compiler():
    cxx_compiler.check(os.environ)


def test_no_headers_of_python(tmp_path):
    with pytest.raises(BuildError, match=r"no .*Python\.h.*apt install python3-dev"):
        cxx_compiler.check_python_headers(str(tmp_path))
    (tmp_path / "Python.h").touch()
    cxx_compiler.check_python_headers(str(tmp_path))


@pytest.mark.parametrize(
    ("version", "cuda", "requirement", "label"),
    [
        ("2.13.0+cpu", None, "torch>=2.13,<2.14", "torch2.13.cpu"),
        ("2.14.1+cu130", "13.0", "torch>=2.14,<2.15", "torch2.14.cu130"),
        ("3.0.0a0+gitabc", "13.2", "torch>=3.0,<3.1", "torch3.0.cu132"),
    ],
)
def test_what_a_wheel_says_of_its_torch(version, cuda, requirement, label):
    torch_release.check(version)
    assert torch_release.requirement(version) == requirement
    assert torch_release.label(version, cuda) == label
