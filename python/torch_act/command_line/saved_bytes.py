"""How many bytes for each element an activation keeps for its backward."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

import torch_act
from torch_act.command_line.probes import Subject

ELEMENTS = (64, 96)


def saved_bytes(subject: Subject, *, in_place: bool, as_bits: bool = False) -> float | None:
    """Bytes for each element of the input, float32; None where there is no such form.

    Every tensor counts that autograd saves: in place only what is not the result itself, which is
    there anyhow. A parameter, prelu's weight, does not count.
    """
    x = torch.randn(ELEMENTS, requires_grad=True) * 1
    others = subject.call.further_inputs(x)
    if not in_place:
        return _measure(lambda: subject.function(x, *others), x, others, as_bits, result_free=False)
    for form in subject.in_place:
        try:
            return _measure(
                partial(form, x * 1, *others, **subject.call.arguments),
                x,
                others,
                as_bits,
                result_free=True,
            )
        except (TypeError, RuntimeError):
            continue
    return None


def _measure(
    function: Callable[[], Tensor],
    x: Tensor,
    parameters: tuple[Tensor, ...],
    as_bits: bool,
    result_free: bool,
) -> float:
    saved: dict[int, int] = {}
    kept = []  # a freed tensor's address could be given to the next

    def pack(tensor: Tensor) -> Tensor:
        if all(tensor is not parameter for parameter in parameters):
            kept.append(tensor)
            saved[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        if as_bits:
            with torch_act.saved_as("bits"):
                result = function()
        else:
            result = function()
    if result_free:
        saved.pop(result.untyped_storage().data_ptr(), None)
    return sum(saved.values()) / x.numel()
