"""What can be done with an activation: each probe tries it, on ours and on torch's alike.

A probe says whether it worked, or None where there is nothing to try. An exception is a no.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad, gradcheck, gradgradcheck

from torch_act.command_line.calls import Call

ALONG_DIM = ("glu", "gated", "softmax", "softmin", "log_softmax")


@dataclass(frozen=True)
class Subject:
    """Ours or torch's: the function, and where it may have in-place and out= forms."""

    call: Call
    function: Callable[..., Tensor]
    in_place: Sequence[Callable[..., Tensor]]
    out: Sequence[Callable[..., Tensor]]

    def inputs(self, dtype: torch.dtype = torch.float64) -> tuple[Tensor, ...]:
        """Differentiable ones; no kink of an op lies within a step of gradcheck."""
        x = torch.linspace(-4.23, 4.19, 24, dtype=torch.float64).view(4, 6).to(dtype)
        return tuple(t.requires_grad_() for t in (x, *self.call.further_inputs(x)))

    def seeded(self, *tensors: Tensor) -> Tensor:
        """The function, with the same random numbers at every call."""
        if self.call.entry.name == "rrelu":
            torch.manual_seed(0)
        return self.function(*tensors)


def ours(call: Call) -> Subject:
    """What torch_act offers."""
    name = call.entry.name
    in_place = getattr(torch.ops.act, name + "_", None)
    return Subject(call, call.ours, [in_place] if in_place else [], [getattr(torch.ops.act, name)])


def torchs(call: Call) -> Subject:
    """What torch offers, wherever it keeps it."""
    name, homes = call.entry.name, (torch, torch.nn.functional, torch._C._nn)
    function = call.torchs or partial(getattr(torch, name), **call.arguments)
    in_place = [getattr(home, name + "_") for home in homes if hasattr(home, name + "_")]
    in_place.append(partial(getattr(function, "func", function), inplace=True))
    out = [getattr(home, name) for home in homes if hasattr(home, name)]
    return Subject(call, function, in_place, out)


def _dtype(dtype: torch.dtype, subject: Subject) -> bool:
    inputs = subject.inputs(dtype)
    y = subject.function(*inputs)
    y.backward(torch.ones_like(y))
    gradient = inputs[0].grad
    return y.dtype == dtype and gradient is not None and bool(gradient.isfinite().all())


def _first_order(subject: Subject) -> bool:
    return gradcheck(subject.seeded, subject.inputs(), check_batched_grad=True)


def _second_order(subject: Subject) -> bool:
    return gradgradcheck(subject.seeded, subject.inputs())


def _third_order(subject: Subject) -> bool:
    def gradient(x: Tensor, *others: Tensor) -> Tensor:
        y = subject.seeded(x, *others)
        return torch.autograd.grad(y.sin().sum(), x, create_graph=True)[0]

    return gradgradcheck(gradient, subject.inputs())


def _forward_mode(subject: Subject) -> bool:
    return gradcheck(
        subject.seeded,
        subject.inputs(),
        check_forward_ad=True,
        check_backward_ad=True,
        check_batched_forward_grad=True,
    )


def _forward_over_reverse(subject: Subject) -> bool:
    x, *others = subject.inputs()
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(x, torch.ones_like(x))
        y = subject.seeded(dual, *others)
        (gradient,) = torch.autograd.grad(y.square().sum(), dual, create_graph=True)
        return forward_ad.unpack_dual(gradient).tangent is not None


def _vmap(subject: Subject) -> bool:
    x, *others = (t.detach() for t in subject.inputs())
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="There is a performance drop")
        y = torch.func.vmap(lambda row: subject.function(row, *others), randomness="different")(x)
    return len(y) == len(x)


def _per_sample_gradients(subject: Subject) -> bool:
    x, *others = (t.detach() for t in subject.inputs())
    gradient = torch.func.grad(lambda row: subject.function(row, *others).sum())
    gradients: Tensor = torch.func.vmap(gradient, randomness="different")(x)
    return gradients.shape == x.shape


