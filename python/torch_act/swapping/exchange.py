"""swap and unswap: a module becomes ours by its class, and so remains the same object.

Parameters, buffers, hooks, names, training mode and everything that refers to the module, an
optimizer or another module that shares it, are therefore not touched: there is nothing to copy.
What unswap needs to know is kept in the module, where it is copied and pickled with it.
"""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType
from typing import Any

import torch
from torch import nn

import torch_act.nn
from torch_act.swapping import correspondences, replacements
from torch_act.swapping.report import Exchange, Left, SwapReport
from torch_act.swapping.routing import has_kernels

Where = Callable[[str, nn.Module], bool]

_ORIGINAL = "_torch_act_original"  # the attribute that holds what follows


@dataclass(frozen=True)
class _Original:
    kind: type[nn.Module]
    attributes: dict[str, Any]  # their values before
    added: tuple[str, ...]  # attributes that were not there before
    functions: dict[str, Any]  # ours, to see whether somebody replaced them since


def swap(model: nn.Module, *, inplace: bool = True, where: Where | None = None) -> SwapReport:
    """Replaces a model's activations by ours, and reports what was replaced and what was left.

    Modules of torch.nn, transformers, timm and diffusers that compute one of our functions, and
    functions that modules keep as attributes (``self.act = F.gelu``). The modules stay the same
    objects, with another class: parameters, hooks, names, training mode and the state_dict stay as
    they are, optimizers go on working, shared modules stay shared. Subclasses that do not override
    forward are swapped and remain instances of their class; those that do are left.

    Args:
        model: Any module, an activation itself too.
        inplace: False leaves this model as it is and swaps a copy, ``report.model``.
        where: Called with name and module; False leaves the module.

    Returns:
        A report. Printed, it is a table; ``report.model`` is the swapped model.

    Example:
        >>> model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.GELU(approximate="tanh"))
        >>> torch_act.swap(model)
        Sequential: 1 exchanged, 0 left
        <BLANKLINE>
        name  was            is now
        ────  ─────────────  ────────────────────────────
        1     torch.nn.GELU  torch_act.nn.GELU
        >>> model(torch.zeros(2, 4)).shape
        torch.Size([2, 4])
    """
    model = model if inplace else copy.deepcopy(model)
    report = SwapReport(model)
    refusal = _refusal(model)
    for names, module in _modules(model):
        name = names[0]
        if _ORIGINAL in vars(module):
            continue
        plan = _plan(name, module)
        for left in plan.left:
            report.left.append(left)
        if not plan.exchanges:
            continue
        reason = refusal or ("excluded by `where`" if where and not where(name, module) else "")
        if reason:
            report.left += [Left(e.name, e.was, reason) for e in plan.exchanges]
            continue
        try:
            _become(module, plan)
        except TypeError as error:  # a class with a layout of its own, __slots__ say
            report.left += [Left(e.name, e.was, str(error)) for e in plan.exchanges]
            continue
        shared_as = tuple(names[1:])
        report.exchanged += [
            Exchange(e.name, e.was, e.now, e.remark, shared_as) for e in plan.exchanges
        ]
    return report


def unswap(model: nn.Module, *, inplace: bool = True) -> SwapReport:
    """Undoes :func:`swap`: every module has its class again, and its parameters as they are now.

    Args:
        model: A model that was swapped, or a copy of one, or one that was pickled and loaded.
        inplace: False leaves this model as it is and restores a copy, ``report.model``.

    Example:
        >>> model = torch.nn.Sequential(torch.nn.PReLU())
        >>> weight = model[0].weight
        >>> _ = torch_act.swap(model)
        >>> _ = torch_act.unswap(model)
        >>> type(model[0]) is torch.nn.PReLU and model[0].weight is weight
        True
    """
    model = model if inplace else copy.deepcopy(model)
    report = SwapReport(model)
    for names, module in _modules(model):
        name, attributes = names[0], vars(module)
        original = attributes.get(_ORIGINAL)
        if original is None:
            continue
        for attribute in original.added:
            attributes.pop(attribute, None)
        for attribute, value in original.attributes.items():
            ours = original.functions.get(attribute)
            if ours is None or attributes.get(attribute) is ours:
                attributes[attribute] = value
                if ours is not None:
                    report.exchanged.append(
                        Exchange(_joined(name, attribute), _title(ours), _title(value))
                    )
        if type(module) is not original.kind:
            was = _title(type(module))
            object.__setattr__(module, "__class__", original.kind)
            report.exchanged.append(
                Exchange(name, was, _title(original.kind), shared_as=tuple(names[1:]))
            )
        del attributes[_ORIGINAL]
    return report


