"""Jagged nested tensors: what torch leaves open.

By their tag torch itself applies pointwise ops with one or two tensors to the values of a jagged
tensor. The rules here add the ops with more of them, those with `out=`, and the ops that are not
pointwise.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload
from torch.nested._internal.nested_tensor import NestedTensor
from torch.nested._internal.ops import extract_kwargs

from torch_act._operators import operators
from torch_act.catalogue import CATALOGUE

Arguments = Sequence[Any]
Rule = Callable[[OpOverload, NestedTensor, Arguments, dict[str, Any]], Any]


def _values(argument: Any) -> Any:
    return argument._values if isinstance(argument, NestedTensor) else argument


def _ragged_size(tensor: NestedTensor) -> tuple[int, Any]:
    return tensor._ragged_idx, tensor._size[tensor._ragged_idx]


def _wrap(like: NestedTensor, values: Tensor) -> NestedTensor:
    return NestedTensor(values, **extract_kwargs(like))


def _by_element(op: OpOverload, like: NestedTensor, args: Arguments, kwargs: dict[str, Any]) -> Any:
    keywords = {key: _values(value) for key, value in kwargs.items()}
    result = op(*(_values(arg) for arg in args), **keywords)
    if "out" in kwargs:
        return kwargs["out"]
    if isinstance(result, tuple):
        return tuple(_wrap(like, part) for part in result)
    return args[0] if op._schema.is_mutable else _wrap(like, result)


def _state(op: OpOverload, like: NestedTensor, args: Arguments, kwargs: dict[str, Any]) -> Tensor:
    state: Tensor = op(like._values, *args[1:], **kwargs)
    return state


def _along_dim(op: OpOverload, like: NestedTensor, args: Arguments, kwargs: dict[str, Any]) -> Any:
    place = [argument.name for argument in op._schema.arguments].index("dim")
    given: Any = args[place] if place < len(args) else op._schema.arguments[place].default_value
    dim, ragged = given % like.dim(), like._ragged_idx
    name = op._schema.name.removeprefix("act::")
    # The halves of a row, and the elements of the same place in rows, need not be equally many.
    if dim == 0 or (dim == ragged and name.startswith("glu")) or "out" in kwargs:
        what = "out=" if "out" in kwargs else f"dim {given} of"
        raise NotImplementedError(f"act::{name}: {what} a jagged tensor of shape {like.shape}")
    # Without the batch's dimension each dimension's number is one less.
    tensors, others = [_values(arg) for arg in args[:place]], args[place + 1 :]

    def call(*parts: Tensor) -> Tensor:
        result: Tensor = op(*parts, dim - 1, *others, **kwargs)
        return result

    if dim != ragged:
        return _wrap(like, call(*tensors))
    if like._lengths is not None:
        raise NotImplementedError(f"act::{name}: dim {given} of a jagged tensor with holes")
    lengths = like._offsets.diff().tolist()
    rows = zip(*(tensor.split(lengths, dim - 1) for tensor in tensors), strict=True)
    return _wrap(like, torch.cat([call(*row) for row in rows], dim - 1))


def _fused(op: OpOverload, like: NestedTensor, args: Arguments, kwargs: dict[str, Any]) -> Any:
    """gated and bias_act, whose `dim` is a keyword: any but the batch's and the ragged one."""
    name, given = op._schema.name.removeprefix("act::"), kwargs.pop("dim", -1)
    dim = given % like.dim()
    if dim in (0, like._ragged_idx) or "out" in kwargs:
        what = "out=" if "out" in kwargs else f"dim {given} of"
        raise NotImplementedError(f"act::{name}: {what} a jagged tensor of shape {like.shape}")
    result = op(*(_values(arg) for arg in args), dim=dim - 1, **kwargs)
    if isinstance(result, tuple):  # the second is the bias's
        return _wrap(like, result[0]), result[1]
    return _wrap(like, result)


def _parametric(op: OpOverload, like: NestedTensor, args: Arguments, kwargs: dict[str, Any]) -> Any:
    tensors = [arg for arg in args if isinstance(arg, torch.Tensor)]
    parameters = [tensor for tensor in tensors if not isinstance(tensor, NestedTensor)]
    if like._ragged_idx == 1 and any(parameter.numel() != 1 for parameter in parameters):
        name = op._schema.name.removesuffix("_backward").removesuffix("_")
        raise NotImplementedError(
            f"{name}: a weight for each channel, where the channels, dimension 1, are the ragged"
            f" dimension of a jagged tensor of shape {like.shape}"
        )
    # The channels are dimension 1, once more with one row to a batch.
    batch = [arg._values.unsqueeze(0) if isinstance(arg, NestedTensor) else arg for arg in args]
    keywords = {key: _values(value).unsqueeze(0) for key, value in kwargs.items()}
    result = op(*batch, **keywords)
    if op._schema.is_mutable:
        return kwargs.get("out", args[0])
    if isinstance(result, tuple):
        return _wrap(like, result[0].squeeze(0)), *result[1:]
    return _wrap(like, result.squeeze(0))


_WITH_LEARNED_TENSORS = {entry.name for entry in CATALOGUE if entry.tensors}


def _rule(op: OpOverload) -> Rule | None:
    name, arguments = op._schema.name.removeprefix("act::"), op._schema.arguments
    if name == "philox_state" or name.endswith("_slope_bits"):
        return _state
    if name.removesuffix("_backward").removesuffix("_") in _WITH_LEARNED_TENSORS:
        return _parametric
    if any(argument.name == "dim" for argument in arguments):
        return _fused if name.startswith(("gated", "bias_act")) else _along_dim
    tensors = sum(isinstance(argument.type, torch.TensorType) for argument in arguments)
    by_torch = torch.Tag.pointwise in op.tags and tensors <= 2 and not arguments[-1].is_out
    return None if by_torch or name == "rrelu" else _by_element


def _dispatcher(rule: Rule) -> Callable[..., Any]:
    def dispatch(cls: type, op: OpOverload, types: Any, args: Any, kwargs: Any) -> Any:
        nested = [
            argument
            for argument in (*args, *(kwargs or {}).values())
            if isinstance(argument, NestedTensor)
        ]
        like = nested[0]
        for other in nested[1:]:
            # The other dimensions are the op's to check, on the values.
            if _ragged_size(other) != _ragged_size(like):
                raise RuntimeError(
                    f"{op}: expected jagged tensors of the same lengths, got shapes "
                    f"{tuple(like.shape)} and {tuple(other.shape)}"
                )
        return rule(op, like, args, dict(kwargs or {}))

    return dispatch


def register() -> None:
    """Registers the rules with torch."""
    for op in operators():
        rule = _rule(op)
        if rule is not None:
            torch.library.register_torch_dispatch(op._name, NestedTensor, _dispatcher(rule))
