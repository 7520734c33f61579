"""Builds torch_act._C against the torch of the environment."""

import os
import sys
from pathlib import Path

from setuptools import setup

os.environ.setdefault("MAX_JOBS", str(os.cpu_count() or 1))

import torch
from torch.utils.cpp_extension import BuildExtension, CppExtension

MINIMUM_TORCH = (2, 13)
if tuple(int(part) for part in torch.__version__.split(".")[:2]) < MINIMUM_TORCH:
    sys.exit(f"torch-act needs torch >= 2.13, this environment has {torch.__version__}")

# What __init__ compares before it loads the library.
Path("python/torch_act/_build.py").write_text(
    f'"""Written by setup.py: what the compiled library was built against."""\n\n'
    f'TORCH_VERSION = "{torch.__version__}"\n'
)

SOURCES = sorted(str(path) for path in Path("csrc").rglob("*.cpp"))

# Contraction and reassociation stay off: a formula's operations are the ones written, in every
# instruction set. The two flags that are set let loops vectorise and change no result.
EXACT = ["-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off"]
WARNINGS = ["-Wall", "-Wextra", "-Werror"]
SANITIZERS = {
    "": [],
    "undefined": [
        "-fsanitize=undefined,float-cast-overflow",
        "-fno-sanitize-recover=undefined,float-cast-overflow",
    ],
    "address": ["-fsanitize=address", "-fno-omit-frame-pointer"],
}
sanitizer = SANITIZERS[os.environ.get("TORCH_ACT_SANITIZE", "")]

extension = CppExtension(
    "torch_act._C",
    SOURCES,
    # -g0: Python's own flags carry -g, which makes the library thirty times larger.
    extra_compile_args=["-std=c++20", "-g0", "-fvisibility=hidden", *EXACT, *WARNINGS, *sanitizer],
    extra_link_args=sanitizer or ["-s"],
)
# Warnings are errors in our code, not in torch's headers.
extension.extra_compile_args += [f"-isystem{path}" for path in extension.include_dirs]
extension.include_dirs = [str(Path("csrc").resolve())]
# A header that torch's own headers need and its wheels lack: searched after everything else.
extension.extra_compile_args += [f"-idirafter{Path('csrc/batching/stand_in').resolve()}"]

setup(ext_modules=[extension], cmdclass={"build_ext": BuildExtension})
