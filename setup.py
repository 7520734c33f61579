"""Builds torch_act._C against the torch of the environment."""

import os
import sys
from pathlib import Path

from setuptools import setup

sys.path.insert(0, str(Path(__file__).resolve().parent / "tools/packaging"))
os.environ.setdefault("MAX_JOBS", str(os.cpu_count() or 1))

import torch
from compiler_flags import EXACT
from cuda_toolkit import EXACT_ON_DEVICE, choose_architectures, choose_toolkit
from torch.utils import cpp_extension
from torch.utils.cpp_extension import BuildExtension, CppExtension, CUDAExtension

ROOT = Path(__file__).resolve().parent

MINIMUM_TORCH = (2, 13)
if tuple(int(part) for part in torch.__version__.split(".")[:2]) < MINIMUM_TORCH:
    sys.exit(f"torch-act needs torch >= 2.13, this environment has {torch.__version__}")

toolkit = choose_toolkit(torch.__version__, torch.version.cuda, os.environ.get("TORCH_ACT_CUDA"))
if toolkit is not None:
    # torch takes the parent of the folder of the nvcc on PATH, whatever that is.
    cpp_extension.CUDA_HOME = str(toolkit.home)


class Build(BuildExtension):
    """Names each object after its whole source, and records the torch that was built against."""

    def build_extensions(self):
        # prelu.cu and prelu.cpp lie in one folder: prelu.o cannot stand for both.
        named = self.compiler.object_filenames

        def object_filenames(sources, strip_dir=0, output_dir=""):
            return [
                str(Path(name).with_suffix(f"{Path(source).suffix}.o"))
                for source, name in zip(sources, named(sources, strip_dir, output_dir), strict=True)
            ]

        self.compiler.object_filenames = object_filenames
        super().build_extensions()

    def run(self):
        super().run()
        # What __init__ compares before it loads the library, which lies beside it.
        for extension in self.extensions:
            Path(self.get_ext_fullpath(extension.name)).with_name("_build.py").write_text(
                f'"""Written by setup.py: what the compiled library was built against."""\n\n'
                f'TORCH_VERSION = "{torch.__version__}"\n'
            )


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


def sources(folder, *suffixes):
    return sorted(str(path) for path in Path(folder).rglob("*") if path.suffix in suffixes)


# -g0: Python's own flags carry -g, which makes the library thirty times larger.
cxx = ["-std=c++20", "-g0", "-fvisibility=hidden", *EXACT, *WARNINGS, *sanitizer]
link = sanitizer or ["-s"]
if toolkit is None:
    extension = CppExtension(
        "torch_act._C",
        sources("csrc", ".cpp"),
        extra_compile_args={"cxx": cxx},
        extra_link_args=link,
    )
else:
    architectures = choose_architectures(
        os.environ.get("TORCH_CUDA_ARCH_LIST"), torch.cuda.device_count()
    )
    nvcc = ["-std=c++20", *EXACT_ON_DEVICE, *architectures.flags]
    nvcc += ["-Werror=all-warnings", f"-Xcompiler={','.join(['-fvisibility=hidden', *WARNINGS])}"]
    nvcc += [f'-DTORCH_ACT_ARCHITECTURES="{architectures.names}"']
    cxx += ["-DTORCH_ACT_CUDA"]
    extension = CUDAExtension(
        "torch_act._C",
        sources("csrc", ".cpp") + sources("cuda", ".cpp", ".cu"),
        extra_compile_args={"cxx": cxx, "nvcc": nvcc},
        extra_link_args=link,
    )

# Warnings are errors in our code, not in torch's headers; and kernels see no header of torch.
cxx += [f"-isystem{path}" for path in extension.include_dirs]
extension.include_dirs = [str(ROOT / "csrc")]
# A header that torch's own headers need and its wheels lack: searched after everything else.
cxx += [f"-idirafter{ROOT / 'csrc/batching/stand_in'}"]

setup(
    ext_modules=[extension],
    cmdclass={"build_ext": Build},
    # Each torch has its own objects: two environments can be built in turn.
    options={"build": {"build_base": f"build/torch-{torch.__version__}"}},
)
