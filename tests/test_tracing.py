"""Networks as graphs: torch.fx, make_fx, torch.jit.trace, compiled autograd."""

import copy
import functools
import io

import pytest
import torch
import torch_act
from activations import FORMULAS, same_bits
from networks import MODULES, equal, gradients, images, network
from torch_act.catalogue import CATALOGUE

formulas = pytest.mark.parametrize("case", FORMULAS, ids=str)


def test_fx_trace():
    """Modules of torch_act are leaves, as torch's are, and the graph runs, copies and retraces."""
    model = network().eval()
    traced = torch.fx.symbolic_trace(model)
    # torch takes modules of torch.nn alone for leaves: of ours it traces the forward.
    kinds = {node.target for node in traced.graph.nodes if node.op == "call_function"}
    functions = {getattr(torch_act.functional, name) for name, _ in MODULES}
    assert functions - kinds <= {torch_act.functional.threshold}
    again = torch.fx.symbolic_trace(copy.deepcopy(traced))
    for graph in (traced, again):
        assert torch.equal(graph(images(2)), model(images(2)))
    assert equal(gradients(traced, traced), gradients(model, model))
    assert "torch_act" in traced.code


@formulas
def test_fx_function(case):
    """A functional form is one node of the graph, with its arguments."""
    function = getattr(torch_act.functional, case.name)
    graph = torch.fx.symbolic_trace(lambda x: function(x, **case.keywords))
    (node,) = [node for node in graph.graph.nodes if node.op == "call_function"]
    assert same_bits(graph(torch.arange(-2.0, 3)), case.value(torch.arange(-2.0, 3)))
    assert same_bits(
        torch.fx.Interpreter(graph).run(torch.arange(-2.0, 3)), case.value(torch.arange(-2.0, 3))
    )
    assert getattr(torch_act.functional, case.name).__module__ == "torch_act.functional"
    assert node.target.__module__ == "torch_act.functional"


def test_lowered_graph():
    """make_fx, below autograd: the ops themselves, forward and backward."""
    model = network().eval()
    x = images(2)

    def step(x):
        x = x.detach().requires_grad_()
        (grad,) = torch.autograd.grad(model(x).square().sum(), x)
        return grad

    graph = torch.fx.experimental.proxy_tensor.make_fx(step)(x)
    ops = {str(node.target) for node in graph.graph.nodes if node.op == "call_function"}
    names = {entry.name for entry in CATALOGUE if entry.name != "rrelu"}  # then a leaky_relu
    assert {f"act.{name}.default" for name in names} <= ops
    assert {f"act.{name}_backward.default" for name in names} <= ops
    assert same_bits(graph(x), step(x))


@pytest.mark.filterwarnings("ignore:.torch.jit.* is deprecated")
def test_jit_trace():
    model, x = network().eval(), images(2)
    traced = torch.jit.trace(model, x)
    assert torch.equal(traced(x), model(x))
    file = io.BytesIO()
    torch.jit.save(traced, file)
    file.seek(0)
    loaded = torch.jit.load(file)
    assert torch.equal(loaded(x), model(x))
    assert equal(gradients(loaded, loaded), gradients(model, model))
    for case in FORMULAS:
        one = torch.jit.trace(case.value, torch.ones(3))
        assert same_bits(one(torch.arange(-2.0, 3)), case.value(torch.arange(-2.0, 3)))


# Of saved tensors that are no leaves compiled autograd asks for their .grad, and is warned itself.
asks_for_grad = pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not")


def compiled(function, backend="aot_eager"):
    """Runs the backward passes in a function as graphs that compiled autograd makes of them."""
    torch._dynamo.reset()
    with torch._dynamo.compiled_autograd._enable(torch.compile(backend=backend)):
        return function()


@asks_for_grad
@pytest.mark.parametrize("modules", [MODULES[i : i + 2] for i in range(0, len(MODULES), 2)])
def test_compiled_autograd(modules):
    """Two at a time: sizes are symbols, and what is asked of them grows with the network."""
    model = network(modules)  # in training: of rrelu its slopes are saved
    expected = gradients(model, model)
    assert equal(compiled(lambda: gradients(model, model)), expected)


@asks_for_grad
@formulas
@pytest.mark.parametrize("saved", ["input", "output"])
def test_compiled_autograd_of_the_second_order(case, saved):
    def second(run=lambda f: f()):
        x = torch.linspace(-3, 3, 7, dtype=torch.float64).requires_grad_()
        with torch_act.saved_as(saved):
            y = case.value(x)
        (first,) = torch.autograd.grad(y.sin().sum(), x, create_graph=True)
        run(lambda: first.square().sum().backward())
        return x.grad

    torch.testing.assert_close(second(functools.partial(compiled, backend="eager")), second())


@asks_for_grad
@pytest.mark.parametrize(
    "name",
    [
        *("glu", "gated", "gated_pair", "bias_act", "prelu", "rrelu"),
        *("softmax", "softmin", "log_softmax"),
    ],
)
def test_compiled_autograd_of_other_ops(name):
    def second(run=lambda f: f()):
        torch.manual_seed(3)
        x = torch.linspace(-3, 3, 8, dtype=torch.float64).reshape(2, 4).requires_grad_()
        op = getattr(torch.ops.act, name)
        arguments = {
            "gated": ("silu",),
            "gated_pair": (x.detach() + 1, "silu"),
            "bias_act": (torch.full((4,), 0.3).double(), "silu"),
            "prelu": (torch.full((4,), 0.3).double(),),
            "rrelu": (0.1, 0.4, True),
        }
        y = op(x, *arguments.get(name, (1,)))
        (first,) = torch.autograd.grad(y.sin().sum(), x, create_graph=True)
        run(lambda: first.square().sum().backward())
        return x.grad

    torch.testing.assert_close(second(functools.partial(compiled, backend="eager")), second())


@asks_for_grad
def test_compiled_autograd_tells_calls_apart():
    """A graph that was made for one op and its arguments is not taken for another's."""
    slopes = (0.1, 0.2, 0.1)
    functions = [case.value for case in FORMULAS]
    functions += [functools.partial(torch.ops.act.leaky_relu, negative_slope=s) for s in slopes]

    def grad(function):
        x = torch.linspace(-3, 3, 7, requires_grad=True)
        function(x).sum().backward()
        return x.grad

    expected = [grad(function) for function in functions]
    found = compiled(lambda: [grad(function) for function in functions], backend="eager")
    assert equal(found, expected)
