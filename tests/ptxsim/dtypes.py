"""PTX's types as numpy's. 16-bit floats, and pairs of them, are held as their bit patterns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
DType: TypeAlias = Any  # a numpy scalar type, such as np.uint32
Binary: TypeAlias = Callable[[Array, Array], Array]

U8, U16, U32, U64 = np.uint8, np.uint16, np.uint32, np.uint64
S8, S16, S32, S64 = np.int8, np.int16, np.int32, np.int64
F16, F32, F64 = np.float16, np.float32, np.float64

UNSIGNED: dict[int, DType] = {1: U8, 2: U16, 4: U32, 8: U64}
SIGNED: dict[int, DType] = {1: S8, 2: S16, 4: S32, 8: S64}

DTYPES: dict[str, DType] = {
    **{"u8": U8, "u16": U16, "u32": U32, "u64": U64},
    **{"s8": S8, "s16": S16, "s32": S32, "s64": S64},
    **{"b8": U8, "b16": U16, "b32": U32, "b64": U64},
    **{"f16": U16, "bf16": U16, "f16x2": U32, "bf16x2": U32},
    **{"f32": F32, "f64": F64, "pred": np.bool_},
}

UNSIGNED_TYPES = ("u8", "u16", "u32", "u64", "b8", "b16", "b32", "b64")
SIGNED_TYPES = ("s8", "s16", "s32", "s64")
INTEGER_TYPES = UNSIGNED_TYPES + SIGNED_TYPES
FLOAT_TYPES = ("f32", "f64")
HALF_TYPES = ("f16", "bf16")
HALF_PAIR_TYPES = ("f16x2", "bf16x2")


def width(dtype: DType) -> int:
    """Bytes of a numpy type."""
    return int(np.dtype(dtype).itemsize)


def unsigned(dtype: DType) -> DType:
    """The unsigned integer of the same width."""
    return UNSIGNED[width(dtype)]


def as_bits(values: Array, dtype: DType) -> Array:
    """The values' bits as the given unsigned type: cut off, or extended by their own sign."""
    size = width(dtype)
    if values.itemsize == size:
        return values.view(dtype)
    if values.itemsize > size:
        return values.view(UNSIGNED[values.itemsize]).astype(dtype)
    extended = SIGNED[size] if values.dtype.kind == "i" else dtype
    return values.astype(extended).view(dtype)
