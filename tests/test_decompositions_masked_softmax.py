"""The decompositions of the softmax family over what a mask keeps, against their kernels."""

import pytest
import torch
from activations import DTYPES, same_bits
from test_decompositions import TABLE
from torch.fx.experimental.proxy_tensor import make_fx

act = torch.ops.act
MEMBERS = ["softmax", "log_softmax", "softmin"]
member = pytest.mark.parametrize("name", MEMBERS)


def op(name, suffix=""):
    return getattr(act, f"masked_{name}{suffix}").default


def same_numbers(ours, kernel, rtol, atol):
    torch.testing.assert_close(ours, kernel, rtol=rtol, atol=atol, equal_nan=True)
    assert ours.stride() == kernel.stride()


def problem(shape, dtype):
    """NaN and infinities where the mask is False; a row with nothing left, one with a NaN."""
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(shape, generator=generator, dtype=torch.float64).mul(20).to(dtype)
    mask = torch.rand(shape, generator=generator) < 0.6
    rubbish = torch.tensor([torch.nan, torch.inf, -torch.inf, 1e4], dtype=dtype)
    x = torch.where(mask, x, rubbish.repeat(x.numel())[: x.numel()].view(shape))
    mask[1], mask[2, 0], x[2, 0] = False, True, torch.nan
    x[3] /= 20
    mask[3, :2], x[3, 0], x[3, 1] = True, torch.inf, -torch.inf
    return x, mask


@member
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("empty", ["zero", "nan"])
@pytest.mark.parametrize("temperature", [1.0, 0.7, 3.0])
def test_values_and_gradients(name, temperature, empty, dtype):
    x, mask = problem((6, 33), dtype)
    eps = torch.finfo(dtype).eps
    g = torch.randn(6, 33, generator=torch.Generator().manual_seed(4)).to(dtype)
    g[~mask] = torch.nan
    for dim in (0, 1, -1):
        arguments = {"mask": mask, "temperature": temperature, "empty": empty}
        ours, kernel = (f(x, dim, **arguments) for f in (TABLE[op(name)], op(name)))
        same_numbers(ours, kernel, 8 * eps, 2.0**-110)
        assert same_bits(ours[~mask], kernel[~mask])
        further = (g, kernel, dim, temperature, dtype)
        backward = op(name, "_backward")
        ours, kernel = (f(*further) for f in (TABLE[backward], backward))
        same_numbers(ours, kernel, 8 * eps, 16 * eps * (1 + 1 / temperature))
        assert same_bits(ours[~mask], kernel[~mask])


@member
def test_masks_broadcast(name):
    x = torch.randn(4, 6, 9)
    for shape in ((4, 6, 9), (4, 1, 9), (9,), (6, 1), ()):
        mask = torch.rand(shape) < 0.5
        for dim in range(3):
            ours, kernel = (f(x, dim, mask=mask) for f in (TABLE[op(name)], op(name)))
            same_numbers(ours, kernel, 1e-6, 2.0**-130)


@member
def test_without_a_mask_without_elements_and_in_other_dtypes(name):
    rows = torch.tensor([[1.0, -torch.inf], [-torch.inf] * 2, [torch.inf] * 2, [torch.nan, 0.0]])
    for x in (
        rows,
        torch.tensor(3.0),
        torch.tensor(-torch.inf),
        torch.zeros(2, 0),
        torch.zeros(0, 2),
    ):
        for empty in ("zero", "nan"):
            ours, kernel = (f(x, -1, empty=empty) for f in (TABLE[op(name)], op(name)))
            same_numbers(ours, kernel, 1e-6, 0)
    for x, dtype in (
        (torch.randn(3, 5).bfloat16(), torch.float32),
        (torch.arange(6).view(2, 3), torch.float64),
    ):
        mask = torch.ones(x.shape, dtype=torch.bool).triu()
        ours, kernel = (
            f(x, 1, mask=mask, temperature=0.7, dtype=dtype) for f in (TABLE[op(name)], op(name))
        )
        assert ours.dtype == dtype
        same_numbers(ours, kernel, 4 * torch.finfo(dtype).eps, 0)


@member
def test_quotients_are_rounded_as_division_rounds_them(name):
    """An exponential would magnify what multiplying by a reciprocal is off."""
    x = torch.linspace(-300, 300, 4001).view(1, -1)
    ours, kernel = (f(x, 1, temperature=3.3) for f in (TABLE[op(name)], op(name)))
    torch.testing.assert_close(ours, kernel, rtol=5e-7, atol=2.0**-120)


@member
@pytest.mark.parametrize("empty", ["zero", "nan"])
def test_double_backward_is_decomposed(name, empty):
    """It is composed of torch's ops and of those of the table: none of ours is left."""
    x, mask = torch.randn(4, 7, dtype=torch.float64), torch.rand(4, 7) < 0.6
    mask[:, 0], mask[2] = True, False

    def second(x):
        x = x.detach().requires_grad_()
        y = op(name)(x, 1, mask=mask, temperature=0.7, empty=empty).masked_fill(~mask, 0)
        (first,) = torch.autograd.grad(y.sin().sum(), x, create_graph=True)
        return torch.autograd.grad(first.cos().sum(), x)

    graph = make_fx(second, decomposition_table=TABLE)(x)
    assert not [n for n in graph.graph.nodes if str(n.target).startswith("act")]
    torch.testing.assert_close(graph(x), second(x))
