"""Meta tensors: shapes, strides, dtypes and errors without data; what torch.compile needs."""

import re

import pytest
import torch
from activations import DTYPES, FORMULAS
from devices import skip_stand_in
from operators import OVERLOADS, arguments
from torch._subclasses.fake_tensor import FakeTensorMode

LAYOUTS = {
    "0-d": lambda: torch.randn(()),
    "empty": lambda: torch.randn(3, 0, 2),
    "matrix": lambda: torch.randn(4, 6),
    "transposed": lambda: torch.randn(4, 6).t(),
    "sliced": lambda: torch.randn(4, 6, 8)[:, 1:4, ::2],
    "permuted": lambda: torch.randn(2, 3, 4, 5).permute(3, 0, 2, 1),
    "permuted, sliced": lambda: torch.randn(2, 3, 4, 5).permute(3, 0, 2, 1)[:, :, 1:],
    "channels_last": lambda: torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
    "channels_last_3d": lambda: torch.randn(2, 3, 4, 5, 2).to(memory_format=torch.channels_last_3d),
    "expanded": lambda: torch.randn(4, 1).expand(4, 6),
}


def _operations(case):
    return {
        "value": case.value,
        "in place": lambda x: case.in_place(x),
        "out": lambda x: case.out(x, torch.empty(0, dtype=x.dtype, device=x.device)),
        "backward": lambda x: case.backward(x, x),
        "double backward": lambda x: case.double_backward(x, x, x),
    }


# prelu and rrelu, in the shape of a case.
OTHERS = {
    "prelu": lambda x: torch.ops.act.prelu(x, x.new_empty(1)),
    "prelu_backward": lambda x: torch.ops.act.prelu_backward(x, x, x.new_empty(1)),
    "rrelu in training": lambda x: torch.ops.act.rrelu(x, 0.1, 0.2, True),
    "rrelu": lambda x: torch.ops.act.rrelu(x),
}


def _compare(operation, x):
    real = operation(x)
    meta_input = torch.empty_strided(x.size(), x.stride(), dtype=x.dtype, device="meta")
    meta = operation(meta_input)
    with FakeTensorMode() as mode:
        fake = operation(mode.from_tensor(x))
    for a, b, c in zip(
        *((t,) if torch.is_tensor(t) else t for t in (real, meta, fake)), strict=True
    ):
        assert b.device.type == "meta"
        assert c.device == x.device
        for result in (b, c):
            assert a.shape == result.shape
            assert a.dtype == result.dtype
            if a.numel():
                assert a.stride() == result.stride()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_meta_and_fake_results_look_like_real_ones(case, layout, device):
    like = LAYOUTS[layout]()
    for dtype in DTYPES:
        x = torch.empty_strided(like.size(), like.stride(), dtype=dtype, device=device).zero_()
        for name, operation in _operations(case).items():
            if name == "in place" and "expanded" in layout:
                continue
            _compare(operation, x)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", OTHERS)
def test_meta_of_prelu_and_rrelu(name, layout, device):
    like = LAYOUTS[layout]()
    for dtype in DTYPES:
        _compare(
            OTHERS[name],
            torch.empty_strided(like.size(), like.stride(), dtype=dtype, device=device).zero_(),
        )


@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_meta_out_is_resized(case):
    x = torch.empty(3, 4, device="meta")
    assert case.out(x, torch.empty(0, device="meta")).shape == (3, 4)


@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_meta_refuses_what_the_cpu_refuses(case):
    integers = torch.ones(3, dtype=torch.int32, device="meta")
    for operation in _operations(case).values():
        with pytest.raises(RuntimeError, match=f"act::{case.name}"):
            operation(integers)
    x = torch.empty(3, device="meta")
    with pytest.raises(RuntimeError, match=f"act::{case.name}.*grad_output"):
        case.backward(torch.empty(4, device="meta"), x)
    with pytest.raises(RuntimeError, match=f"act::{case.name}.*out"):
        case.out(x, torch.empty(3, dtype=torch.float64, device="meta"))


@pytest.mark.parametrize("overload", OVERLOADS, ids=str)
def test_tensors_on_two_devices(overload):
    """Refused by the name of the op: what the CPU has in the place of a meta tensor, here."""
    positional, keywords = torch.utils._pytree.tree_map_only(
        torch.Tensor, lambda t: t.to("meta"), arguments(overload)
    )
    tensors = [t for t in (*positional, *keywords.values()) if torch.is_tensor(t)]
    name = re.match("act::(leaky_relu|log_softmax|[a-z0-9]+)", overload._schema.name)
    for moved in tensors[1:]:

        def given(t, moved=moved):
            return torch.zeros_like(t, device="cpu") if t is moved else t

        others = {key: given(value) for key, value in keywords.items()}
        with pytest.raises(RuntimeError, match=rf"{name[0]}.* on (the device of |meta)"):
            overload(*map(given, positional), **others)


@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_autograd_on_meta(case):
    x = torch.empty(2, 3, device="meta", requires_grad=True)
    (gradient,) = torch.autograd.grad(case.value(x).sum(), x, create_graph=True)
    assert gradient.shape == (2, 3)
    assert gradient.is_meta
    (second,) = torch.autograd.grad(gradient.sum(), x)
    assert second.shape == (2, 3)
    assert second.is_meta


@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_opcheck(case, device):
    """torch's own examination: schema, autograd registration, fake tensors, dynamic shapes."""
    skip_stand_in(device, "opcheck knows no such device")
    x = torch.linspace(-3, 3, 12, device=device).view(3, 4)
    torch.library.opcheck(
        getattr(torch.ops.act, case.name).default, (x.clone().requires_grad_(),), case.keywords
    )
    backward = getattr(torch.ops.act, case.name + "_backward").default
    torch.library.opcheck(backward, (torch.ones_like(x), x.clone().requires_grad_()), case.keywords)


def test_opcheck_of_prelu(device):
    skip_stand_in(device, "opcheck knows no such device")
    x, weight = (
        torch.randn(3, 4, requires_grad=True, device=device),
        torch.rand(4, requires_grad=True, device=device),
    )
    torch.library.opcheck(torch.ops.act.prelu.default, (x, weight))
    torch.library.opcheck(
        torch.ops.act.prelu_backward.default, (torch.ones(3, 4, device=device), x, weight)
    )
