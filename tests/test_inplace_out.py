"""In-place ops and out=: what they return, what they refuse, what autograd sees of them."""

import pytest
import torch
from activations import CASES, DTYPES, FORMULAS, same_bits

OVERLAP = "unsupported operation|overlap|single memory location"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_in_place_returns_its_argument(case, device):
    x = torch.randn(5, device=device)
    expected, pointer, version = case.value(x), x.data_ptr(), x._version
    assert case.in_place(x) is x
    assert x.data_ptr() == pointer
    assert x._version == version + 1
    assert same_bits(x, expected)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_out_returns_its_argument(case, device):
    x, out = torch.randn(5, device=device), torch.full((5,), 9.0, device=device)
    before, version = x.clone(), out._version
    assert case.out(x, out) is out
    assert out._version == version + 1
    assert same_bits(out, case.value(x))
    assert same_bits(x, before)


@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_in_place_on_a_leaf_that_requires_grad(case, device):
    x = torch.randn(5, requires_grad=True, device=device)
    before = x.detach().clone()
    with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
        case.in_place(x)
    with pytest.raises(RuntimeError, match="view of a leaf Variable that requires grad"):
        case.in_place(x[1:3])
    assert torch.equal(x, before)
    with torch.no_grad():
        case.in_place(x)
    assert same_bits(x.detach(), case.value(before))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_in_place_on_a_view(case, device):
    """Autograd follows the view back to its base."""
    root = torch.linspace(-4, 4, 24, device=device).view(4, 6).requires_grad_()
    weights = torch.randn(4, 6, device=device)

    def gradient(apply):
        base = root * 1
        apply(base)
        return torch.autograd.grad((base * weights).sum(), root)[0]

    def reference(base):
        base[1:, ::2] = case.value(base[1:, ::2].clone())

    expected = gradient(reference)
    found = gradient(lambda base: case.in_place(base[1:, ::2]))
    assert torch.allclose(found, expected, rtol=1e-5, atol=2e-6 * max(1, expected.abs().max()))


@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_a_changed_saved_tensor_is_noticed(case, device):
    x = torch.randn(5, requires_grad=True, device=device) * 1
    result = case.value(x)
    case.in_place(x.detach())
    case.in_place(result.detach())
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        result.sum().backward()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_in_place_in_the_middle_of_a_graph(case, device):
    x = torch.linspace(-4, 4, 33, requires_grad=True, device=device)
    y = x * 0.5
    case.in_place(y)
    (found,) = torch.autograd.grad((y * 3).sum(), x)
    z = x * 0.5
    (expected,) = torch.autograd.grad((case.value(z) * 3).sum(), x)
    assert torch.allclose(found, expected, rtol=1e-5, atol=2e-6 * max(1, expected.abs().max()))


@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_memory_that_overlaps_itself(case, device):
    x = torch.randn(3, 1, device=device)
    before = x.clone()
    with pytest.raises(RuntimeError, match=OVERLAP):
        case.in_place(x.expand(3, 4))
    with pytest.raises(RuntimeError, match=OVERLAP):
        case.out(torch.randn(3, 4, device=device), x.expand(3, 4))
    assert torch.equal(x, before)


@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_out_that_overlaps_the_input(case, device):
    base = torch.randn(20, device=device)
    before = base.clone()
    with pytest.raises(RuntimeError, match=OVERLAP):
        case.out(base[:10], base[1:11])
    with pytest.raises(RuntimeError, match=OVERLAP):
        case.out(base[:10], base[5:15])
    assert torch.equal(base, before)
    expected = case.value(base)
    assert case.out(base, base) is base  # the same elements: fine
    assert same_bits(base, expected)
    other = before.clone()
    case.out(other[:10], other[10:])  # neighbours: fine
    assert same_bits(other, torch.cat([before[:10], expected[:10]]))


@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_out_of_another_dtype(case, device):
    x = torch.randn(5, device=device)
    for dtype in (torch.float64, torch.bfloat16, torch.int32):
        out = torch.zeros(5, dtype=dtype, device=device)
        with pytest.raises(RuntimeError, match=f"act::{case.name}.*(Float|float32)"):
            case.out(x, out)
        assert not out.any()


@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_out_of_another_shape(case, capfd, device):
    """It is resized, with torch's warning unless it was empty (torch.ops prints what C++ warns)."""
    x = torch.randn(2, 3, device=device)
    out = case.out(x, torch.empty(5, device=device))
    assert same_bits(out, case.value(x))
    assert "An output with one or more elements was resized" in capfd.readouterr().err
    out = torch.empty(0, device=device)
    assert case.out(x, out) is out
    assert same_bits(out, case.value(x))
    assert "resized" not in capfd.readouterr().err


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_out_keeps_its_strides(case, dtype, device):
    x = torch.randn(40, 50, device=device).to(dtype)
    out = torch.empty(50, 40, dtype=dtype, device=device).t()
    case.out(x, out)
    assert out.stride() == (1, 40)
    assert same_bits(out, case.value(x))


@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_out_is_not_differentiable(case, device):
    x = torch.randn(5, requires_grad=True, device=device)
    with pytest.raises(RuntimeError, match="don't support automatic differentiation"):
        case.out(x, torch.empty(5, device=device))
    with pytest.raises(RuntimeError, match="don't support automatic differentiation"):
        case.out(x.detach(), torch.empty(5, requires_grad=True, device=device))
    with torch.no_grad():
        assert same_bits(case.out(x, torch.empty(5, device=device)), case.value(x))


@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_inference_mode(case, device):
    with torch.inference_mode():
        x = torch.randn(5, device=device)
        expected = case.value(x)
        assert same_bits(case.out(x, torch.empty(5, device=device)), expected)
        assert same_bits(case.in_place(x), expected)


@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_subclasses_and_parameters_go_through(case, device):
    parameter = torch.nn.Parameter(torch.randn(5, device=device))
    result = case.value(parameter)
    assert type(result) is torch.Tensor
    assert result.requires_grad
    assert same_bits(result.detach(), case.value(parameter.detach()))
