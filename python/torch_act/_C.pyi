"""The compiled part: csrc/bindings.cpp. Importing it registers torch.ops.act.*"""

from collections.abc import Callable
from typing import Any, Literal, TypedDict

Saved = Literal["input", "output", "bits"]

class _Parameter(TypedDict):
    name: str
    default: float | None  # None: it must be given

class _Op(TypedDict):
    name: str
    parameters: list[_Parameter]
    variants: tuple[str, list[str]] | None  # the argument that chooses, and its values
    two_slopes: bool
    output_determines: bool

def build_info() -> dict[str, Any]: ...
def pointwise_ops() -> list[_Op]: ...
def saved_preference() -> Saved | None: ...
def set_saved_preference(kind: Saved | None) -> Saved | None: ...

# Each op, and its in-place variant, by its name: the positional arguments of the schema, all of
# them. csrc/accuracy/module.cpp adds the loops of certify.
def __getattr__(name: str) -> Callable[..., Any]: ...
