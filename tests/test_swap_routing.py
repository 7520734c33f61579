"""torch_act.active: torch's calls are computed by ours, and what we do not compute by torch."""

import threading

import pytest
import torch
import torch.nn.functional as F
import torch_act
from activations import same_bits
from torch.testing._internal.two_tensor import TwoTensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch_act.swapping.correspondences import FUNCTIONS


class Executed(TorchDispatchMode):
    """The ops that are executed."""

    def __init__(self):
        super().__init__()
        self.ops = []

    def __torch_dispatch__(self, op, types, args=(), kwargs=None):
        self.ops.append(op)
        return op(*args, **(kwargs or {}))

    def ours(self):
        return [op for op in self.ops if op.namespace == "act"]


def x():
    return torch.randn(3, 4, 6, generator=torch.Generator().manual_seed(3)) * 3


ARGUMENTS = {
    "threshold": (0.1, 20.0),
    "threshold_": (0.1, 20.0),
    "prelu": (torch.tensor([0.3]),),
    "softmax": (1,),
    "softmin": (1,),
    "log_softmax": (1,),
}


def routed(call):
    with Executed() as executed, torch_act.active():
        call()
    return [op._schema.name.removeprefix("act::") for op in executed.ours()]


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in torch_act.functional.__all__
        if hasattr(F, name) and name != "gumbel_softmax"
    ],
)
def test_every_function(name):
    theirs, ours = getattr(F, name), getattr(torch_act.functional, name)
    arguments = ARGUMENTS.get(name, ())
    with torch_act.active():
        result = theirs(x(), *arguments)
    assert same_bits(result, ours(x(), *arguments))
    assert routed(lambda: theirs(x(), *arguments))


NAMES = sorted({f.__name__ for f in FUNCTIONS if hasattr(torch, f.__name__)})
METHODS = sorted(f.__name__ for f in FUNCTIONS if getattr(torch.Tensor, f.__name__, None) is f)


@pytest.mark.parametrize("name", NAMES)
def test_function_of_torch(name):
    arguments = ARGUMENTS.get(name, ())
    # In evaluation rrelu is a leaky_relu.
    assert routed(lambda: getattr(torch, name)(x(), *arguments)) == [
        name.replace("rrelu", "leaky_relu")
    ]


@pytest.mark.parametrize("name", METHODS)
def test_method(name):
    arguments = ARGUMENTS.get(name, ())
    assert routed(lambda: getattr(x(), name)(*arguments)) == [name]


def test_methods_are_found():
    assert {"relu", "relu_", "sigmoid", "sigmoid_", "tanh", "tanh_", "softmax"} <= set(METHODS)


def test_special():
    assert routed(lambda: torch.special.expit(x())) == ["sigmoid"]
    assert routed(lambda: torch.special.softmax(x(), 1)) == ["softmax"]
    assert routed(lambda: torch.special.log_softmax(x(), 1)) == ["log_softmax"]


def test_modules_and_arguments():
    assert routed(lambda: torch.nn.GELU("tanh")(x())) == ["gelu"]
    assert routed(lambda: F.silu(x(), inplace=True)) == ["silu_"]
    assert routed(lambda: F.softmax(x(), dim=-1, dtype=torch.float64)) == ["softmax"]
    assert routed(lambda: torch.softmax(x(), 1, torch.float64)) == ["softmax"]
    assert routed(lambda: x().softmax(dim=1)) == ["softmax"]
    assert routed(lambda: F.gelu(input=x(), approximate="tanh")) == ["gelu"]


def test_gradients():
    input = x().requires_grad_()
    with torch_act.active():
        loss = F.gelu(input).sum()
    (grad,) = torch.autograd.grad(loss, input)
    (expected,) = torch.autograd.grad(torch_act.functional.gelu(input).sum(), input)
    assert same_bits(grad, expected)


def fall_through():
    whole = torch.arange(6).reshape(2, 3)
    yield "integers", lambda: torch.sigmoid(whole)
    yield "integers, in place", lambda: whole.relu_()
    yield "bool to long", lambda: torch.softmax(whole, 0, dtype=torch.float32)
    yield "complex", lambda: torch.tanh(torch.ones(3, dtype=torch.complex64))
    yield "sparse", lambda: torch.relu(torch.eye(3).to_sparse()).to_dense()
    yield "out", lambda: torch.sigmoid(x(), out=torch.empty(3, 4, 6))
    yield "no out", lambda: torch.sigmoid(x(), out=None)
    yield "wrapper subclass", lambda: F.relu(TwoTensor(x(), x())).a
    yield "tensor for a number", lambda: F.leaky_relu(x(), torch.tensor(0.1))
    yield "nested", lambda: torch.relu(nested()).to_padded_tensor(0.0)
    yield "composite", lambda: F.gumbel_softmax(x())
    yield "others", lambda: x().exp() + x().sum()


def nested():
    return torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], layout=torch.jagged)


