"""What shall become of a module: the table asked, and what forbids to follow it."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType
from typing import Any

import torch
from torch import nn
from torch.nn.utils import parametrize

import torch_act.nn
from torch_act.swapping import correspondences, replacements
from torch_act.swapping.report import Exchange, Left


@dataclass
class Plan:
    """What shall become of one module."""

    kind: type[nn.Module] | None
    attributes: dict[str, Any]
    functions: dict[str, Any]
    exchanges: list[Exchange]
    left: list[Left]


def plan_for(name: str, module: nn.Module) -> Plan:
    plan = Plan(None, {}, {}, [], [])
    found = _find(module)
    if isinstance(found, str):
        plan.left.append(Left(name, title(type(module)), found))
        return plan
    if found is not None:
        plan.kind, correspondence = found
        plan.attributes = dict(correspondence.attributes)
        plan.exchanges.append(
            Exchange(name, title(type(module)), title(plan.kind), correspondence.remark)
        )
        return plan
    for attribute, value in _functions(module):
        ours = _function(value)
        full_name = joined(name, attribute)
        if ours is not None:
            plan.functions[attribute] = ours
            plan.exchanges.append(Exchange(full_name, title(value), title(ours), _remark(module)))
        elif "act" in attribute and not _is_ours(value):
            plan.left.append(
                Left(full_name, title(value), "not in the table; see torch_act.active")
            )
    return plan


def _find(module: nn.Module) -> tuple[type[nn.Module], correspondences.Correspondence] | str | None:
    """The class that a module shall have, or why it is left, or None: it is no activation."""
    kind: Any = type(module)
    if any(base.__module__ == torch_act.nn.__name__ for base in kind.__mro__):
        return None
    if isinstance(module, torch.jit.ScriptModule):
        scripted = hasattr(torch_act.nn, getattr(module, "original_name", ""))
        return "compiled by torch.jit" if scripted else None
    named = correspondences.named(kind)
    base = next((base for base in kind.__mro__ if base in correspondences.TORCH), None)
    if named is None and base is None:
        return _unknown(module)
    if "forward" in vars(module):
        return "its forward was replaced by assignment"
    if parametrize.is_parametrized(module):
        return "parametrized, which is a change of its class as well"
    if named is not None:
        ours = named.replacement()
        if ours is None:
            return named.remark or f"torch_act has no operator for {named.ours} yet"
        if issubclass(ours, replacements.Mixin):
            return replacements.mixed(ours, kind), named
        return ours, named
    assert base is not None
    if kind.forward is not base.forward or kind.__call__ is not base.__call__:
        return f"overrides the forward of torch.nn.{base.__name__}"
    ours = correspondences.TORCH[base]
    plain = correspondences.Correspondence(ours.__name__)
    return (ours if kind is base else replacements.mixed(ours, kind)), plain


# Names that activations have, to report those that the table lacks.
_LIKE_AN_ACTIVATION = re.compile(
    r"(?i)relu|gelu|elu$|silu|swish|swiglu|mish|sigmoid|tanh|soft(max|min|plus|sign)|snake|activation$"
)


def _unknown(module: nn.Module) -> str | None:
    leaf = next(module.children(), None) is None
    if leaf and _LIKE_AN_ACTIVATION.search(type(module).__name__):
        return "not in the table; see torch_act.active"
    return None


def _functions(module: nn.Module) -> Iterator[tuple[str, Any]]:
    """Functions that the module keeps as attributes; not classes, nor methods."""
    for attribute, value in vars(module).items():
        function = value.func if type(value) is functools.partial else value
        if isinstance(function, (FunctionType, BuiltinFunctionType, MethodDescriptorType)):
            yield attribute, value


def _function(theirs: Any) -> Any:
    if type(theirs) is not functools.partial:
        return correspondences.function(theirs)
    ours = correspondences.function(theirs.func)
    return ours and functools.partial(ours, *theirs.args, **theirs.keywords)


def _is_ours(function: Any) -> bool:
    function = function.func if type(function) is functools.partial else function
    return str(getattr(function, "__module__", "")).partition(".")[0] == "torch_act"


def _remark(module: nn.Module) -> str:
    if isinstance(module, nn.TransformerEncoderLayer):
        return "torch's fused layer, in evaluation, keeps its own"
    return ""


def joined(name: str, attribute: str) -> str:
    return f"{name}.{attribute}" if name else attribute


def title(thing: Any) -> str:
    """A class or a function, as one would write it."""
    if type(thing) is functools.partial:
        arguments = [repr(a) for a in thing.args]
        arguments += [f"{name}={value!r}" for name, value in thing.keywords.items()]
        return f"partial({', '.join([title(thing.func), *arguments])})"
    if replacements.is_mixed(thing):
        ours = thing.__bases__[0]
        return f"{thing.__qualname__} by {getattr(ours, 'computed_by', None) or title(ours)}"
    module = str(getattr(thing, "__module__", None) or "torch.Tensor")
    name = getattr(thing, "__qualname__", None) or repr(thing)
    if module.startswith("torch.nn.modules."):
        module = "torch.nn"
    elif module == "torch._C._nn":
        module = "torch.nn.functional"
    return f"{module}.{name}"
