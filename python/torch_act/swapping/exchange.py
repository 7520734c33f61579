"""swap and unswap: a module becomes ours by its class, and so remains the same object.

Parameters, buffers, hooks, names, training mode and everything that refers to the module, an
optimizer or another module that shares it, are therefore not touched: there is nothing to copy.
What unswap needs to know is kept in the module, where it is copied and pickled with it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from torch_act.swapping import replacements
from torch_act.swapping.finding import Plan, joined, plan_for, title
from torch_act.swapping.report import Exchange, Left, SwapReport
from torch_act.swapping.routing import has_kernels

Where = Callable[[str, nn.Module], bool]

_ORIGINAL = "_torch_act_original"  # the attribute that holds what follows


@dataclass(frozen=True)
class _Original:
    kind: type[nn.Module]
    ours: type | None  # what replaced it, or was mixed into it; None: only functions were replaced
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
        ────  ─────────────  ─────────────────────────────────────
        1     torch.nn.GELU  torch_act.nn.GELU(approximate='tanh')
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
        plan = plan_for(name, module)
        report.left += plan.left
        if not plan.exchanges:
            continue
        reason = refusal or ("excluded by `where`" if where and not where(name, module) else None)
        reason = reason or _become(module, plan)
        if reason:
            report.left += [Left(e.name, e.was, reason) for e in plan.exchanges]
            continue
        shown = f"({module.extra_repr()})" if _stands_for_itself(plan.kind) else ""
        report.exchanged += [
            replace(exchange, now=exchange.now + shown, shared_as=tuple(names[1:]))
            for exchange in plan.exchanges
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
        if not _is_as_swapped(module, original):
            report.left.append(
                Left(name, title(type(module)), "its class was changed since; undo that first")
            )
            continue
        for attribute in original.added:
            attributes.pop(attribute, None)
        for attribute, value in original.attributes.items():
            ours = original.functions.get(attribute)
            if ours is None or attributes.get(attribute) is ours:
                attributes[attribute] = value
                if ours is not None:
                    report.exchanged.append(
                        Exchange(joined(name, attribute), title(ours), title(value))
                    )
        if type(module) is not original.kind:
            was = title(type(module))
            object.__setattr__(module, "__class__", original.kind)
            report.exchanged.append(
                Exchange(name, was, title(original.kind), shared_as=tuple(names[1:]))
            )
        del attributes[_ORIGINAL]
    return report


def _is_as_swapped(module: nn.Module, original: _Original) -> bool:
    if original.ours is None:
        return True
    if type(module) is original.ours:
        return True
    return type(module) is replacements.mixed(original.ours, original.kind)


def is_swapped(module: nn.Module) -> bool:
    """Whether the module itself was swapped, or a function that it keeps."""
    return _ORIGINAL in vars(module)


def _become(module: nn.Module, plan: Plan) -> str | None:
    """Makes the module ours, or says why it cannot be."""
    attributes, kind = vars(module), plan.kind
    replaced = {**plan.attributes, **plan.functions}
    original = _Original(
        type(module),
        kind if kind is None or _stands_for_itself(kind) else kind.__bases__[0],
        {name: attributes[name] for name in replaced if name in attributes},
        tuple(name for name in replaced if name not in attributes),
        plan.functions,
    )
    if kind is not None:
        try:
            # Not by nn.Module's own __setattr__, which is for parameters and submodules.
            object.__setattr__(module, "__class__", kind)
        except TypeError as error:  # a class with a layout of its own, by __slots__ say
            return str(error)
    attributes.update(replaced)
    attributes[_ORIGINAL] = original
    return None


def _stands_for_itself(kind: type[nn.Module] | None) -> bool:
    return kind is not None and not replacements.is_mixed(kind)


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