def is_swapped(module: nn.Module) -> bool:
    """Whether the module itself was swapped, or a function that it keeps."""
    return _ORIGINAL in vars(module)


@dataclass
class _Plan:
    """What shall become of one module."""

    kind: type[nn.Module] | None
    attributes: dict[str, Any]
    functions: dict[str, Any]
    exchanges: list[Exchange]
    left: list[Left]


def _plan(name: str, module: nn.Module) -> _Plan:
    plan = _Plan(None, {}, {}, [], [])
    found = _find(module)
    if isinstance(found, str):
        plan.left.append(Left(name, _title(type(module)), found))
        return plan
    if found is not None:
        plan.kind, correspondence = found
        plan.attributes = dict(correspondence.attributes)
        plan.exchanges.append(
            Exchange(name, _title(type(module)), _title(plan.kind), correspondence.remark)
        )
        return plan
    for attribute, value in _functions(module):
        ours = _function(value)
        full_name = _joined(name, attribute)
        if ours is not None:
            plan.functions[attribute] = ours
            plan.exchanges.append(Exchange(full_name, _title(value), _title(ours), _remark(module)))
        elif "act" in attribute and not _is_ours(value):
            plan.left.append(
                Left(full_name, _title(value), "not in the table; see torch_act.active")
            )
    return plan


def _find(module: nn.Module) -> tuple[type[nn.Module], correspondences.Correspondence] | str | None:
    """The class that a module shall have, or why it is left, or None: it is no activation."""
    kind = type(module)
    if kind.__module__ == torch_act.nn.__name__:
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


def _become(module: nn.Module, plan: _Plan) -> None:
    attributes = vars(module)
    replaced = {**plan.attributes, **plan.functions}
    original = _Original(
        type(module),
        {name: attributes[name] for name in replaced if name in attributes},
        tuple(name for name in replaced if name not in attributes),
        plan.functions,
    )
    if plan.kind is not None:
        # Not by nn.Module's own __setattr__, which is for parameters and submodules.
        object.__setattr__(module, "__class__", plan.kind)
    attributes.update(replaced)
    attributes[_ORIGINAL] = original


def _modules(model: nn.Module) -> list[tuple[list[str], nn.Module]]:
    """Every module once, with all its names."""
    found: dict[int, tuple[list[str], nn.Module]] = {}
    for name, module in model.named_modules(remove_duplicate=False):
        found.setdefault(id(module), ([], module))[0].append(name)
    return list(found.values())


def _refusal(model: nn.Module) -> str:
    """Why nothing can be swapped: the model is where this build has no kernels."""
    for device in {tensor.device.type for tensor in (*model.parameters(), *model.buffers())}:
        if not has_kernels(device):
            return f"this build of torch_act has no kernels for {device}"
    return ""


def _joined(name: str, attribute: str) -> str:
    return f"{name}.{attribute}" if name else attribute


def _title(thing: Any) -> str:
    """A class or a function, as one would write it."""
    if type(thing) is functools.partial:
        arguments = [repr(a) for a in thing.args]
        arguments += [f"{name}={value!r}" for name, value in thing.keywords.items()]
        return f"partial({', '.join([_title(thing.func), *arguments])})"
    ours = getattr(thing, replacements.COMPUTED_BY, None)
    if ours is not None:
        return f"{thing.__module__}.{thing.__qualname__} by {_title(ours)}"
    module = str(getattr(thing, "__module__", None) or "torch.Tensor")
    name = getattr(thing, "__qualname__", None) or repr(thing)
    for public, inner in (
        ("torch.nn.functional", "torch._C._nn"),
        ("torch.nn", "torch.nn.modules"),
    ):
        if module == inner or module.startswith(inner + "."):
            module = public
    return f"{module}.{name}"
