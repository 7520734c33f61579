"""What PyTorch users do with networks: checkpoint, copy, share, trace, and subclass tensors."""

import copy
import functools
import io

import pytest
import torch
import torch_act
from activations import FORMULAS, same_bits
from networks import MODULES, activation, images, network
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.checkpoint import (
    CheckpointPolicy,
    checkpoint,
    create_selective_checkpoint_contexts,
)
from torch_act.catalogue import CATALOGUE

modules = pytest.mark.parametrize(("name", "module"), MODULES)
formulas = pytest.mark.parametrize("case", FORMULAS, ids=str)
# What a network with all modules executes: in training rrelu draws a state first.
EXECUTED = {name for name, _ in MODULES} - {"rrelu"} | {"philox_state", "rrelu_with_state"}


def gradients(model, run):
    """Of a fixed loss, with rrelu's slopes drawn from a fixed seed."""
    torch.manual_seed(5)
    model.zero_grad()
    x = images(2).requires_grad_()
    run(x).square().sum().backward()
    return [x.grad, *(parameter.grad.clone() for parameter in model.parameters())]


def equal(many, others):
    return all(same_bits(one, other) for one, other in zip(many, others, strict=True))


@pytest.mark.parametrize("use_reentrant", [True, False])
def test_checkpoint(use_reentrant):
    model = network()

    def run(x):
        for part in model:
            x = checkpoint(part, x, use_reentrant=use_reentrant)
        return x

    assert equal(gradients(model, run), gradients(model, model))


class Count(TorchDispatchMode):
    """Counts the forward ops of ours that are executed."""

    def __init__(self):
        super().__init__()
        self.executed = []

    def __torch_dispatch__(self, op, types, args=(), kwargs=None):
        if op.namespace == "act" and "backward" not in str(op):
            self.executed.append(op)
        return op(*args, **(kwargs or {}))


@pytest.mark.parametrize("save", [True, False])
def test_selective_checkpoint(save):
    """Ops whose results are kept do not run again."""
    model = network()

    def policy(context, op, *args, **kwargs):
        keep = save and op.namespace == "act"
        return CheckpointPolicy.MUST_SAVE if keep else CheckpointPolicy.PREFER_RECOMPUTE

    contexts = functools.partial(create_selective_checkpoint_contexts, policy)

    def run(x):
        return checkpoint(model, x, use_reentrant=False, context_fn=contexts)

    y = run(images(2).requires_grad_())
    with Count() as again:
        y.square().sum().backward()
    names = {op._schema.name.removeprefix("act::") for op in again.executed}
    assert names == (set() if save else EXECUTED)
    assert equal(gradients(model, run), gradients(model, model))


def test_network_is_copied_and_saved():
    model, file = network().eval(), io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    twin = copy.deepcopy(model)
    for parameter in twin.parameters():
        torch.nn.init.zeros_(parameter)
    assert not torch.equal(twin(images(2)), model(images(2)))
    twin.load_state_dict(torch.load(file))
    assert torch.equal(twin(images(2)), model(images(2)))


def test_weights_only():
    """A module in a file is loaded without arbitrary code where its class is declared safe."""
    file = io.BytesIO()
    torch.save(torch_act.nn.GELU(approximate="tanh"), file)
    file.seek(0)
    with torch.serialization.safe_globals([torch_act.nn.GELU, set]):
        assert torch.load(file).approximate == "tanh"


def _write(model, tensors, answers):
    torch.set_num_threads(1)
    for case, tensor in zip(FORMULAS, tensors, strict=True):
        case.in_place(tensor)
    with torch.no_grad():
        answers.copy_(model.eval()(images(2)))
        for parameter in model.parameters():
            parameter.mul_(2)


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_multiprocessing(method):
    """Another process works in the memory of this one."""
    model, x = network().share_memory(), torch.randn(3, 5)
    expected = model.eval()(images(2)).detach()
    doubled = [2 * parameter.detach() for parameter in model.parameters()]
    shared = [x.clone().share_memory_() for _ in FORMULAS]
    answers = torch.empty_like(expected).share_memory_()
    process = torch.multiprocessing.get_context(method).Process(
        target=_write, args=(model, shared, answers)
    )
    process.start()
    process.join(120)
    assert process.exitcode == 0
    assert torch.equal(answers, expected)
    for case, tensor in zip(FORMULAS, shared, strict=True):
        assert same_bits(tensor, case.value(x)), case
    assert equal([parameter.detach() for parameter in model.parameters()], doubled)


def test_functional_call():
    model, other = network().eval(), network().eval()
    for parameter in other.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    parameters = {name: p.detach() for name, p in other.named_parameters()}
    call = functools.partial(torch.func.functional_call, model)
    assert torch.equal(call(parameters, (images(2),)), other(images(2)))
    grads = torch.func.grad(lambda p: call(p, (images(2),)).square().sum())(parameters)
    expected = gradients(other, other)[1:]
    assert equal(list(grads.values()), expected)


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
    assert torch.equal(graph(x), step(x))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
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
def test_compiled_autograd():
    model = network()  # in training: rrelu's state is saved, and its slopes are drawn again
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
@pytest.mark.parametrize("name", ["glu", "prelu", "rrelu", "softmax", "softmin", "log_softmax"])
def test_compiled_autograd_of_other_ops(name):
    def second(run=lambda f: f()):
        torch.manual_seed(3)
        x = torch.linspace(-3, 3, 8, dtype=torch.float64).reshape(2, 4).requires_grad_()
        op = getattr(torch.ops.act, name)
        arguments = {"prelu": (torch.full((4,), 0.3).double(),), "rrelu": (0.1, 0.4, True)}
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


def test_every_op_is_tested():
    assert {name for name, _ in MODULES} == {entry.name for entry in CATALOGUE}
