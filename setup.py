"""Builds the library against the torch of the environment; the archive of sources without one."""

import os
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.egg_info import egg_info

sys.path.insert(0, str(Path(__file__).resolve().parent / "tools/packaging"))
os.environ.setdefault("MAX_JOBS", str(os.cpu_count() or 1))

import cxx_compiler
import torch_release
from build_error import BuildError


def of_sources():
    """What does not depend on a torch."""
    return {"install_requires": [torch_release.FROM_SOURCES]}


def of_library():
    try:
        import torch
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise BuildError(torch_release.NO_TORCH) from None
    from cuda_toolkit import choose_toolkit

    version = torch.__version__
    torch_release.check(version)
    toolkit = choose_toolkit(version, torch.version.cuda, os.environ.get("TORCH_ACT_CUDA"))
    cxx_compiler.check()
    cxx_compiler.check_python_headers()

    from build_command import Build
    from extension import make_extension

    commands = {"build_ext": Build}
    if os.environ.get("TORCH_ACT_LABEL") == "1":
        commands["egg_info"] = labelled(
            torch_release.label(version, toolkit and torch.version.cuda)
        )
    return {
        "install_requires": [torch_release.requirement(version)],
        "ext_modules": [make_extension(toolkit)],
        "cmdclass": commands,
        "options": {"build": {"build_base": f"build/torch-{version}"}},
    }


def labelled(label):
    """The version says what the wheel needs: 0.1.0+torch2.13.cpu."""

    class Labelled(egg_info):
        def finalize_options(self):
            # Not by setup's options: the setup.cfg of an archive of sources goes before these.
            self.tag_build = f"+{label}"
            super().finalize_options()

    return Labelled


setup(**(of_sources() if "sdist" in sys.argv else of_library()))
