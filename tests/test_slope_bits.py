"""saved_as("bits"): two bits for each element of a piecewise-linear op, and the same gradient."""

import pytest
import torch
import torch_act
from activations import CASES, DTYPES, same_bits
from devices import skip_stand_in
from torch.autograd import forward_ad

TWO_SLOPES = [case for case in CASES if case.two_slopes]
# Around bytes, blocks of the loop and pieces of a thread.
SIZES = [0, 1, 2, 3, 4, 5, 31, 511, 512, 513, 2051, 40_001, 140_003]


def _inputs(size, dtype, device):
    x = (torch.randn(size, dtype=torch.float64, device=device) * 4).to(dtype)
    special = torch.tensor(
        [torch.nan, torch.inf, -torch.inf, 0.0, -0.0, 0.5, -0.5, 1, 3, 6], device=device
    )
    count = min(size, len(special))
    if size:
        x[torch.randperm(size, device=device)[:count]] = special[:count].to(dtype)
    return x


def _leaf(x):
    return x.detach().clone(memory_format=torch.preserve_format).requires_grad_()


def test_which_ops_have_two_slopes():
    names = {case.name for case in TWO_SLOPES}
    linear = "relu relu6 leaky_relu hardtanh hardsigmoid hardshrink softshrink threshold"
    assert names == set(linear.split())


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", TWO_SLOPES, ids=str)
def test_same_gradient(case, dtype, device):
    for size in SIZES:
        x, g = (
            _inputs(size, dtype, device),
            torch.randn(size, dtype=torch.float64, device=device).to(dtype),
        )
        bits = case.slope_bits(x)
        assert bits.dtype == torch.uint8
        assert bits.shape == ((size + 3) // 4,)
        assert same_bits(case.backward_from_bits(g, bits), case.backward(g, x))
        infinite = g.clone().fill_(torch.inf)
        assert same_bits(case.backward_from_bits(infinite, bits), case.backward(infinite, x))


LAYOUTS = {
    "contiguous": lambda x: x,
    "channels_last": lambda x: x.contiguous(memory_format=torch.channels_last),
    "transposed": lambda x: x.transpose(0, 3),
    "sliced": lambda x: x[:, :, ::2, 1:],
    "expanded": lambda x: x[:, :1].expand_as(x),
}


@pytest.mark.parametrize(
    ("layout", "in_place"),
    [(layout, False) for layout in LAYOUTS]
    + [(layout, True) for layout in LAYOUTS if layout != "expanded"],
)
@pytest.mark.parametrize("case", TWO_SLOPES, ids=str)
def test_autograd(case, layout, in_place, device):
    x = LAYOUTS[layout](_inputs(2 * 3 * 4 * 5, torch.float32, device).view(2, 3, 4, 5))
    g = torch.randn(x.shape, device=device)
    ours, expected = _leaf(x), _leaf(x)
    call = (lambda x: case.in_place(x * 1)) if in_place else case.value
    with torch_act.saved_as("bits"):
        y = call(ours)
    with torch_act.saved_as("input"):
        case.value(expected).backward(g)
    assert same_bits(y, case.value(x))
    y.backward(g)
    assert same_bits(ours.grad + 0, expected.grad + 0)


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("case", TWO_SLOPES, ids=str)
def test_saves_two_bits(case, in_place, device):
    x = torch.randn(4096, requires_grad=True, device=device) * 1
    saved = []
    with (
        torch.autograd.graph.saved_tensors_hooks(lambda t: saved.append(t) or t, lambda t: t),
        torch_act.saved_as("bits"),
    ):
        (case.in_place if in_place else case.value)(x)
    assert [t.nbytes for t in saved] == [1024]


@pytest.mark.parametrize("case", TWO_SLOPES, ids=str)
def test_every_order_and_mode(case, device):
    x = torch.linspace(-7.05, 6.9, 41, dtype=torch.float64, device=device).requires_grad_()
    with torch_act.saved_as("bits"):
        assert torch.autograd.gradcheck(case.value, x, check_forward_ad=True)
        assert torch.autograd.gradgradcheck(case.value, x, check_fwd_over_rev=True)
        with forward_ad.dual_level():
            y = case.value(forward_ad.make_dual(x, torch.ones_like(x)))
            tangent = forward_ad.unpack_dual(y).tangent
    assert same_bits(tangent, case.derivative(x.detach()))


@pytest.mark.filterwarnings("error:There is a performance drop")
@pytest.mark.parametrize("case", TWO_SLOPES, ids=str)
def test_vmap(case, device):
    x, g = torch.randn(3, 4, 5, device=device), torch.randn(3, 4, 5, device=device)
    nested = torch.func.vmap(torch.func.vmap(lambda x: case.slope_bits(x)))
    bits = nested(x)
    assert bits.shape == (3, 4, 2)
    assert same_bits(case.backward_from_bits(g, bits), case.backward(g, x))
    with torch_act.saved_as("bits"):
        gradient = torch.func.vmap(torch.func.grad(lambda x: case.value(x).sum()), in_dims=1)(x)
    assert same_bits(gradient, case.derivative(x).transpose(0, 1))


def test_other_ops_keep_their_default(device):
    x = torch.tensor([20.0], requires_grad=True, device=device)
    with torch_act.saved_as("bits"):
        torch.ops.act.sigmoid(x).backward()
    assert x.grad.item() == 0  # from the output, as without the context


def test_errors(device):
    x = torch.randn(10, device=device)
    with pytest.raises(IndexError, match="batch_dims in"):
        torch.ops.act.relu_slope_bits(x, batch_dims=2)
    with pytest.raises(RuntimeError, match=r"act::relu_backward_from_bits: .* got bits of shape"):
        torch.ops.act.relu_backward_from_bits(x, torch.zeros(2, dtype=torch.uint8, device=device))
    with pytest.raises(RuntimeError, match=r"expected bits of torch.uint8"):
        torch.ops.act.relu_backward_from_bits(x, torch.zeros(3, device=device))
    with pytest.raises(RuntimeError, match=r"act::relu: expected a tensor of"):
        torch.ops.act.relu_slope_bits(torch.arange(3, device=device))


@pytest.mark.parametrize("backend", ["aot_eager", "inductor"])
def test_compiled(backend, device):
    """A forward compiled under the context saves bits; without it, it is compiled anew."""
    if backend == "inductor":
        skip_stand_in(device, "Inductor generates no code for it")
    x = torch.tensor([-1.0, 0.5, torch.nan, 7.0], requires_grad=True, device=device)
    compiled = torch.compile(lambda x: torch_act.functional.relu6(x * 2), backend=backend)
    expected = torch.tensor([0.0, 2.0, torch.nan, 0.0], device=device)
    for kind in ("bits", "input", "bits"):
        with torch_act.saved_as(kind):
            (gradient,) = torch.autograd.grad(compiled(x).sum(), x)
        assert torch.allclose(gradient, expected, equal_nan=True)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors:UserWarning")
def test_other_layouts_keep_their_default(device):
    values = torch.tensor([-1.0, 2.0, 3.0], device=device)
    indices = torch.tensor([[0, 2, 3]], device=device)
    sparse = torch.sparse_coo_tensor(
        indices, values, (5,), check_invariants=True, device=device
    ).requires_grad_()
    jagged = torch.nested.nested_tensor([values, values[:1]], layout=torch.jagged)
    with torch_act.saved_as("bits"):
        y = torch.ops.act.relu(sparse)
        z = torch.ops.act.relu(jagged.requires_grad_())
    (gradient,) = torch.autograd.grad(y, sparse, sparse.detach())
    assert gradient.to_dense().tolist() == [0, 0, 2, 3, 0]
    (gradient,) = torch.autograd.grad(z.values().sum(), jagged)
    assert gradient.values().tolist() == [0, 1, 1, 0]
