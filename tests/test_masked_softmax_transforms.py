"""Softmax over the elements that a mask keeps: derivatives of every order, vmap, compilation, and
what is saved."""

import functools

import pytest
import torch
import torch_act
from masked_softmax import absent, case, member, op
from torch.autograd import forward_ad, gradcheck, gradgradcheck

F = torch_act.functional


@member
@pytest.mark.parametrize("empty", ["zero", "nan"])
def test_derivatives_of_every_order(name, empty, device):
    torch.manual_seed(0)
    x = torch.randn(4, 7, device=device, dtype=torch.float64, requires_grad=True)
    mask = torch.rand(4, 7, device=device) < 0.6
    mask[:, 0], mask[2] = True, empty == "nan"
    for dim in (0, 1):
        function = functools.partial(op(name), dim=dim, mask=mask, temperature=0.7, empty=empty)

        def finite(x, function=function):
            return function(x).masked_fill(~mask, 0)  # -inf has no difference quotient

        gradcheck(finite, x, check_forward_ad=True, check_batched_grad=True)
        gradgradcheck(finite, x, check_fwd_over_rev=True, check_rev_over_rev=True)


@member
def test_forward_ad_of_what_is_absent_is_zero(name, device):
    x, mask = case((4, 9), torch.float32, device)
    with forward_ad.dual_level():
        tangent = torch.where(mask, torch.randn_like(x), torch.nan)
        y = op(name)(forward_ad.make_dual(x, tangent), 1, mask=mask)
        of_result = forward_ad.unpack_dual(y).tangent
    assert (of_result[~mask] == 0).all()
    assert of_result[mask].isfinite().all()


@member
def test_vmap(name, device):
    x = torch.randn(5, 4, 6, device=device)
    mask = torch.rand(5, 4, 6, device=device) < 0.5
    function = functools.partial(op(name), temperature=0.7)
    for dim in (0, 1, -1):
        want = torch.stack([function(a, dim, mask=m) for a, m in zip(x, mask, strict=True)])
        ours = torch.vmap(lambda a, m, dim=dim: function(a, dim, mask=m))(x, mask)
        assert torch.equal(ours, want)
        shared = torch.vmap(lambda a, dim=dim: function(a, dim, mask=mask[0]))(x)
        assert torch.equal(shared, torch.stack([function(a, dim, mask=mask[0]) for a in x]))
        of_masks = torch.vmap(lambda m, dim=dim: function(x[0], dim, mask=m), in_dims=1)(
            mask[:, :, None].movedim(0, 1).squeeze(2)
        )
        assert torch.equal(of_masks, torch.stack([function(x[0], dim, mask=m) for m in mask]))
    narrow = torch.vmap(lambda a, m: function(a, 1, mask=m))(x, mask[:, 0])
    assert torch.equal(narrow, function(x, 2, mask=mask[:, :1]))
    scalar = torch.vmap(lambda a, m: function(a, 0, mask=m))(x[:, 0, 0], mask[:, 0, 0])
    assert torch.equal(scalar == absent(name), ~mask[:, 0, 0])
    jacobian = torch.func.vmap(torch.func.jacrev(lambda a, m: function(a, 0, mask=m)))
    reverse = jacobian(x[:, 0].double(), mask[:, 0])
    forward = torch.func.vmap(torch.func.jacfwd(lambda a, m: function(a, 0, mask=m)))
    torch.testing.assert_close(reverse, forward(x[:, 0].double(), mask[:, 0]))


@member
def test_compiled(name, device):
    @functools.partial(torch.compile, fullgraph=True, dynamic=True)
    def compiled(x, mask):
        return getattr(F, name)(x, -1, mask=mask, temperature=0.7)

    for shape in ((3, 5), (4, 9)):
        x, mask = case(shape, torch.float32, device)
        x.requires_grad_()
        y, want = compiled(x, mask), getattr(F, name)(x, -1, mask=mask, temperature=0.7)
        assert torch.equal(y, want)
        g = torch.ones_like(y)
        assert torch.equal(*(torch.autograd.grad(r, x, g)[0] for r in (y, want)))


@member
def test_opcheck_with_a_mask(name, device):
    x = torch.randn(4, 6, device=device, requires_grad=True)
    mask = torch.rand(4, 6, device=device) < 0.5
    mask[:, 0] = True  # opcheck takes NaN for a difference
    for empty in ("zero", "nan"):
        keywords = {"mask": mask, "temperature": 0.7, "empty": empty}
        torch.library.opcheck(op(name).default, (x, 1), keywords)


def test_saves_the_output_alone(device):
    x, mask = case((8, 8), torch.float32, device)
    x.requires_grad_()
    saved = []
    with torch.autograd.graph.saved_tensors_hooks(
        lambda t: saved.append(t.dtype) or t, lambda t: t
    ):
        op("softmax")(x, 1, mask=mask)
    assert saved == [torch.float32]
