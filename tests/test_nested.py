"""Nested tensors, jagged and strided, against the same op on each of their tensors."""

import pytest
import torch
from activations import CASES, FORMULAS, same_bits
from parametric import OPS as PARAMETRIC
from torch_act.catalogue import CATALOGUE

pytestmark = pytest.mark.filterwarnings(
    "ignore:The PyTorch API of nested tensors is in prototype stage"
)

LENGTHS = (2, 4, 1, 3)
LAYOUTS = (torch.jagged, torch.strided)
SOFTMAX = ("softmax", "softmin", "log_softmax")
act = torch.ops.act

layouts = pytest.mark.parametrize("layout", LAYOUTS, ids=str)
cases = pytest.mark.parametrize("case", CASES, ids=str)
formulas = pytest.mark.parametrize("case", FORMULAS, ids=str)
members = pytest.mark.parametrize("name", SOFTMAX)


def tensors(device, seed=0, width=6):
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.randn(length, width, generator=generator, dtype=torch.float64).to(device)
        for length in LENGTHS
    ]


def nest(parts, layout, like=None):
    if like is not None and layout == torch.jagged:  # another tensor's offsets are another shape
        return torch.nested.nested_tensor_from_jagged(torch.cat(parts), like.offsets())
    return torch.nested.nested_tensor(parts, layout=layout)


def expect(nested, parts, layout=None):
    assert nested.is_nested
    assert layout is None or nested.layout == layout
    found = nested.unbind()
    assert len(found) == len(parts)
    for one, part in zip(found, parts, strict=True):
        assert same_bits(one, part)


@cases
@layouts
@pytest.mark.parametrize("inference", [False, True])
def test_value(case, layout, inference, device):
    with torch.inference_mode(inference):
        x = nest(tensors(device), layout)
        expect(case.value(x), [case.value(part) for part in tensors(device)], layout)
        result = case.in_place(x)
        # Below autograd torch itself wraps the values of a jagged tensor anew.
        assert result is x or (inference and layout == torch.jagged)
        expect(x, [case.value(part) for part in tensors(device)])


@formulas
@layouts
def test_out(case, layout, device):
    x = nest(tensors(device), layout)
    out = nest(tensors(device, 1), layout, like=x)
    assert case.out(x, out) is out
    expect(out, [case.value(part) for part in tensors(device)])


@cases
@layouts
def test_gradients(case, layout, device):
    """First and second order, and the gradient after an in-place op."""
    x = nest(tensors(device), layout).requires_grad_()
    g, gg = (nest(tensors(device, seed), layout, like=x) for seed in (1, 2))
    (grad,) = torch.autograd.grad(case.value(x), x, g, create_graph=True)
    (second,) = torch.autograd.grad(grad, x, gg)
    (in_place,) = torch.autograd.grad(case.in_place(x * 1), x, g)

    firsts, seconds, in_places = [], [], []
    for part, upstream, third in zip(
        tensors(device), tensors(device, 1), tensors(device, 2), strict=True
    ):
        leaf = part.requires_grad_()
        (first,) = torch.autograd.grad(case.value(leaf), leaf, upstream, create_graph=True)
        firsts.append(first)
        seconds.extend(torch.autograd.grad(first, leaf, third))
        in_places.extend(torch.autograd.grad(case.in_place(leaf * 1), leaf, upstream))
    expect(grad, firsts, layout)
    expect(second, seconds, layout)
    expect(in_place, in_places, layout)


@members
@layouts
@pytest.mark.parametrize("dim", [1, 2, -1])
def test_softmax(name, layout, dim, device):
    op, inner = getattr(act, name), dim - 1 if dim > 0 else dim
    x = nest(tensors(device), layout).requires_grad_()
    y = op(x, dim)
    expect(y, [op(part, inner) for part in tensors(device)], layout)
    expect(
        op(x, dim, dtype=torch.float32),
        [op(p, inner, dtype=torch.float32) for p in tensors(device)],
    )
    (grad,) = torch.autograd.grad(y, x, nest(tensors(device, 1), layout, like=x))
    expected = []
    for part, upstream in zip(tensors(device), tensors(device, 1), strict=True):
        leaf = part.requires_grad_()
        expected.extend(torch.autograd.grad(op(leaf, inner), leaf, upstream))
    expect(grad, expected, layout)
    with torch.inference_mode():
        expect(
            op(nest(tensors(device), layout), dim), [op(part, inner) for part in tensors(device)]
        )


@members
@layouts
def test_softmax_across_the_batch(name, layout, device):
    """As torch: what would be summed is not of one shape."""
    with pytest.raises((NotImplementedError, RuntimeError), match=f"act::{name}: .*dim"):
        getattr(act, name)(nest(tensors(device), layout), 0)


def test_softmax_against_torch(device):
    x = nest(tensors(device), torch.jagged)
    for dim in (1, 2):
        for ours, theirs in zip(act.softmax(x, dim).unbind(), x.softmax(dim).unbind(), strict=True):
            torch.testing.assert_close(ours, theirs)


