"""The build: one compilation of all sources, two links, and beside them what C++ programs need.

torch_act/_C.*.so                   the Python module, over lib/libtorch_act.so
torch_act/_build.py                 what it was built against
torch_act/lib/libtorch_act.so       ops, kernels and the C++ API: knows nothing of Python
torch_act/include/act/              headers
torch_act/share/cmake/TorchAct/     find_package(TorchAct)
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import torch
from extension import ROOT, is_of_the_python_module
from torch.utils.cpp_extension import BuildExtension

LIBRARY = Path("lib/libtorch_act.so")
HEADERS = Path("include/act")
CMAKE = Path("share/cmake/TorchAct")

# Where an installed library finds torch's libraries and CUDA's, as torch's own do: in the packages
# beside it. In Python they are loaded already; a C++ program may have no other way to them.
BESIDE = ("torch/lib", "nvidia/cu13/lib", "nvidia/cuda_runtime/lib")


class Build(BuildExtension):
    def finalize_options(self):
        super().finalize_options()
        # Not a temporary folder, as setuptools gives an editable install: it would compile
        # everything each time. Each torch and each Python has objects of its own.
        self.build_temp = f"build/torch-{torch.__version__}/{sys.implementation.cache_tag}"

    def build_extensions(self):
        # prelu.cu and prelu.cpp lie in one folder: prelu.o cannot stand for both.
        named = self.compiler.object_filenames

        def object_filenames(sources, strip_dir=0, output_dir=""):
            return [
                str(Path(name).with_suffix(f"{Path(source).suffix}.o"))
                for source, name in zip(sources, named(sources, strip_dir, output_dir), strict=True)
            ]

        self.compiler.object_filenames = object_filenames
        self._link_one = self.compiler.link_shared_object
        self.compiler.link_shared_object = self._link_both
        super().build_extensions()

    def _link_both(self, objects, module, *, libraries, extra_postargs, **options):
        base = Path(self.build_temp).resolve()
        of_module, of_library = [], []
        for path in objects:
            source = str(Path(path).resolve().relative_to(base))
            (of_module if is_of_the_python_module(source) else of_library).append(path)
        library = Path(module).parent / LIBRARY
        library.parent.mkdir(parents=True, exist_ok=True)
        # A symbol of Python's would keep C++ programs from loading the library: none is left open.
        sanitized = any(flag.startswith("-fsanitize") for flag in extra_postargs)
        link = [f"-Wl,-soname,{library.name}", *([] if sanitized else ["-Wl,-z,defs"])]
        link += [f"-Wl,-rpath,$ORIGIN/../../{folder}" for folder in BESIDE]
        without_python = [name for name in libraries if name != "torch_python"]
        self._link_one(
            of_library,
            str(library),
            libraries=without_python,
            extra_postargs=[*extra_postargs, *link],
            **options,
        )
        over_it = [f"-Wl,-rpath,$ORIGIN/{LIBRARY.parent}"]
        self._link_one(
            [*of_module, str(library)],
            module,
            libraries=libraries,
            extra_postargs=[*extra_postargs, *over_it],
            **options,
        )

    def run(self):
        super().run()
        for extension in self.extensions:
            package = Path(self.get_ext_fullpath(extension.name)).parent
            if self.inplace:
                _copy(Path(self.build_lib, package.name) / LIBRARY, package / LIBRARY)
            self._add_headers(package)
            self._add_cmake(package, extension.toolkit)
            # What __init__ compares before it loads the library, which lies beside it.
            (package / "_build.py").write_text(
                f'"""Written by setup.py: what the compiled library was built against."""\n\n'
                f'TORCH_VERSION = "{torch.__version__}"\n'
            )

    def _add_headers(self, package):
        headers = package / HEADERS
        headers.parent.mkdir(exist_ok=True)
        if headers.is_symlink():
            headers.unlink()
        elif headers.exists():
            shutil.rmtree(headers)
        if self.inplace:  # never older than the sources
            headers.symlink_to(ROOT / "csrc/act", target_is_directory=True)
        else:
            shutil.copytree(ROOT / "csrc/act", headers)

    def _add_cmake(self, package, toolkit):
        values = {
            "TORCH_ACT_VERSION": self.distribution.metadata.version.partition("+")[0],
            "TORCH_ACT_TORCH_VERSION": torch.__version__.partition("+")[0],
            "TORCH_ACT_CUDA_VERSION": toolkit.version if toolkit else "",
        }
        folder = package / CMAKE
        folder.mkdir(parents=True, exist_ok=True)
        for template in sorted((ROOT / "cmake").glob("TorchAct*")):
            text = template.read_text()
            if template.suffix == ".in":
                for name, value in values.items():
                    text = text.replace(f"@{name}@", value)
            (folder / template.name.removesuffix(".in")).write_text(text)


def _copy(source, target):
    target.parent.mkdir(exist_ok=True)
    target.unlink(missing_ok=True)  # a process may have it mapped
    shutil.copy2(source, target)
