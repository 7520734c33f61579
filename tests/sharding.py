"""What each process of test_distributed.py does: every op on sharded tensors, against whole ones.

The processes have the same seed, so that each knows the whole tensors and the expected results.
"""

from contextlib import contextmanager

import pytest
import torch
from activations import FORMULAS, same_bits
from parametric import OPS as PARAMETRIC
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import (
    DTensor,
    Partial,
    Replicate,
    Shard,
    distribute_tensor,
)
from torch_act import distributed  # noqa: F401  (registers the strategies)
from torch_act.catalogue import CATALOGUE

SHAPE = (6, 4, 3)  # the last dimension is smaller than the largest mesh
SOFTMAX = ("softmax", "softmin", "log_softmax")
act = torch.ops.act


class Checks:
    """Runs cases one by one and keeps what went wrong."""

    def __init__(self):
        self.failures = []
        self.count = 0

    @contextmanager
    def case(self, *description):
        self.count += 1
        try:
            yield
        except Exception as error:  # every case is to be reported, not the first one
            text = " ".join(str(part) for part in description)
            self.failures.append(f"{text}: {type(error).__name__}: {str(error)[:400]}")


def meshes(world_size):
    """(mesh, placements) for every combination that is tested."""
    line = init_device_mesh("cpu", (world_size,))
    if world_size == 2:
        return [(line, [kind]) for kind in (Replicate(), Shard(0), Shard(1), Shard(2), Partial())]
    square = init_device_mesh("cpu", (2, 2))
    pairs = [(Shard(0), Shard(1)), (Shard(1), Shard(1)), (Partial(), Shard(0))]
    return [(line, [Shard(2)]), *((square, list(pair)) for pair in pairs)]


class Reduced(Replicate):
    """Where a partial sum was: reduced, to a whole tensor or to shards, whichever is cheaper."""


def distribute(tensor, mesh, placements):
    """The whole tensor as a DTensor; as a partial sum, with all of it on the first rank."""
    placements = [Replicate() if isinstance(kind, Reduced) else kind for kind in placements]
    whole = [Replicate() if placement.is_partial() else placement for placement in placements]
    result = distribute_tensor(tensor, mesh, whole)
    local = result.to_local()
    for dim, placement in enumerate(placements):
        if placement.is_partial() and mesh.get_local_rank(dim) != 0:
            local = torch.zeros_like(local)
    return DTensor.from_local(
        local.clone(), mesh, placements, run_check=False, shape=tensor.shape, stride=tensor.stride()
    )


def reduced(placements):
    return tuple(Reduced() if placement.is_partial() else placement for placement in placements)


def gathered(placements, dim):
    """Without partial sums, and whole along `dim`."""
    return tuple(
        Replicate() if placement.is_shard(dim) else placement for placement in reduced(placements)
    )


def agree(found, expected):
    if isinstance(expected, Reduced):
        return not found.is_partial()
    return expected is None or found == expected


def expect(result, whole, placements, exact=True):
    assert isinstance(result, DTensor), type(result)
    agreement = [agree(*pair) for pair in zip(result.placements, placements, strict=True)]
    assert all(agreement), f"{result.placements}, not {placements}"
    full = result.full_tensor()
    if exact:
        assert same_bits(full, whole), f"{full} is not {whole}"
    else:
        torch.testing.assert_close(full, whole)


def check_pointwise(checks, mesh, placements):
    x, g, gg = torch.randn(3, *SHAPE).unbind()
    kept = reduced(placements)
    for case in FORMULAS:
        shared = distribute(x, mesh, placements)
        upstream, second = distribute(g, mesh, kept), distribute(gg, mesh, kept)
        with checks.case(case, "value", placements):
            expect(case.value(shared), case.value(x), kept)
        with checks.case(case, "out", placements):
            out = distribute(torch.zeros_like(x), mesh, kept)
            assert case.out(shared, out) is out
            expect(out, case.value(x), kept)
        with checks.case(case, "backward", placements):
            expect(case.backward(upstream, shared), case.backward(g, x), kept)
        with checks.case(case, "double backward", placements):
            result = case.double_backward(second, upstream, shared)
            expect(result, case.double_backward(gg, g, x), kept)
        with checks.case(case, "autograd", placements):
            whole, leaf = x.clone().requires_grad_(), shared.detach().requires_grad_()
            (expected,) = torch.autograd.grad(case.value(whole), whole, g)
            (grad,) = torch.autograd.grad(case.value(leaf), leaf, upstream)
            expect(grad, expected, kept)
        with checks.case(case, "in place", placements):
            copy = distribute(x, mesh, placements)
            if kept == tuple(placements):
                assert case.in_place(copy) is copy
                expect(copy, case.value(x), kept)
            else:  # a partial sum cannot become a whole one in its place; torch says the same
                with pytest.raises(RuntimeError, match="in-place operations that require"):
                    case.in_place(copy)


