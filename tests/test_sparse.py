"""Sparse tensors, COO and compressed, against the same op on the values and on dense tensors."""

import pytest
import torch
import torch_act
from activations import CASES, DTYPES, same_bits
from parametric import OPS as PARAMETRIC
from torch_act.catalogue import CATALOGUE

pytestmark = [
    pytest.mark.filterwarnings(
        # torch says at the first sparse tensor that it does not check invariants by itself,
        "ignore:Sparse invariant checks",
        # and of the compressed layouts that they are in beta.
        "ignore:Sparse .* tensor support is in beta",
        # and of blocks of CUDA tensors that it forms them on the CPU.
        "ignore:sparse_compressed_to_sparse_",
    ),
    pytest.mark.no_stand_in("it has no sparse tensors"),
]

COMPRESSED = (torch.sparse_csr, torch.sparse_csc, torch.sparse_bsr, torch.sparse_bsc)
LAYOUTS = (torch.sparse_coo, *COMPRESSED)
BLOCKS = {torch.sparse_bsr: (2, 3), torch.sparse_bsc: (2, 3)}

all_cases = pytest.mark.parametrize("case", CASES, ids=str)
all_layouts = pytest.mark.parametrize("layout", LAYOUTS, ids=str)


def dense(device, dtype=torch.float64, shape=(6, 9), scale=2):
    torch.manual_seed(2)
    return torch.where(
        torch.rand(shape, device=device) < 0.4, scale * torch.randn(shape, device=device), 0.0
    ).to(dtype)


def sparse(x, layout=torch.sparse_coo):
    return x.to_sparse(layout=layout, blocksize=BLOCKS.get(layout))


def specified(x):
    """1 where the sparse tensor specifies a value."""
    if x.layout == torch.sparse_coo:
        ones = torch.ones_like(x.coalesce().values())
        return torch.sparse_coo_tensor(x.coalesce().indices(), ones, x.shape).to_dense()
    ones = x.clone()
    ones.values().fill_(1)
    return ones.to_dense()


def keeps_zero(case):
    """Whether f(0) = 0, by the definition: apart from the C++ formula."""
    return case.reference(torch.float64).at([0.0], 5e-324).high[0, 0] == 0


KEEPING = [case for case in CASES if keeps_zero(case)]
keeping = pytest.mark.parametrize("case", KEEPING, ids=str)


def test_both_kinds_are_tested():
    names = {case.name for case in KEEPING}
    assert {"relu", "gelu", "tanh", "hardtanh", "threshold"} <= names
    assert {"hardtanh", "threshold", "sigmoid"} <= {c.name for c in CASES if not keeps_zero(c)}


@all_cases
@all_layouts
def test_value(case, layout, device):
    x = dense(device)
    if not keeps_zero(case):
        with pytest.raises(RuntimeError, match=rf"act::{case.name}: .* f\(0\) = "):
            case.value(sparse(x, layout))
        return
    y = case.value(sparse(x, layout))
    assert y.layout == layout
    assert same_bits(y.to_dense() + 0.0, case.value(x) + 0.0)  # to_dense() has no -0


def test_what_decides_is_the_parameter(device):
    x = sparse(dense(device))
    act = torch.ops.act
    for call in (
        lambda: act.softplus(x, threshold=-1.0),  # the linear part begins below 0
        lambda: act.hardtanh(x, 0.0, 0.0),
        lambda: act.threshold(x, -0.5, 3.0),
        lambda: act.threshold(x, 0.5, -0.0),
    ):
        assert call().is_sparse
    for call in (
        lambda: act.hardtanh(x, -1.0, -0.5),
        lambda: act.threshold(x, 0.0, 3.0),
        lambda: act.leaky_relu(x, float("nan")),
    ):
        with pytest.raises(RuntimeError, match=r"f\(0\) = "):
            call()


