"""The dtypes that commands take."""

from enum import Enum


class Dtype(str, Enum):
    float32 = "float32"
    float64 = "float64"
    bfloat16 = "bfloat16"
    float16 = "float16"
