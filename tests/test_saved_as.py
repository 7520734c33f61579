"""torch_act.saved_as: what ops save where input and output would both give the gradient."""

import threading

import pytest
import torch
import torch_act
from activations import FORMULAS, same_bits
from specified import derivative_from_output

CHOOSING = [case for case in FORMULAS if derivative_from_output(case, torch.float32) is not None]


def saved_by(function, x):
    """The tensors that a call saves for its backward."""
    saved = []

    def pack(tensor):
        saved.append(tensor.detach().clone())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = function(x)
    return result, saved


@pytest.mark.parametrize("kind", ["input", "output"])
@pytest.mark.parametrize("case", CHOOSING, ids=str)
def test_saves_what_was_asked_for(case, kind, device):
    x = torch.linspace(-3, 3, 31, requires_grad=True, device=device)
    with torch_act.saved_as(kind):
        y, saved = saved_by(case.value, x)
    assert len(saved) == 1
    assert same_bits(saved[0], x if kind == "input" else y)
    g = torch.randn(31, device=device)
    (gradient,) = torch.autograd.grad(y, x, g)
    expected = (
        case.backward(g, x.detach())
        if kind == "input"
        else case.backward(g, y.detach(), is_result=True)
    )
    assert same_bits(gradient, expected)


@pytest.mark.parametrize("function", [torch_act.functional.sigmoid, torch_act.functional.tanh])
def test_the_input_keeps_the_digits_that_the_output_has_lost(function, device):
    x = torch.tensor([6.5, 9.0], dtype=torch.bfloat16, requires_grad=True, device=device)
    from_output = torch.autograd.grad(function(x).sum(), x)[0]
    with torch_act.saved_as("input"):
        y = function(x)
    from_input = torch.autograd.grad(y.sum(), x)[0]
    wide = x.detach().double().requires_grad_()
    with torch_act.saved_as("input"):
        exact = torch.autograd.grad(function(wide).sum(), wide)[0]
    assert torch.equal(from_output, torch.zeros_like(x))
    assert torch.equal(from_input, exact.to(torch.bfloat16))
    assert (from_input > 0).all()


def test_nests_restores_and_is_of_its_thread(device):
    x = torch.tensor([3.0], requires_grad=True, device=device)

    def saves_input():
        _, saved = saved_by(torch_act.functional.tanh, x)
        return same_bits(saved[0], x)

    with torch_act.saved_as("input"):
        with torch_act.saved_as("output"):
            assert not saves_input()
        assert saves_input()
        elsewhere = []
        thread = threading.Thread(target=lambda: elsewhere.append(saves_input()))
        thread.start()
        thread.join()
        assert elsewhere == [False]
    assert not saves_input()
    with pytest.raises(RuntimeError, match="inside"), torch_act.saved_as("input"):
        raise RuntimeError("inside")
    assert not saves_input()


def test_unknown_kind():
    message = "'input', 'output' or 'bits', got 'nothing'"
    with pytest.raises(ValueError, match=message), torch_act.saved_as("nothing"):
        pass
