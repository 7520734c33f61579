"""What is written where torch has no function: the catalogue's expressions of torch's ops."""

from collections.abc import Callable

import torch
from torch import Tensor

from torch_act.catalogue import Entry


def composed(entry: Entry) -> Callable[..., Tensor] | None:
    """Of torch's ops, one after the other, as transformers and timm write it."""
    names = ", ".join(["x", *entry.parameter_sets[0]])
    return eval(f"lambda {names}: {entry.composed}", {"torch": torch}) if entry.composed else None
