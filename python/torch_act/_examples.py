"""The example in a docstring: a call, and what it must print by the mathematical definition.

The numbers are those of the catalogue's pieces, computed in Python when the docstring is made. So
tests/test_docstrings.py, which runs every example, compares the kernels with the definition.
"""

import inspect
import math
import textwrap
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from torch_act.catalogue import Entry, Pieces

POINTS = (-2.0, -0.75, 0.0, 0.75, 3.0)
FUNCTIONS = {name: getattr(math, name) for name in ("exp", "log", "sqrt", "erf", "erfc", "tanh")}
CONSTANTS = {"pi": math.pi, "inf": math.inf, "abs": abs, "__builtins__": {}}


def example(entry: Entry, documentee: Callable[..., Any]) -> str:
    """The section for the function of an op, or for a module. Empty: nothing can be computed."""
    name = documentee.__name__
    if name in entry.examples:
        return _section(entry.examples[name])
    if not entry.pieces:
        return ""
    given = _required(entry, documentee)
    call = (
        f"torch_act.nn.{name}({', '.join(given)})(x)"
        if isinstance(documentee, type)
        else f"torch_act.functional.{name}({', '.join(['x', *given])})"
    )
    return _section(f"{_input()}\n>>> {call}\n{_output(entry)}")


def example_in_place(entry: Entry, documentee: Callable[..., Any]) -> str:
    """The section for the in-place function of an op."""
    arguments = ", ".join(["x", *_required(entry, documentee)])
    call = f"torch_act.functional.{documentee.__name__}({arguments})"
    return _section(f"{_input()}\n>>> {call} is x\nTrue\n>>> x\n{_output(entry)}")


def _section(text: str) -> str:
    return "Example:\n" + textwrap.indent(text, "    ")


def _input() -> str:
    return f">>> x = torch.tensor([{', '.join(map(str, POINTS))}])"


def _required(entry: Entry, documentee: Callable[..., Any]) -> list[str]:
    """What must be given besides the input: those of the first parameter set."""
    signature = inspect.signature(documentee)
    return [
        f"{name}={entry.parameter_sets[0][name]}"
        for name, parameter in signature.parameters.items()
        if parameter.default is parameter.empty and name in entry.parameter_sets[0]
    ]


def _output(entry: Entry) -> str:
    parameters = entry.parameter_sets[0]
    pieces = entry.definition(parameters)
    return _printed(_values(pieces, tuple(entry.numbers_of(parameters).items())))


@cache  # the function, its in-place form and the module
def _values(pieces: Pieces, parameters: tuple[tuple[str, float], ...]) -> tuple[float, ...]:
    scope = {**FUNCTIONS, **CONSTANTS, **dict(parameters)}
    compiled = [
        tuple(compile(text.strip(), text, "eval") for text in (condition, expression))
        for condition, expression in pieces
    ]

    def at(x: float) -> float:
        here = {**scope, "x": x}
        return float(
            next(eval(value, here) for condition, value in compiled if eval(condition, here))
        )

    return tuple(map(at, POINTS))


def _printed(values: Iterable[float]) -> str:
    """As torch prints a vector."""
    values = list(values)
    sizes = [abs(value) for value in values if value] or [1.0]
    if max(sizes) > 1000 * min(sizes) or max(sizes) > 1e8 or min(sizes) < 1e-4:
        texts = [f"{value:.4e}" for value in values]
    elif all(value == round(value) for value in values):
        texts = [f"{value:.0f}." for value in values]
    else:
        texts = [f"{value:.4f}" for value in values]
    width = max(map(len, texts))
    return f"tensor([{', '.join(f'{text:>{width}}' for text in texts)}])"
