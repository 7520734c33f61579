"""Loads the compiled library, and says in words why it cannot be loaded."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType


def load_library(torch_version: str) -> ModuleType:
    """Imports torch_act._C, which registers the operators.

    The library is bound to the torch release that it was built against: another one may lack a
    symbol or, worse, lay out a structure differently. The release is compared before anything of it
    is loaded.
    """
    try:
        built_against = importlib.import_module("torch_act._build").TORCH_VERSION
    except ModuleNotFoundError as error:
        raise ImportError(
            "torch_act is not built: the compiled library torch_act._C is missing. "
            "Run `pip install .` in the source tree; from there, a directory called torch_act "
            "must not be what Python imports first."
        ) from error
    if _release(built_against) != _release(torch_version):
        raise ImportError(
            f"torch_act was built against torch {built_against}, this is torch {torch_version}. "
            "Install it anew for this torch: "
            "pip install --force-reinstall --no-deps --no-cache-dir torch-act"
        )
    return importlib.import_module("torch_act._C")


def _release(version: str) -> tuple[str, ...]:
    """2.13.0+cpu and 2.13.1 are of one release, 2.13."""
    return tuple(version.split(".")[:2])