@keeping
def test_hybrid_and_duplicates(case, device):
    values = torch.randn(5, 4, dtype=torch.float64, device=device)
    indices = torch.tensor([[0, 2, 0, 1, 0], [1, 1, 1, 0, 1]], device=device)  # (0, 1) three times
    x = torch.sparse_coo_tensor(indices, values, (3, 2, 4), device=device)
    assert not x.is_coalesced()
    y = case.value(x)
    assert y.is_coalesced()
    assert torch.equal(y.indices(), x.coalesce().indices())
    assert same_bits(y.values(), case.value(x.coalesce().values()))
    with pytest.raises(RuntimeError, match=rf"act::{case.name}_: expected a coalesced tensor"):
        case.in_place(x)


@keeping
@all_layouts
def test_in_place_and_out(case, layout, device):
    x, expected = dense(device), case.value(dense(device)) + 0.0
    written = sparse(x, layout)
    if layout == torch.sparse_coo:
        written = written.coalesce()
    version = written._version
    assert case.in_place(written) is written
    assert written._version > version
    assert torch.equal(written.to_dense(), expected)
    for out in (sparse(torch.zeros_like(x), layout), sparse(x + 1, layout)):
        assert case.out(sparse(x, layout), out) is out
        assert torch.equal(out.to_dense(), expected)
    with pytest.raises(RuntimeError, match="expected out to have layout"):
        case.out(sparse(x, layout), torch.empty_like(x))


@keeping
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_dtypes(case, dtype, device):
    x = sparse(dense(device, dtype))
    y = case.value(x)
    assert y.dtype == dtype
    assert same_bits(y.coalesce().values(), case.value(x.coalesce().values()))


@keeping
@all_layouts
def test_gradient(case, layout, device):
    """That of the dense op at the specified elements, in the input's pattern."""
    x, weight = dense(device), torch.randn(6, 9, dtype=torch.float64, device=device)
    leaf, whole = sparse(x, layout).requires_grad_(), x.clone().requires_grad_()
    total = (case.value(leaf).to_dense() * weight).sum()
    (grad,) = torch.autograd.grad(total, leaf)
    (expected,) = torch.autograd.grad((case.value(whole) * weight).sum(), whole)
    assert grad.layout == layout
    assert torch.equal(specified(grad), specified(sparse(x, layout)))
    assert torch.equal(grad.to_dense(), (expected + 0.0) * specified(grad))


@keeping
def test_gradient_of_duplicates(case, device):
    values = torch.tensor([0.5, -2.0, 1.0], dtype=torch.float64, device=device)
    x = torch.sparse_coo_tensor(
        torch.tensor([[1, 1, 3]], device=device), values, (5,), device=device
    ).requires_grad_()
    case.value(x).to_dense().sum().backward()
    whole = torch.tensor([-1.5, 1.0], dtype=torch.float64, requires_grad=True, device=device)
    case.value(whole).sum().backward()
    assert torch.equal(x.grad.coalesce().values(), whole.grad)


@keeping
@pytest.mark.parametrize("layout", [torch.sparse_coo, torch.sparse_csr], ids=str)
def test_gradient_in_another_pattern(case, layout, device):
    x, g = sparse(dense(device), layout), dense(device).roll(1, 0)
    expected = case.backward(g, x.to_dense()) * specified(x)
    for gradient in (g, sparse(g, layout)):
        grad = case.backward(gradient, x)
        assert torch.equal(grad.to_dense(), expected + 0.0)
    strided = case.backward(sparse(g, layout), x.to_dense())
    assert torch.equal(strided, case.backward(g, x.to_dense()))


@keeping
def test_second_order(case, device):
    x, g, gg = sparse(dense(device)).coalesce(), dense(device).roll(1, 1), dense(device).roll(2, 1)
    expected = case.double_backward(gg, g, x.to_dense()) * specified(x)
    for gradients in ((gg, g), (sparse(gg), sparse(g))):
        result = case.double_backward(*gradients, x)
        assert torch.equal(result.to_dense(), expected + 0.0)


@pytest.mark.parametrize("layout", [torch.sparse_coo, torch.sparse_csr], ids=str)
def test_relu_against_torch(layout, device):
    """The gradient's pattern is that of torch's own sparse relu."""
    grads = []
    for relu in (torch.ops.act.relu, torch.relu):
        leaf = sparse(dense(device), layout).requires_grad_()
        relu(leaf).to_dense().square().sum().backward()
        grads.append(leaf.grad)
    assert grads[0].layout == grads[1].layout
    assert torch.equal(specified(grads[0]), specified(grads[1]))
    assert torch.equal(grads[0].to_dense(), grads[1].to_dense())


