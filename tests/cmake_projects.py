"""CMake, with small projects and torches for it to look at, where nothing is compiled."""

import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

PROJECT = """
cmake_minimum_required(VERSION 3.21)
project(user LANGUAGES CXX)
find_package(TorchAct {version} REQUIRED {components})
"""


def cmake():
    here = Path(sysconfig.get_path("scripts"), "cmake")
    found = str(here) if here.exists() else shutil.which("cmake")
    if found is None:
        pytest.skip("no cmake")
    return found


def configure(folder, source, *paths, options=()):
    prefixes = ";".join(map(str, paths))
    return subprocess.run(
        [cmake(), "-S", source, "-B", folder, f"-DCMAKE_PREFIX_PATH={prefixes}", *options],
        capture_output=True,
        text=True,
    )


def project(folder, version="", components=""):
    folder.mkdir()
    text = PROJECT.format(version=version, components=components)
    (folder / "CMakeLists.txt").write_text(text)
    return folder


def torch_of_release(folder, version, cuda=None):
    """As far as CMake sees it: of CUDA, the name of the runtime that the library loads."""
    config = folder / "share/cmake/Torch"
    config.mkdir(parents=True)
    (folder / "include/torch/csrc/api/include").mkdir(parents=True)
    (config / "TorchConfig.cmake").touch()
    (config / "TorchConfigVersion.cmake").write_text(f'set(PACKAGE_VERSION "{version}")\n')
    if cuda is not None:
        (folder / "lib").mkdir()
        (folder / "lib/libc10_cuda.so").write_text(f"\0libcudart.so.{cuda}\0")
    return config.parent
