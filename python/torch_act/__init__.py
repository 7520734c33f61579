"""The activation functions of torch.nn as fused kernels: torch.ops.act.*, functional and nn.

Importing this package registers the operators.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from torch_act._loading import load_library

_C = load_library(torch.__version__)

from torch_act import _nested, functional, nn  # noqa: E402
from torch_act._compiling import compile_with  # noqa: E402
from torch_act._saving import saved_as  # noqa: E402

_nested.register()
if "torch.distributed.tensor" in sys.modules:  # where it is not, importing it takes half a second
    from torch_act import distributed  # noqa: F401

if TYPE_CHECKING:
    from torch_act.swapping import active, compare, swap, unswap

__all__ = [
    "active",
    "cmake_prefix_path",
    "compare",
    "compile_with",
    "functional",
    "nn",
    "saved_as",
    "swap",
    "unswap",
]
__version__ = "0.1.0"

# For find_package(TorchAct), as torch.utils.cmake_prefix_path is for find_package(Torch).
cmake_prefix_path = str(Path(__file__).parent / "share/cmake")


def __getattr__(name: str) -> Any:
    """What importing the package need not wait for."""
    if name not in ("active", "compare", "swap", "unswap"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from torch_act import swapping

    globals()[name] = value = getattr(swapping, name)
    return value