def test_jagged_glu(device):
    x = nest(tensors(device), torch.jagged).requires_grad_()
    y = act.glu(x, -1)
    expect(y, [act.glu(part, -1) for part in tensors(device)])
    g = tensors(device, 1, width=3)
    (grad,) = torch.autograd.grad(y, x, nest(g, torch.jagged, like=x))
    expected = []
    for part, upstream in zip(tensors(device), g, strict=True):
        leaf = part.requires_grad_()
        expected.extend(torch.autograd.grad(act.glu(leaf, -1), leaf, upstream))
    expect(grad, expected)
    with pytest.raises(NotImplementedError, match="act::glu: dim 1"):  # not every length is even
        act.glu(x, 1)


def test_jagged_prelu(device):
    weight = torch.full((1,), 0.3, dtype=torch.float64, requires_grad=True, device=device)
    x = nest(tensors(device), torch.jagged).requires_grad_()
    y = act.prelu(x, weight)
    expect(y, [act.prelu(part, weight) for part in tensors(device)])
    grads = torch.autograd.grad(y, [x, weight], nest(tensors(device, 1), torch.jagged, like=x))
    leaf = torch.cat(tensors(device)).requires_grad_()
    expected = torch.autograd.grad(
        act.prelu(leaf, weight), [leaf, weight], torch.cat(tensors(device, 1))
    )
    assert torch.equal(grads[0].values(), expected[0])
    torch.testing.assert_close(grads[1], expected[1])
    written = nest(tensors(device), torch.jagged)
    assert act.prelu_(written, weight.detach()) is written
    expect(written, [act.prelu(part, weight) for part in tensors(device)])
    # With the channels in dimension 1 the ragged dimension is another one.
    slopes = torch.rand(LENGTHS[0], dtype=torch.float64, device=device)
    with pytest.raises(NotImplementedError, match="act::prelu: a weight for each channel"):
        act.prelu(x, slopes)
    channels = torch.rand(6, dtype=torch.float64, device=device)
    expect(
        act.prelu(x.transpose(1, 2), channels),
        [act.prelu(part.T[None], channels)[0] for part in tensors(device)],
    )


@layouts
def test_rrelu(layout, device):
    """In training every element draws a slope of its own; torch has neither of the two."""
    x = nest(tensors(device), layout).requires_grad_()
    expect(act.rrelu(x), [act.rrelu(part) for part in tensors(device)])
    if layout == torch.strided:
        with pytest.raises(NotImplementedError, match="philox_state"):
            act.rrelu(x, training=True)
        return
    y = act.rrelu(x, training=True, generator=torch.Generator(device).manual_seed(1))
    leaf = torch.cat(tensors(device)).requires_grad_()
    expected = act.rrelu(leaf, training=True, generator=torch.Generator(device).manual_seed(1))
    assert torch.equal(y.values(), expected)
    g = torch.cat(tensors(device, 1))
    (grad,) = torch.autograd.grad(y, x, torch.nested.nested_tensor_from_jagged(g, x.offsets()))
    (wanted,) = torch.autograd.grad(expected, leaf, g)
    assert torch.equal(grad.values(), wanted)
    state = torch.tensor([5, 0], device=device)
    results = act.rrelu_with_slopes(x.detach(), state)
    for result, expected in zip(results, act.rrelu_with_slopes(leaf.detach(), state), strict=True):
        assert torch.equal(result.values(), expected)
    expected = y.values().detach()
    written = nest(tensors(device), layout)
    act.rrelu_(written, training=True, generator=torch.Generator(device).manual_seed(1))
    assert torch.equal(written.values(), expected)


@pytest.mark.parametrize("name", ["prelu", "glu"])
def test_strided_refusals(name, device):
    """torch's strided layout, which it no longer develops, has neither prelu nor glu."""
    x = nest(tensors(device), torch.strided)
    with pytest.raises(NotImplementedError, match=name):
        act.glu(x, -1) if name == "glu" else act.prelu(
            x, torch.rand(1, dtype=torch.float64, device=device)
        )


def test_other_lengths(device):
    x, other = nest(tensors(device), torch.jagged), nest(tensors(device), torch.jagged)
    with pytest.raises(RuntimeError, match="of the same lengths"):
        act.relu_double_backward(x, x, other)
    longer = [*tensors(device)[:-1], torch.zeros(9, 6, dtype=torch.float64, device=device)]
    x, other = nest(tensors(device), torch.strided), nest(longer, torch.strided)
    with pytest.raises(RuntimeError, match="sizes of the input"):
        act.relu_backward(other, x)


def test_not_contiguous(device):
    x = nest(tensors(device), torch.strided).transpose(1, 2)
    assert not x.is_contiguous()
    expect(act.silu(x), [act.silu(part.T) for part in tensors(device)])
    with pytest.raises(RuntimeError, match="act::silu_: expected a contiguous"):
        act.silu_(x)


def test_every_op_is_tested():
    names = {case.name for case in CASES} | {*SOFTMAX, "glu", "prelu", "rrelu", *PARAMETRIC}
    assert {entry.name for entry in CATALOGUE} == names
