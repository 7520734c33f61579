"""Completes docstrings with what the catalogue says, so that it is written once."""

import inspect
import textwrap
from collections.abc import Callable
from typing import Any, TypeVar

import torch

from torch_act._examples import example, example_in_place
from torch_act.catalogue import BY_NAME, FUSED, Entry

Documented = TypeVar("Documented", bound=Callable[..., Any])

DTYPES = "float32, float64, bfloat16, float16 (half types are computed in float32, rounded once)."


def documented(name: str) -> Callable[[Documented], Documented]:
    """Appends what the catalogue says about the op `name`."""
    entry = {**BY_NAME, **{entry.name: entry for entry in FUSED}}[name]
    rest = _rest(entry)

    def complete(documentee: Documented) -> Documented:
        if documentee.__doc__ is not None:  # python -OO
            parts = [inspect.cleandoc(documentee.__doc__), rest, example(entry, documentee)]
            documentee.__doc__ = "\n\n".join(filter(None, parts))
        return documentee

    return complete


def documented_in_place(name: str) -> Callable[[Documented], Documented]:
    """Appends an example of the in-place function of the op `name`."""

    def complete(documentee: Documented) -> Documented:
        if documentee.__doc__ is not None:
            parts = [documentee.__doc__, example_in_place(BY_NAME[name], documentee)]
            documentee.__doc__ = "\n\n".join(filter(None, parts))
        return documentee

    return complete


def _rest(entry: Entry) -> str:
    differences = [f"- {d.name}: {d.description}" for d in entry.differences]
    if not hasattr(torch.nn.functional, entry.name):
        differences = [f"torch has no {entry.name}."]
    sections = {
        "Formula": [entry.formula],
        "Domain": [entry.domain],
        "Dtypes": [DTYPES],
        "Raises": [
            f"RuntimeError: Another dtype or a bad argument; the message names {entry.name}."
        ],
        "Differences from torch": differences or ["None but rounding."],
        "Source": [entry.source],
    }
    return "\n\n".join(f"{title}:\n{_indented(lines)}" for title, lines in sections.items())


def _indented(lines: list[str]) -> str:
    return "\n".join(
        textwrap.fill(line, 96, initial_indent="    ", subsequent_indent="      ") for line in lines
    )
