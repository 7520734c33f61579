"""Tensors of other classes: __torch_function__, __torch_dispatch__, torch.nn.Parameter."""

import pytest
import torch
import torch_act
from activations import FORMULAS, same_bits
from networks import MODULES, activation, images
from torch.overrides import TorchFunctionMode

modules = pytest.mark.parametrize(("name", "module"), MODULES)
formulas = pytest.mark.parametrize("case", FORMULAS, ids=str)


class Logged(torch.Tensor):
    """Keeps its type through ops, by the inherited `__torch_function__`."""

    calls: list = []  # noqa: RUF012

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        cls.calls.append(function)
        return super().__torch_function__(function, types, args, kwargs or {})


@modules
def test_torch_function_subclass(name, module):
    x = images(2).as_subclass(Logged)
    Logged.calls.clear()
    act = activation(name, module).eval()
    y = act(x)
    assert type(y) is Logged
    function = getattr(torch_act.functional, name)
    assert any(getattr(call, "__wrapped__", call) is function for call in Logged.calls), (
        Logged.calls
    )
    assert same_bits(y.as_subclass(torch.Tensor), act(images(2)))


@modules
def test_torch_function_mode(name, module):
    seen = []

    class Mode(TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            seen.append(getattr(function, "__name__", str(function)))
            return function(*args, **(kwargs or {}))

    with Mode():
        activation(name, module)(images(2))
    assert name in seen


class Wrapped(torch.Tensor):
    """Holds a tensor, and applies every op to it, by `__torch_dispatch__`."""

    @staticmethod
    def __new__(cls, tensor, requires_grad=False):
        return torch.Tensor._make_wrapper_subclass(
            cls, tensor.shape, dtype=tensor.dtype, requires_grad=requires_grad
        )

    def __init__(self, tensor, requires_grad=False):
        self.tensor = tensor

    def __repr__(self):
        return f"Wrapped({self.tensor})"

    @classmethod
    def __torch_dispatch__(cls, op, types, args=(), kwargs=None):
        def unwrap(x):
            return x.tensor if isinstance(x, Wrapped) else x

        def wrap(x):
            return cls(x) if isinstance(x, torch.Tensor) else x

        tree_map = torch.utils._pytree.tree_map
        result = op(*tree_map(unwrap, args), **tree_map(unwrap, kwargs or {}))
        return torch.utils._python_dispatch.return_and_correct_aliasing(
            op, args, kwargs or {}, tree_map(wrap, result)
        )


@modules
def test_torch_dispatch_subclass(name, module):
    act, x = activation(name, module), images(2)
    plain, wrapped = x.clone().requires_grad_(), Wrapped(x.clone(), requires_grad=True)
    torch.manual_seed(5)
    expected = act(plain)
    torch.manual_seed(5)
    result = act(wrapped)
    assert type(result) is Wrapped
    assert same_bits(result.tensor, expected)
    g = torch.randn_like(expected)
    (wanted,) = torch.autograd.grad(expected, plain, g)
    (grad,) = torch.autograd.grad(result, wrapped, Wrapped(g))
    assert same_bits(grad.tensor, wanted)


@formulas
def test_torch_dispatch_in_place(case):
    x = torch.randn(4, 5)
    wrapped, out = Wrapped(x.clone()), Wrapped(torch.zeros_like(x))
    assert case.in_place(wrapped) is wrapped
    assert same_bits(wrapped.tensor, case.value(x))
    assert case.out(Wrapped(x), out) is out
    assert same_bits(out.tensor, case.value(x))


@modules
def test_parameter_subclass(name, module):
    """torch.nn.Parameter and torch.nn.Buffer are tensors as any other."""
    act, x = activation(name, module).eval(), images(2)
    assert type(act(torch.nn.Parameter(x))) is torch.Tensor
    assert same_bits(act(torch.nn.Buffer(x)), act(x))