@pytest.mark.parametrize("training", [False, True])
@all_layouts
def test_rrelu(layout, training, device):
    x, act = sparse(dense(device), layout), torch.ops.act
    values = x.coalesce().values() if layout == torch.sparse_coo else x.values()

    def draw(x, op=act.rrelu, **out):
        generator = torch.Generator(device).manual_seed(3)
        return op(x, training=training, generator=generator, **out)

    expected = draw(values)
    assert expected.min() < 0
    y = draw(x)
    assert same_bits(y.coalesce().values() if layout == torch.sparse_coo else y.values(), expected)
    written = x.coalesce().clone() if layout == torch.sparse_coo else x.clone()
    assert torch.equal(draw(written, act.rrelu_).to_dense(), y.to_dense())
    out = sparse(torch.zeros(6, 9, dtype=torch.float64, device=device), layout)
    assert torch.equal(draw(x, out=out).to_dense(), y.to_dense())

    leaf, whole = x.detach().requires_grad_(), values.detach().clone().requires_grad_()
    (grad,) = torch.autograd.grad(draw(leaf).to_dense().sum(), leaf)
    (wanted,) = torch.autograd.grad(draw(whole).sum(), whole)
    grad = grad.coalesce().values() if layout == torch.sparse_coo else grad.values()
    assert torch.equal(grad, wanted)


@pytest.mark.parametrize("weights", [1, 9])
@pytest.mark.parametrize("sparse_dim", [1, 2, None])
def test_prelu(weights, sparse_dim, device):
    torch.manual_seed(4)
    x, weight = dense(device), torch.rand(weights, dtype=torch.float64, device=device)
    if sparse_dim is None:
        shared = x.to_sparse_csr()
        if weights > 1:
            with pytest.raises(RuntimeError, match="act::prelu: expected one weight, or an input"):
                torch.ops.act.prelu(shared, weight)
            return
    else:
        shared = x.to_sparse(sparse_dim).coalesce()
    leaves = [shared.requires_grad_(), weight.clone().requires_grad_()]
    whole = [x.clone().requires_grad_(), weight.clone().requires_grad_()]
    y, expected = torch.ops.act.prelu(*leaves), torch.ops.act.prelu(*whole)
    assert torch.equal(y.to_dense(), expected)
    g = torch.randn_like(x)
    grads = torch.autograd.grad((y.to_dense() * g).sum(), leaves)
    wanted = torch.autograd.grad((expected * g).sum(), whole)
    assert torch.equal(grads[0].to_dense(), (wanted[0] + 0.0) * specified(shared.detach()))
    torch.testing.assert_close(grads[1], wanted[1])
    written = shared.detach().clone()
    assert torch.ops.act.prelu_(written, weight) is written
    assert torch.equal(written.to_dense(), expected)
    out = shared.detach().clone()
    torch.ops.act.prelu(shared.detach(), weight, out=out)
    assert torch.equal(out.to_dense(), expected)


def test_functions_and_modules(device):
    """What is called by users arrives at the same kernels."""
    x = sparse(dense(device))
    assert torch_act.functional.relu(x).is_sparse
    assert torch_act.nn.GELU()(x).is_sparse
    with pytest.raises(NotImplementedError, match="glu"):  # halves of a pattern are two patterns
        torch.ops.act.glu(x, 1)


@pytest.mark.parametrize("name", PARAMETRIC)
def test_learned_tensors_have_no_sparse_kernels(name, device):
    """star_relu and xielu would fill the pattern."""
    one = torch.ones(1, device=device)
    with pytest.raises(NotImplementedError, match=name):
        getattr(torch.ops.act, name)(sparse(dense(device)), one, one)


def test_every_op_is_tested():
    tested = {case.name for case in CASES} | {"rrelu", "prelu", "glu", *PARAMETRIC}
    softmax = {"softmax", "softmin", "log_softmax"}  # in test_softmax_sparse.py
    assert {entry.name for entry in CATALOGUE} == tested | softmax
