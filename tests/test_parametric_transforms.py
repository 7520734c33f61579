"""The activations with learned parameters: derivatives of every order, vmap, compilation."""

import pytest
import torch
from activations import same_bits
from parametric import OPS, op, problem
from torch.func import grad, jvp, vmap

NAMES = pytest.mark.parametrize("name", OPS)


@NAMES
@pytest.mark.parametrize("shape", [(6,), (4, 3), (2, 3, 2, 2)], ids=str)
@pytest.mark.parametrize("per_channel", [False, True], ids=["one", "per channel"])
def test_gradcheck(name, shape, per_channel, device):
    channels = shape[1] if per_channel and len(shape) > 1 else 1
    _, x, tensors = problem(name, shape, channels, torch.float64, device)
    x = torch.where(x.abs() < 0.1, x + 0.3, x).requires_grad_()
    leaves = x, *(p.requires_grad_() for p in tensors)
    for function in (op(name), lambda x, *p: op(name, "_")(x.clone(), *p)):
        assert torch.autograd.gradcheck(function, leaves, check_forward_ad=True)
        assert torch.autograd.gradgradcheck(function, leaves, check_fwd_over_rev=True)


@NAMES
def test_third_order(name, device):
    _, x, tensors = problem(name, (2, 3), 3, torch.float64, device)
    leaves = (
        torch.where(x.abs() < 0.1, x + 0.3, x).requires_grad_(),
        *(p.requires_grad_() for p in tensors),
    )

    def second(*inputs):
        y = op(name)(*inputs).square().sum()
        first = torch.autograd.grad(y, inputs, create_graph=True)
        return torch.autograd.grad(sum(g.sum() for g in first), inputs, create_graph=True)

    assert torch.autograd.gradcheck(second, leaves)


@NAMES
def test_one_gradient_alone(name, device):
    g, x, tensors = problem(name, (4, 5), 5, torch.float32, device)
    all_three = op(name, "_backward")(g, x, *tensors)
    for which in range(3):
        inputs = [t.detach().clone() for t in (x, *tensors)]
        inputs[which].requires_grad_()
        (only,) = torch.autograd.grad(op(name)(*inputs), inputs[which], g)
        assert same_bits(only, all_three[which])


@NAMES
@pytest.mark.parametrize("channels", [1, 3, (1, 3)], ids=str)
@pytest.mark.parametrize("own", [(), (0,), (1,), (0, 1)], ids=str)
def test_vmap(name, channels, own, device):
    """Samples that share their parameters, and samples that have some of their own."""
    _, x, tensors = problem(name, (4, 2, 3, 5), channels, torch.float64, device)
    batched = [
        torch.stack([p * (1 + 0.1 * i) for i in range(4)]) if k in own else p
        for k, p in enumerate(tensors)
    ]
    dims = (0, *(0 if k in own else None for k in range(2)))

    def loss(x, *p):
        return op(name)(x, *p).square().sum()

    def sample(i):
        return x[i], *(p[i] if k in own else p for k, p in enumerate(batched))

    assert same_bits(
        vmap(op(name), dims)(x, *batched), torch.stack([op(name)(*sample(i)) for i in range(4)])
    )
    gradients = vmap(grad(loss, argnums=(0, 1, 2)), dims)(x, *batched)
    tangents = vmap(lambda *t: jvp(loss, t, t)[1], dims)(x, *batched)
    for i in range(4):
        expected = grad(loss, argnums=(0, 1, 2))(*sample(i))
        for ours, want in zip(gradients, expected, strict=True):
            torch.testing.assert_close(ours[i], want)
        torch.testing.assert_close(tangents[i], jvp(loss, sample(i), sample(i))[1])
    if own != (0, 1):
        written = x.clone()
        vmap(op(name, "_"), dims)(written, *batched)
        assert same_bits(written, vmap(op(name), dims)(x, *batched))


@NAMES
def test_opcheck(name, device):
    g, x, tensors = problem(name, (2, 3, 4), (1, 3), torch.float32, device)
    leaves = [t.requires_grad_() for t in (g, x, *tensors)]
    torch.library.opcheck(op(name).default, tuple(leaves[1:]))
    torch.library.opcheck(op(name, "_backward").default, tuple(leaves))


@NAMES
def test_compiled(name, device):
    g, x, tensors = problem(name, (2, 3, 4), 3, torch.float32, device)
    leaves = [t.requires_grad_() for t in (x, *tensors)]
    expected = torch.autograd.grad(op(name)(*leaves), leaves, g)
    compiled = torch.compile(op(name), backend="aot_eager", fullgraph=True, dynamic=True)
    for ours, want in zip(torch.autograd.grad(compiled(*leaves), leaves, g), expected, strict=True):
        assert same_bits(ours, want)
