"""Bias and activation in one pass: bits, sums, layouts, every order, and what surrounds an op."""

import pytest
import torch
import torch_act
from activations import CASES, DTYPES, FORMULAS, same_bits
from fused import SMOOTH, SavedBytes, activation_of, samples, widened
from layouts import strided
from torch.autograd import gradcheck, gradgradcheck
from torch.nn import functional as F
from torch_act._decompositions import decompositions

act = torch.ops.act
# What saves its output, unless told otherwise.
FROM_OUTPUT = ("relu", "relu6", "sigmoid", "tanh", "hardsigmoid")


def along(bias, x, dim):
    sizes = [1] * x.dim()
    sizes[dim] = -1
    return bias.view(sizes)


def sum_to_bias(full, dim):
    others = [d for d in range(full.dim()) if d != dim % full.dim()]
    return full.double().sum(others) if others else full.double()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_bits_are_those_of_the_activation_of_the_sum(case, dtype):
    """The sum is not rounded to a half type on the way."""
    keywords = activation_of(case)
    x, g = samples((7, 5, 6), dtype), samples((7, 5, 6), dtype, seed=1)
    for dim in (0, 1, 2):
        bias = torch.randn(x.shape[dim]).to(dtype)
        wide_x, wide_bias, wide_g = widened(x, bias, g)
        z = wide_x + along(wide_bias, x, dim)
        assert same_bits(act.bias_act(x, bias, dim=dim, **keywords), case.value(z).to(dtype))
        full = case.backward(wide_g, z)
        found, of_bias = act.bias_act_backward(g, x, bias, dim=dim, **keywords)
        assert same_bits(found, full.to(dtype))
        expected = sum_to_bias(full, dim).to(dtype)
        torch.testing.assert_close(of_bias, expected, equal_nan=True, rtol=1e-6, atol=1e-6)
        if dtype.itemsize == 2:
            assert same_bits(of_bias, expected)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize(
    "shape", [(4096, 300), (17, 4099), (8, 33, 31, 29), (1, 7), (5000,)], ids=str
)
def test_sums(shape, dtype, device):
    """Every shape of tile and part, along every dimension: good to the last place."""
    x, g = (torch.randn(shape, device=device).to(dtype) for _ in range(2))
    for dim in range(len(shape)):
        bias = torch.randn(shape[dim], device=device).to(dtype)
        found, of_bias = act.bias_act_backward(g, x, bias, "silu", dim=dim)
        wide_x, wide_bias, wide_g = widened(x, bias, g)
        full = act.silu_backward(wide_g, wide_x + along(wide_bias, x, dim))
        assert torch.equal(found, full.to(dtype))
        expected, size = sum_to_bias(full, dim), sum_to_bias(full.abs(), dim)
        error = (of_bias.double() - expected).abs()
        eps = torch.finfo(dtype).eps
        assert (error <= 0.501 * eps * expected.abs() + 1e-13 * size).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_streamed_results(dtype):
    """Beyond 16 MiB: what goes past the caches is summed as what stays in them."""
    repeats = 1100 * 4 // dtype.itemsize
    x, g = (torch.randn(5, 800).to(dtype) for _ in range(2))
    bias = torch.randn(800).to(dtype)
    want, of_bias = act.bias_act_backward(g.double(), x.double(), bias.double(), "relu")
    found, total = act.bias_act_backward(g.repeat(repeats, 1), x.repeat(repeats, 1), bias, "relu")
    assert torch.equal(found.view(repeats, 5, 800), want.to(dtype).expand(repeats, -1, -1))
    torch.testing.assert_close(total.double(), repeats * of_bias, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_strides(dtype, device):
    x, g = (torch.randn(4, 6, 8, 10, device=device).to(dtype) for _ in range(2))
    views = strided(x)
    for dim in range(-4, 4):
        bias = torch.randn(2 * x.shape[dim], device=device).to(dtype)[::2]
        y = act.bias_act(x, bias, "gelu", dim=dim)
        found, of_bias = act.bias_act_backward(g, x, bias.contiguous(), "gelu", dim=dim)
        for label, v in views.items():
            result = act.bias_act(v, bias, "gelu", dim=dim)
            assert torch.equal(result, y), label
            assert result.stride() == torch.empty_like(v).stride()
            again, of_bias_again = act.bias_act_backward(g, v, bias, "gelu", dim=dim)
            assert torch.equal(again, found), label
            torch.testing.assert_close(
                of_bias_again, of_bias, rtol=1e-2 if dtype.itemsize == 2 else 1e-6, atol=1e-6
            )
            assert again.stride() == torch.empty_like(v).stride()


@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("case", SMOOTH, ids=str)
def test_every_order(case, dim, device):
    keywords = {"dim": dim, **activation_of(case)}
    x, g = (torch.randn(2, 4, 3, dtype=torch.float64, device=device) for _ in range(2))
    bias = torch.randn(x.shape[dim], dtype=torch.float64, device=device)
    inputs = tuple(t.requires_grad_() for t in (x, bias))

    def function(*t):
        return act.bias_act(*t, **keywords)

    assert gradcheck(function, inputs, check_forward_ad=True, check_batched_grad=True)
    assert gradgradcheck(function, inputs, check_fwd_over_rev=True)
    backward = (g.requires_grad_(), *inputs)
    assert gradcheck(
        lambda *t: act.bias_act_backward(*t, **keywords), backward, check_forward_ad=True
    )
    for k in range(2):
        alone = [t.detach() for t in inputs]
        alone[k] = inputs[k]
        assert gradcheck(function, alone, check_forward_ad=True)
    if dim == 1:

        def gradient(*t):
            return torch.autograd.grad(function(*t).sin().sum(), t, create_graph=True)

        assert gradgradcheck(gradient, inputs)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", ["silu", *FROM_OUTPUT])
def test_from_the_output(name, dtype, device):
    """Where the output gives the derivative, it is saved: it is there anyhow."""
    x = torch.randn(40, 24, device=device).to(dtype).requires_grad_()
    bias = torch.randn(24, device=device).to(dtype).requires_grad_()
    g = torch.randn(40, 24, device=device).to(dtype)
    with SavedBytes() as saved:
        y = act.bias_act(x, bias, name)
    keeps_input = x.untyped_storage().data_ptr() in saved.storages
    assert keeps_input == (name == "silu")
    assert (y.untyped_storage().data_ptr() in saved.storages) != keeps_input
    found = torch.autograd.grad(y, (x, bias), g, retain_graph=True)
    detached = [t.detach() for t in (y if not keeps_input else x, bias)]
    expected = act.bias_act_backward(g, *detached, name, is_result=not keeps_input)
    assert all(map(torch.equal, found, expected))
    composed = torch.autograd.grad(y, (x, bias), g, create_graph=True)
    assert torch.equal(composed[0], found[0])
    with torch_act.saved_as("input"), SavedBytes() as saved:
        act.bias_act(x, bias, name)
    assert x.untyped_storage().data_ptr() in saved.storages


@pytest.mark.parametrize("name", FROM_OUTPUT)
def test_every_order_from_the_output(name, device):
    x = torch.linspace(-2.3, 2.2, 12, dtype=torch.float64, device=device).view(4, 3)
    bias = torch.tensor([0.11, -0.23, 0.31], dtype=torch.float64, device=device)
    inputs = (x.requires_grad_(), bias.requires_grad_())
    assert gradcheck(lambda *t: act.bias_act(*t, name), inputs, check_forward_ad=True)
    assert gradgradcheck(lambda *t: act.bias_act(*t, name), inputs, check_fwd_over_rev=True)


def test_saved_for_backward():
    """Never more than torch, which keeps x + bias in the place of x."""
    x, bias = torch.randn(64, 32, requires_grad=True), torch.randn(32, requires_grad=True)
    for name in ("gelu", "silu", "mish", "relu"):
        with SavedBytes() as ours:
            act.bias_act(x, bias, name)
        with SavedBytes() as torchs:
            getattr(F, name)(x + bias)
        assert ours.total - bias.nbytes <= torchs.total == x.nbytes


def test_thread_count_changes_no_bit():
    threads = torch.get_num_threads()
    x, g = torch.randn(2, 64, 40, 40, 40).unbind(0)
    results = []
    for count in (1, 2):
        torch.set_num_threads(count)
        found = []
        for dim in range(4):
            bias = torch.linspace(-1, 1, x.shape[dim])
            found += [act.bias_act(x, bias, "gelu", dim=dim)]
            found += act.bias_act_backward(g, x, bias, "gelu", dim=dim)
        results.append(found)
    torch.set_num_threads(threads)
    assert all(map(torch.equal, *results))


@pytest.mark.parametrize("in_dims", [(0, None), (2, None), (0, 0), (None, 0), (1, 1)], ids=str)
@pytest.mark.parametrize("dim", [0, -1])
def test_vmap(in_dims, dim, device):
    sizes, samples_of = [4, 5], 3
    x_sizes, bias_sizes = list(sizes), [sizes[dim]]
    if in_dims[0] is not None:
        x_sizes.insert(in_dims[0], samples_of)
    if in_dims[1] is not None:
        bias_sizes.insert(in_dims[1], samples_of)
    inputs = [torch.randn(s, device=device) for s in (x_sizes, bias_sizes)]

    def function(x, bias):
        return act.bias_act(x, bias, "silu", dim=dim)

    def gradients(x, bias):
        return torch.func.grad(lambda *t: function(*t).sum(), (0, 1))(x, bias)

    found = torch.func.vmap(function, in_dims)(*inputs)
    of_samples = torch.func.vmap(gradients, in_dims)(*inputs)
    for index in range(samples_of):
        x, bias = (
            t if d is None else t.select(d, index) for t, d in zip(inputs, in_dims, strict=True)
        )
        assert torch.equal(found[index], function(x, bias))
        expected = act.bias_act_backward(torch.ones_like(x), x, bias, "silu", dim=dim)
        assert torch.equal(of_samples[0][index], expected[0])
        torch.testing.assert_close(of_samples[1][index], expected[1])


def test_empty_and_out(device):
    for shape in ((0, 4), (4, 0), (0,)):
        x = torch.randn(shape, requires_grad=True, device=device)
        bias = torch.randn(shape[-1], requires_grad=True, device=device)
        act.bias_act(x, bias, "gelu").sum().backward()
        assert x.grad.shape == x.shape
        assert torch.equal(bias.grad, torch.zeros_like(bias))
    x, bias = torch.randn(3, 8, device=device), torch.randn(8, device=device)
    expected, out = act.bias_act(x, bias, "silu"), torch.empty(0, device=device)
    assert act.bias_act.out(x, bias, "silu", out=out) is out
    assert torch.equal(out, expected)
    act.bias_act.out(x, bias, "silu", out=x)
    assert torch.equal(x, expected)


def test_bad_input(device):
    x, bias = torch.randn(2, 6, device=device), torch.randn(6, device=device)
    out = torch.full((2, 6), 7.0, device=device)
    refused = [
        (RuntimeError, "expected a bias of 6 numbers, .* got one of shape", x, bias[:5], {}),
        (RuntimeError, "expected a bias of 2 numbers", x, bias, {"dim": 0}),
        (RuntimeError, "expected a bias of 6 numbers", x, bias.view(1, 6), {}),
        (RuntimeError, "expected bias to have the dtype of the input, Float", x, bias.double(), {}),
        (RuntimeError, "act::bias_act: expected a tensor of torch.float32", x.long(), bias, {}),
        (RuntimeError, "at least one dimension", x[0, 0], bias, {}),
        (IndexError, r"act::bias_act: expected dim in \[-2, 1\], got 2", x, bias, {"dim": 2}),
        (ValueError, "expected activation to be one of", x, bias, {"activation": "swish"}),
        (
            ValueError,
            "at most 1 parameters for elu",
            x,
            bias,
            {"activation": "elu", "parameters": [1, 2]},
        ),
    ]
    for kind, message, tensor, of_tensor, keywords in refused:
        arguments = {"activation": "silu", **keywords}
        with pytest.raises(kind, match=message):
            act.bias_act.out(tensor, of_tensor, **arguments, out=out)
        with pytest.raises(kind, match=message):
            act.bias_act(tensor, of_tensor, **arguments)
        with pytest.raises(kind, match=message):
            act.bias_act(tensor.to("meta"), of_tensor.to("meta"), **arguments)
    assert (out == 7).all()
    with pytest.raises(ValueError, match="output of silu does not give its derivative"):
        act.bias_act_backward(x, x, bias, "silu", is_result=True)
    with pytest.raises(RuntimeError, match="expected grad_output to have the shape"):
        act.bias_act_backward(x[:1], x, bias, "silu")
    with pytest.raises(RuntimeError, match="expected out to have dtype"):
        act.bias_act.out(x, bias, "silu", out=out.double())


def test_autocast(device):
    """The bias follows the input, as a Linear's does; its gradient comes in float32."""
    x = torch.randn(4, 6, device=device)
    bias = torch.randn(6, device=device, requires_grad=True)
    with torch.autocast(x.device.type, torch.bfloat16):
        assert act.bias_act(x, bias, "gelu").dtype == torch.float32
        y = act.bias_act(x.bfloat16(), bias, "gelu")
    assert torch.equal(y, act.bias_act(x.bfloat16(), bias.bfloat16(), "gelu"))
    y.sum().backward()
    assert bias.grad.dtype == torch.float32


def test_jagged():
    rows = [torch.randn(size, 6) for size in (2, 3)]
    x = torch.nested.nested_tensor(rows, layout=torch.jagged, requires_grad=True)
    bias = torch.randn(6, requires_grad=True)
    y = act.bias_act(x, bias, "silu")
    g = torch.ones_like(y)
    gradient, of_bias = torch.autograd.grad(y, (x, bias), g)
    expected = act.bias_act_backward(torch.ones(5, 6), torch.cat(rows), bias.detach(), "silu")
    assert torch.equal(gradient.values(), expected[0])
    assert torch.equal(of_bias, expected[1])
    with pytest.raises(NotImplementedError, match="jagged"):
        act.bias_act(x, torch.randn(2), "silu", dim=0)


def test_module(device):
    module = torch_act.nn.BiasAct(6, "elu", dim=1, parameters=[0.5], device=device)
    x = torch.randn(2, 6, 3, device=device)
    assert torch.equal(module(x), act.elu(x, 0.5))
    assert module.bias.shape == (6,)
    assert list(module.state_dict()) == ["bias"]
    assert repr(module) == "BiasAct(6, 'elu', dim=1, parameters=(0.5,))"
    with torch.no_grad():
        module.bias.copy_(torch.randn(6))
    expected = F.elu(x + module.bias.view(6, 1), 0.5)
    torch.testing.assert_close(module(x), expected)


@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_decompositions(case):
    x, g, bias = samples((4, 3, 6), torch.float32), torch.randn(4, 3, 6), torch.randn(3)
    keywords, table = {"dim": 1, **activation_of(case)}, decompositions()
    value, backward = act.bias_act.default, act.bias_act_backward.default
    close = {"rtol": 3e-6, "atol": 2e-6, "equal_nan": True}
    torch.testing.assert_close(
        table[value](x, bias, **keywords), value(x, bias, **keywords), **close
    )
    x = x.nan_to_num(posinf=2, neginf=-2)
    kinds = [False]
    if case.name in FROM_OUTPUT:
        kinds.append(True)
    for is_result in kinds:
        saved = value(x, bias, **keywords) if is_result else x
        arguments = (g, saved, bias)
        found = table[backward](*arguments, **keywords, is_result=is_result)
        expected = backward(*arguments, **keywords, is_result=is_result)
        for ours, kernel in zip(found, expected, strict=True):
            torch.testing.assert_close(ours, kernel, **close)
            assert ours.stride() == kernel.stride()


def test_compile():
    """One graph for all sizes, forward and backward."""

    def step(x, bias):
        return act.bias_act(x, bias, "relu").square().sum() + act.bias_act(x, bias, "gelu").sum()

    torch._dynamo.reset()
    compiled = torch.compile(step, fullgraph=True, dynamic=True, backend="aot_eager")
    bias = torch.randn(6, requires_grad=True)
    for rows in (3, 4, 7):
        x = torch.randn(rows, 6, requires_grad=True)
        expected = torch.autograd.grad(step(x, bias), (x, bias))
        assert all(map(torch.equal, torch.autograd.grad(compiled(x, bias), (x, bias)), expected))