def check_along_dim(checks, mesh, placements):
    x = torch.randn(SHAPE)
    for name in (*SOFTMAX, "glu"):
        op = getattr(act, name)
        # glu halves: of the even sizes, not one that the mesh cuts below 1.
        for dim in (0, 1, -2) if name == "glu" else (0, 1, 2, -1):
            kept = gathered(placements, dim % 3)
            with checks.case(name, "value", dim, placements):
                expect(op(distribute(x, mesh, placements), dim), op(x, dim), kept)
            with checks.case(name, "out", dim, placements):
                out = distribute(torch.zeros_like(op(x, dim)), mesh, kept)
                op(distribute(x, mesh, placements), dim, out=out)
                expect(out, op(x, dim), kept)
            with checks.case(name, "autograd", dim, placements):
                whole = x.clone().requires_grad_()
                leaf = distribute(x, mesh, placements).requires_grad_()
                expected, result = op(whole, dim), op(leaf, dim)
                g = torch.randn_like(expected)
                (expected,) = torch.autograd.grad(expected, whole, g)
                (grad,) = torch.autograd.grad(result, leaf, distribute(g, mesh, kept))
                expect(grad, expected, kept)
        if name in SOFTMAX:
            with checks.case(name, "dtype", placements):
                result = op(distribute(x, mesh, placements), 0, dtype=torch.float64)
                expect(result, op(x, 0, dtype=torch.float64), gathered(placements, 0))


def check_prelu(checks, mesh, placements):
    x, g = torch.randn(2, *SHAPE).unbind()
    kept = reduced(placements)
    for size in (1, SHAPE[1]):
        weight = torch.rand(size)
        by_channel = [
            Shard(0) if size > 1 and placement.is_shard(1) else Replicate() for placement in kept
        ]
        # Sharded elsewhere, each rank has its part of the weight's gradient; where there was a
        # partial sum, that depends on what became of it.
        of_weight = [
            None
            if isinstance(placement, Reduced)
            else Partial()
            if placement.is_shard() and slopes.is_replicate()
            else slopes
            for placement, slopes in zip(kept, by_channel, strict=True)
        ]
        shared, slopes = distribute(x, mesh, placements), distribute(weight, mesh, by_channel)
        with checks.case("prelu", "value", size, placements):
            expect(act.prelu(shared, slopes), act.prelu(x, weight), kept)
        with checks.case("prelu", "autograd", size, placements):
            leaves = [x.clone().requires_grad_(), weight.clone().requires_grad_()]
            sharded = [t.detach().requires_grad_() for t in (shared, slopes)]
            expected = torch.autograd.grad(act.prelu(*leaves), leaves, g)
            upstream = distribute(g, mesh, kept)
            grads = torch.autograd.grad(act.prelu(*sharded), sharded, upstream)
            expect(grads[0], expected[0], kept)
            expect(grads[1], expected[1], of_weight, exact=False)  # added in another order
        with checks.case("prelu", "second order", size, placements):
            seconds = []
            for arguments, upstream in (
                ((x, weight), g),
                ((shared, slopes), distribute(g, mesh, kept)),
            ):
                leaves = [t.detach().clone().requires_grad_() for t in arguments]
                first = torch.autograd.grad(act.prelu(*leaves), leaves, upstream, create_graph=True)
                total = sum((t * t).sum() for t in first)
                seconds.append(torch.autograd.grad(total, leaves))
            for mine, whole in zip(seconds[1], seconds[0], strict=True):
                torch.testing.assert_close(mine.full_tensor(), whole)
        if kept == tuple(placements):
            with checks.case("prelu", "in place", size, placements):
                copy = distribute(x, mesh, placements)
                assert act.prelu_(copy, slopes) is copy
                expect(copy, act.prelu(x, weight), kept)


def check_parametric(checks, mesh, placements):
    """As prelu, whose rule they share: value and gradients, with a tensor for each channel."""
    x, g = torch.randn(2, *SHAPE).unbind()
    kept = reduced(placements)
    by_channel = [Shard(0) if placement.is_shard(1) else Replicate() for placement in kept]
    for name in PARAMETRIC:
        op = getattr(act, name)
        tensors = [torch.ones(1), 0.5 + torch.rand(SHAPE[1])]
        shared = [
            distribute(x, mesh, placements),
            distribute(tensors[0], mesh, [Replicate()] * len(kept)),
            distribute(tensors[1], mesh, by_channel),
        ]
        with checks.case(name, "value", placements):
            expect(op(*shared), op(x, *tensors), kept)
        with checks.case(name, "autograd", placements):
            leaves = [t.detach().clone().requires_grad_() for t in (x, *tensors)]
            sharded = [t.detach().requires_grad_() for t in shared]
            expected = torch.autograd.grad(op(*leaves), leaves, g)
            grads = torch.autograd.grad(op(*sharded), sharded, distribute(g, mesh, kept))
            expect(grads[0], expected[0], kept)
            for mine, whole in zip(grads[1:], expected[1:], strict=True):
                torch.testing.assert_close(mine.full_tensor(), whole)


