"""Every function of several operands that is certified."""

from functools import cache

from torch_act.accuracy.several.biased import biased
from torch_act.accuracy.several.function import Function
from torch_act.accuracy.several.gates import gates
from torch_act.accuracy.several.parametric import parametric
from torch_act.accuracy.several.slopes import slopes


@cache
def functions() -> tuple[Function, ...]:
    """In the order of the table."""
    return (*slopes(), *gates(), *biased(), *parametric())
