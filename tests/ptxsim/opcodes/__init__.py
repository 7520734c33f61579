"""What the instructions do, a file for each family."""

from . import (
    atomics,
    barriers,
    bits,
    compare,
    control,
    convert,
    floats,
    halves,
    integers,
    load_store,
    moves,
    warp,
)
from .registry import decode

__all__ = [
    "atomics",
    "barriers",
    "bits",
    "compare",
    "control",
    "convert",
    "decode",
    "floats",
    "halves",
    "integers",
    "load_store",
    "moves",
    "warp",
]