def _compile(subject: Subject) -> bool:
    torch._dynamo.reset()
    compiled = torch.compile(
        lambda *tensors: subject.function(*tensors),
        fullgraph=True,
        dynamic=True,
        backend="aot_eager",
    )
    inputs = subject.inputs(torch.float32)
    compiled(*inputs).sum().backward()
    return inputs[0].grad is not None


class _Function(torch.nn.Module):
    def __init__(self, function: Callable[..., Tensor]):
        super().__init__()
        self.function = function

    def forward(self, *tensors: Tensor) -> Tensor:
        return self.function(*tensors)


def _export(subject: Subject) -> bool:
    inputs = tuple(t.detach() for t in subject.inputs(torch.float32))
    program = torch.export.export(_Function(lambda *t: subject.function(*t)), inputs)
    exported: Tensor = program.module()(*inputs)
    return exported.shape == subject.function(*inputs).shape


def _any_works(
    forms: Sequence[Callable[..., Tensor]], subject: Subject, x: Tensor, keywords: Mapping[str, Any]
) -> bool:
    others = [t.detach() for t in subject.inputs()[1:]]
    written = keywords.get("out", x)
    for form in forms:
        try:
            result = form(x, *others, **{**subject.call.arguments, **keywords})
        except (TypeError, RuntimeError):
            continue
        if result.data_ptr() == written.data_ptr():
            return True
    return False


def _in_place(subject: Subject) -> bool | None:
    if subject.call.entry.name in ALONG_DIM:
        return None
    return _any_works(subject.in_place, subject, subject.inputs()[0].detach(), {})


def _out(subject: Subject) -> bool:
    inputs = [t.detach() for t in subject.inputs()]
    out = torch.empty_like(subject.function(*inputs))
    return _any_works(subject.out, subject, inputs[0], {"out": out})


def _channels_last(subject: Subject) -> bool | None:
    if subject.call.entry.name in ALONG_DIM:
        return None
    x = torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last)
    return subject.function(x, *subject.call.further_inputs(x)).stride() == x.stride()


def _meta(subject: Subject) -> bool:
    inputs = [t.detach().to("meta") for t in subject.inputs()]
    return subject.function(*inputs).is_meta


def _jagged(subject: Subject) -> bool:
    rows = [torch.randn(size, 6) for size in (2, 3)]
    x = torch.nested.nested_tensor(rows, layout=torch.jagged, requires_grad=True)
    y = subject.function(x, *subject.call.further_inputs(rows[0]))
    (gradient,) = torch.autograd.grad(y, x, torch.ones_like(y))
    return gradient.is_nested


def _sparse(layout: torch.layout, subject: Subject) -> bool:
    dense = torch.tensor([[0.0, 1.5, 0, -2], [3, 0, 0, 0]])
    x = dense.to_sparse(layout=layout)
    return subject.function(x, *subject.call.further_inputs(dense)).layout == layout


PROBES: dict[str, Callable[[Subject], bool | None]] = {
    "float32": partial(_dtype, torch.float32),
    "float64": partial(_dtype, torch.float64),
    "bfloat16": partial(_dtype, torch.bfloat16),
    "float16": partial(_dtype, torch.float16),
    "in place": _in_place,
    "out=": _out,
    "channels_last kept": _channels_last,
    "gradient, batched": _first_order,
    "second order": _second_order,
    "third order": _third_order,
    "forward mode": _forward_mode,
    "forward over reverse": _forward_over_reverse,
    "vmap": _vmap,
    "per-sample gradients": _per_sample_gradients,
    "compile": _compile,
    "export": _export,
    "meta": _meta,
    "jagged": _jagged,
    "sparse COO": partial(_sparse, torch.sparse_coo),
    "sparse CSR": partial(_sparse, torch.sparse_csr),
}


def works(probe: Callable[[Subject], bool | None], subject: Subject) -> bool | None:
    """The probe's answer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return probe(subject)
        except Exception:
            return False
