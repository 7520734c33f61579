"""The softmax family of sparse COO tensors, against torch.sparse and dense tensors of -inf."""

import pytest
import torch

pytestmark = [
    # torch says at the first sparse tensor that it does not check invariants by itself.
    pytest.mark.filterwarnings("ignore:Sparse invariant checks"),
    pytest.mark.no_stand_in("it has no sparse tensors"),
]

THEIRS = {
    "softmax": torch.sparse.softmax,
    "log_softmax": torch.sparse.log_softmax,
    "softmin": lambda x, dim: torch.sparse.softmax(-x, dim),  # torch.sparse has none of its own
}
MEMBERS = list(THEIRS)
member = pytest.mark.parametrize("name", MEMBERS)
# shape, sparse dimensions, specified elements
CASES = [
    ((7,), 1, 4),
    ((6, 8), 2, 17),
    ((6, 8), 1, 4),
    ((5, 4, 3), 3, 20),
    ((5, 4, 3), 2, 9),
    ((5, 4, 3), 1, 3),
    ((40, 30), 2, 500),
]
case = pytest.mark.parametrize(("shape", "sparse_dim", "specified"), CASES)


def sample(shape, sparse_dim, specified, device, dtype=torch.float64):
    indices = torch.stack(
        [torch.randint(size, (specified,), device=device) for size in shape[:sparse_dim]]
    )
    values = torch.randn(specified, *shape[sparse_dim:], dtype=dtype, device=device)
    return torch.sparse_coo_tensor(indices, values, shape, check_invariants=True, device=device)


@member
@case
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_against_torch(name, shape, sparse_dim, specified, dtype, device):
    x = sample(shape, sparse_dim, specified, device, dtype)
    for dim in range(-len(shape), len(shape)):
        ours = getattr(torch.ops.act, name)(x, dim)
        theirs = THEIRS[name](x, dim)
        assert ours.is_sparse
        assert ours.is_coalesced()
        assert torch.equal(ours.indices(), theirs.coalesce().indices())
        torch.testing.assert_close(ours.values(), theirs.coalesce().values())


@case
def test_unspecified_count_as_minus_infinity(shape, sparse_dim, specified, device):
    x = sample(shape, sparse_dim, specified, device).coalesce()
    dense = torch.full(shape, -torch.inf, dtype=torch.float64, device=device)
    dense[tuple(x.indices())] = x.values()
    for dim in range(len(shape)):
        ours = torch.ops.act.softmax(x, dim).to_dense()
        torch.testing.assert_close(ours, dense.softmax(dim).nan_to_num(0))


@member
@case
def test_gradient_against_torch(name, shape, sparse_dim, specified, device):
    x = sample(shape, sparse_dim, specified, device).coalesce()
    weight = torch.randn(shape, dtype=torch.float64, device=device)
    for dim in range(len(shape)):
        grads = []
        for f in (getattr(torch.ops.act, name), THEIRS[name]):
            leaf = x.detach().clone().requires_grad_()
            (f(leaf, dim).to_dense() * weight).sum().backward()
            grads.append(leaf.grad.to_dense())
        torch.testing.assert_close(*grads)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])  # those that torch has as an op
def test_gradient_with_another_pattern(name, device):
    x = sample((6, 8), 2, 17, device).coalesce()
    y = getattr(torch.ops.act, name)(x, 1)
    g = sample((6, 8), 2, 11, device)
    ours = getattr(torch.ops.act, name + "_backward")(g, y, 1, torch.float64)
    theirs = getattr(torch.ops.aten, f"_sparse_{name}_backward_data")(g, y, 1, x)
    torch.testing.assert_close(ours.to_dense(), theirs.to_dense())


@member
def test_dtype_and_empty(name, device):
    x = sample((6, 8), 2, 17, device, torch.float32)
    y = getattr(torch.ops.act, name)(x, 0, dtype=torch.float64)
    assert y.dtype == torch.float64
    empty = torch.sparse_coo_tensor(
        torch.empty(2, 0, dtype=torch.int64, device=device),
        torch.empty(0, device=device),
        (3, 4),
        device=device,
    )
    for dim in (0, 1):
        assert getattr(torch.ops.act, name)(empty, dim)._nnz() == 0
    with pytest.raises(IndexError, match=rf"act::{name}: expected dim in \[-2, 1\], got 2"):
        getattr(torch.ops.act, name)(x, 2)