@pytest.mark.parametrize(("name", "call"), list(fall_through()))
def test_falls_through(name, call):
    torch.manual_seed(0)
    expected = call()
    torch.manual_seed(0)
    with torch_act.active():
        assert torch.equal(call(), expected)
    if name != "bool to long":  # ours casts as well
        assert routed(call) == []


def test_errors_are_torchs():
    with torch_act.active(), pytest.raises(RuntimeError, match="leaf Variable"):
        torch.ones(3, requires_grad=True).relu_()
    with torch_act.active(), pytest.raises(TypeError):
        F.gelu("text")


def test_subclass_with_functions_of_its_own():
    seen = []

    class Recording(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            seen.append(func)
            return super().__torch_function__(func, types, args, kwargs)

    recording = x().as_subclass(Recording)
    with torch_act.active():
        F.gelu(recording)
    assert seen == [F.gelu]


def test_parameters_are_routed():
    parameter = torch.nn.Parameter(x())
    assert routed(lambda: F.relu(parameter)) == ["relu"]
    assert routed(lambda: F.prelu(x(), torch.nn.Parameter(torch.ones(4)))) == ["prelu"]


def test_nests():
    mode = torch_act.active()
    with torch_act.active(), mode, mode:
        assert routed(lambda: F.relu(x())) == ["relu"]
        with torch._C.DisableTorchFunction():
            assert same_bits(F.gelu(x()), F.gelu(x()))
    with Executed() as executed:
        F.relu(x())
    assert executed.ours() == []


def test_left_after_an_error():
    with pytest.raises(ZeroDivisionError), torch_act.active():
        _ = 1 / 0
    with Executed() as executed:
        F.relu(x())
    assert executed.ours() == []


def test_belongs_to_its_thread():
    seen, entered, checked = [], threading.Event(), threading.Event()

    def other():
        entered.wait(30)
        with Executed() as executed:
            F.relu(x())
        seen.extend(executed.ops)
        checked.set()

    thread = threading.Thread(target=other)
    thread.start()
    with torch_act.active():
        entered.set()
        assert checked.wait(30)
    thread.join()
    assert [op.namespace for op in seen if "relu" in str(op)] == ["aten"]


def test_another_mode_sees_ours():
    """A mode that was entered before gets what ours calls."""
    seen = []

    class Record(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            seen.append(func)
            return func(*args, **(kwargs or {}))

    input = x()
    with Record(), torch_act.active():
        F.gelu(input)
    # Attributes of tensors, such as `dtype`, are calls for a mode as well.
    assert [func for func in seen if getattr(func, "__name__", "") != "__get__"] == [
        torch_act.functional.gelu
    ]


def calls(x):
    x = F.gelu(x) + torch.sigmoid(x) + x.tanh() + F.silu(x)
    return F.softmax(x, -1) + torch.softmax(x, 0)


def calls_in_the_mode(x):
    with torch_act.active():
        return calls(x)


def expected_calls():
    with torch_act.active():
        return calls(x())


@pytest.mark.parametrize("inside", [True, False])
def test_compiled_in_one_graph(inside):
    """Dynamo follows the mode, whether the compiled function enters it or its caller."""
    graphs = []

    def backend(graph, inputs):
        graphs.append([str(node.target) for node in graph.graph.nodes])
        return graph

    torch._dynamo.reset()
    if inside:
        result = torch.compile(calls_in_the_mode, backend=backend, fullgraph=True)(x())
    else:
        compiled = torch.compile(calls, backend=backend, fullgraph=True)
        without = compiled(x())
        with torch_act.active():
            result = compiled(x())
        assert same_bits(without, calls(x()))  # compiled anew for the mode, and kept for both
        assert same_bits(compiled(x()), calls(x()))
        assert len(graphs) == 2
    assert same_bits(result, expected_calls())
    for op in ("gelu", "sigmoid", "tanh", "silu", "softmax"):
        assert f"act.{op}.default" in graphs[-1]
    torch._dynamo.reset()


def test_traced_by_make_fx():
    with torch_act.active():
        graph = torch.fx.experimental.proxy_tensor.make_fx(F.gelu)(x())
    assert "act.gelu.default" in {str(node.target) for node in graph.graph.nodes}


def test_vmap_and_grad():
    with torch_act.active():
        result = torch.func.vmap(torch.func.grad(lambda row: F.gelu(row).sum()))(x())
    expected = torch.func.vmap(torch.func.grad(lambda r: torch_act.functional.gelu(r).sum()))(x())
    assert same_bits(result, expected)


@pytest.mark.parametrize("name", ["softmax", "gelu", "softplus"])
def test_autocast(name):
    def dtype():
        return getattr(F, name)(x(), *ARGUMENTS.get(name, ())).dtype

    with torch.autocast("cpu", torch.bfloat16):
        expected = dtype()
        with torch_act.active():
            assert dtype() is expected
