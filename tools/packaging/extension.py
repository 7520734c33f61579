"""What is compiled with which flags: the library libtorch_act.so and the Python module over it."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from compiler_flags import EXACT
from cuda_toolkit import EXACT_ON_DEVICE, Toolkit, choose_architectures
from setuptools import Extension
from torch.utils import cpp_extension
from torch.utils.cpp_extension import CppExtension, CUDAExtension

ROOT = Path(__file__).resolve().parents[2]

WARNINGS = ["-Wall", "-Wextra", "-Werror"]
# at::parallel_for is a template, which runs in the calling thread alone where this is missing. The
# run-time library is the one that torch brings and has loaded: it has the same name.
THREADS = ["-fopenmp"]
# Torch's, also where a compiler adds -static-libstdc++ by itself: of two in a process one formats
# numbers with the other's half-initialised locale, and an error's message is cut short or a crash.
RUNTIME = ["-l:libstdc++.so.6"]
# With -Wno-error: what a sanitizer looks out for, GCC takes to be possible, and warns of.
SANITIZERS = {
    "": [],
    "undefined": [
        "-Wno-error",
        "-fsanitize=undefined,float-cast-overflow",
        "-fno-sanitize-recover=undefined,float-cast-overflow",
    ],
    "address": ["-Wno-error", "-fsanitize=address", "-fno-omit-frame-pointer"],
}

# What needs Python. All else is the library, which C++ programs load without it.
PYTHON_MODULE = ("csrc/bindings.cpp", "csrc/accuracy/")


def is_of_the_python_module(source: str) -> bool:
    return source.startswith(PYTHON_MODULE)


def sources(folder: str, *suffixes: str) -> list[str]:
    paths = (ROOT / folder).rglob("*")
    return sorted(str(path.relative_to(ROOT)) for path in paths if path.suffix in suffixes)


def make_extension(toolkit: Toolkit | None) -> Extension:
    """Of both, since they are compiled together; build_command links them apart."""
    sanitizer = SANITIZERS[os.environ.get("TORCH_ACT_SANITIZE", "")]
    # -g0: Python's own flags carry -g, which makes the library thirty times larger.
    cxx = ["-std=c++20", "-g0", "-fvisibility=hidden", *EXACT, *THREADS, *WARNINGS, *sanitizer]
    link = THREADS + RUNTIME + (sanitizer or ["-s"])
    if toolkit is None:
        extension = CppExtension(
            "torch_act._C",
            sources("csrc", ".cpp"),
            extra_compile_args={"cxx": cxx},
            extra_link_args=link,
        )
    else:
        # torch takes the parent of the folder of the nvcc on PATH, whatever that is.
        cpp_extension.CUDA_HOME = str(toolkit.home)
        architectures = choose_architectures(
            os.environ.get("TORCH_CUDA_ARCH_LIST"), torch.cuda.device_count()
        )
        nvcc = ["-std=c++20", *EXACT_ON_DEVICE, *architectures.flags, "-Werror=all-warnings"]
        nvcc += [f"-Xcompiler={','.join(['-fvisibility=hidden', *WARNINGS])}"]
        nvcc += [f'-DTORCH_ACT_ARCHITECTURES="{architectures.names}"']
        cxx += ["-DTORCH_ACT_CUDA"]
        extension = CUDAExtension(
            "torch_act._C",
            sources("csrc", ".cpp") + sources("cuda", ".cpp", ".cu"),
            extra_compile_args={"cxx": cxx, "nvcc": nvcc},
            extra_link_args=link,
        )

    extension.toolkit = toolkit
    # Warnings are errors in our code, not in torch's headers; and kernels see no header of torch.
    cxx += [f"-isystem{path}" for path in extension.include_dirs]
    extension.include_dirs = [str(ROOT / "csrc")]
    # A header that torch's own headers need and its wheels lack: searched after everything else.
    cxx += [f"-idirafter{ROOT / 'csrc/batching/stand_in'}"]
    return extension