def check_rrelu(checks, mesh, placements):
    x, g = torch.randn(2, *SHAPE).unbind()
    whole, replicated = x.clone().requires_grad_(), [Replicate()] * len(placements)
    with checks.case("rrelu", "evaluation", placements):
        expect(act.rrelu(distribute(x, mesh, placements)), act.rrelu(x), reduced(placements))
    with checks.case("rrelu", "training", placements):
        # Generators that disagree: the state with the largest seed is every rank's.
        generator = torch.Generator().manual_seed(torch.distributed.get_rank())
        seeds = [
            int(act.philox_state(x, generator=torch.Generator().manual_seed(rank))[0])
            for rank in range(torch.distributed.get_world_size())
        ]
        state = torch.tensor([max(seeds), 0])
        expected = act.rrelu_with_state(whole, state)
        leaf = distribute(x, mesh, placements).requires_grad_()
        result = act.rrelu(leaf, training=True, generator=generator)
        expect(result, expected.detach(), replicated)
        (wanted,) = torch.autograd.grad(expected, whole, g)
        (grad,) = torch.autograd.grad(result, leaf, distribute(g, mesh, placements))
        # The shards of the gradient, or none, as costs less.
        expect(grad, wanted, grad.placements)
    if any(placement.is_shard() for placement in placements):
        with (
            checks.case("rrelu", "in place", placements),
            pytest.raises(RuntimeError, match="in-place operations that require"),
        ):
            act.rrelu_(distribute(x, mesh, placements), training=True)


def check_gated(checks, mesh, placements):
    x, pair = torch.randn(SHAPE), torch.randn(2, *SHAPE)
    for dim in (0, 1):
        kept = gathered(placements, dim)

        def op(tensor, dim=dim):
            return act.gated(tensor, "silu", layout="second", dim=dim)

        with checks.case("gated", dim, placements):
            leaf = distribute(x, mesh, placements).requires_grad_()
            whole = x.clone().requires_grad_()
            expected, result = op(whole), op(leaf)
            expect(result, expected, kept)
            g = torch.randn_like(expected)
            (expected,) = torch.autograd.grad(expected, whole, g)
            (grad,) = torch.autograd.grad(result, leaf, distribute(g, mesh, kept))
            expect(grad, expected, kept)
    if any(placement.is_partial() for placement in placements):
        return
    with checks.case("gated_pair", placements):
        leaves = [distribute(t, mesh, placements).requires_grad_() for t in pair]
        whole = [t.clone().requires_grad_() for t in pair]
        expected, result = (act.gated_pair(*t, "silu") for t in (whole, leaves))
        expect(result, expected, placements)
        wanted = torch.autograd.grad(expected, whole, x)
        grads = torch.autograd.grad(result, leaves, distribute(x, mesh, placements))
        for grad, want in zip(grads, wanted, strict=True):
            expect(grad, want, placements)


def check_bias_act(checks, mesh, placements):
    if any(placement.is_partial() for placement in placements):
        return
    x, g = torch.randn(2, *SHAPE).unbind()
    for dim, size in enumerate(SHAPE[:2]):
        along = [Shard(0) if p.is_shard(dim) else Replicate() for p in placements]
        of_bias = [
            Partial() if p.is_shard() and not p.is_shard(dim) else b
            for p, b in zip(placements, along, strict=True)
        ]
        with checks.case("bias_act", dim, placements):
            bias = torch.randn(size)
            whole = [t.clone().requires_grad_() for t in (x, bias)]
            leaves = [distribute(x, mesh, placements), distribute(bias, mesh, along)]
            leaves = [t.requires_grad_() for t in leaves]
            expected, result = (act.bias_act(*t, "gelu", dim=dim) for t in (whole, leaves))
            expect(result, expected, placements)
            wanted = torch.autograd.grad(expected, whole, g)
            grads = torch.autograd.grad(result, leaves, distribute(g, mesh, placements))
            expect(grads[0], wanted[0], placements)
            expect(grads[1], wanted[1], of_bias, exact=False)


def check_all(world_size):
    checks = Checks()
    for mesh, placements in meshes(world_size):
        for check in (
            check_pointwise,
            check_along_dim,
            check_prelu,
            check_parametric,
            check_rrelu,
            check_gated,
            check_bias_act,
        ):
            check(checks, mesh, placements)
    return checks


COVERED = {case.name for case in FORMULAS} | {*SOFTMAX, "glu", "prelu", "rrelu", *PARAMETRIC}
assert {entry.name for entry in CATALOGUE} <= COVERED
