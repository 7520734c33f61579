"""torch_act.functional: the signatures of torch.nn.functional, and the ways to the kernel."""

import inspect
import warnings

import pytest
import torch
import torch.fx
import torch_act
from parametric import OPS as PARAMETRIC
from parametric import parameters
from torch.fx.experimental.proxy_tensor import make_fx
from torch.overrides import TorchFunctionMode
from torch_act.catalogue import BY_NAME, CATALOGUE, FUSED

F = torch_act.functional
act = torch.ops.act
TORCH = torch.nn.functional
NAMES = [entry.name for entry in CATALOGUE]
IN_TORCH = [name for name in NAMES if hasattr(TORCH, name)]
IN_PLACE_ALIASES = [name + "_" for name in NAMES if hasattr(TORCH, name + "_")]
WITH_INPLACE = [n for n in NAMES if "inplace" in inspect.signature(getattr(F, n)).parameters]
SOFTMAXES = ["softmax", "softmin", "log_softmax"]


def _keywords(name, device):
    """Arguments that differ from the defaults, so that one lost on the way changes the result."""
    special = {
        "rrelu": {"lower": 0.25, "upper": 0.25, "training": True},  # a slope without chance
        "prelu": {"weight": torch.tensor([0.5, -0.5, 2.0], device=device)},
        "gelu": {"approximate": "tanh"},
        "glu": {"dim": 0},
    }
    if name in special:
        return special[name]
    if name in PARAMETRIC:
        dtype = torch.float32
        tensors = dict(zip(PARAMETRIC[name], parameters(name, 3, dtype, device), strict=True))
        return tensors | ({"beta": 0.25, "eps": -0.5} if name == "xielu" else {})
    if name in SOFTMAXES:
        return {"dim": 0, "dtype": torch.float64}
    return BY_NAME[name].parameter_sets[min(2, len(BY_NAME[name].parameter_sets) - 1)]


def _input(device):
    return torch.linspace(-7, 7, 24, device=device).reshape(4, 3, 2)


def _torch_signature(name):
    function = getattr(TORCH, name)
    try:
        return inspect.signature(function)
    except ValueError:  # a builtin, whose docstring begins with the signature
        text = inspect.cleandoc(function.__doc__).partition("\n")[0].partition(" ->")[0]
        return inspect.signature(eval("lambda " + text.partition("(")[2].removesuffix(")") + ": 0"))


def _shape(signature):
    return [(p.name, p.default, p.kind) for p in signature.parameters.values()]


@pytest.mark.parametrize("name", IN_TORCH + IN_PLACE_ALIASES)
def test_signature(name):
    ours, theirs = inspect.signature(getattr(F, name)), _torch_signature(name)
    if name in ("rrelu", "rrelu_"):  # one more, keyword-only, at the end
        *rest, generator = ours.parameters.values()
        assert (generator.name, generator.default) == ("generator", None)
        assert generator.kind is generator.KEYWORD_ONLY
        ours = ours.replace(parameters=rest)
    if name in SOFTMAXES:  # three more, keyword-only, at the end
        *rest, mask, temperature, empty = ours.parameters.values()
        assert (mask.name, mask.default) == ("mask", None)
        assert (temperature.name, temperature.default) == ("temperature", 1.0)
        assert (empty.name, empty.default) == ("empty", None)
        assert {p.kind for p in (mask, temperature, empty)} == {mask.KEYWORD_ONLY}
        ours = ours.replace(parameters=rest)
    if name == "gelu":  # torch documents it as positional and refuses it
        with pytest.raises(TypeError):
            TORCH.gelu(torch.ones(1), "tanh")
        assert ours.parameters["approximate"].kind is inspect.Parameter.KEYWORD_ONLY
        assert [s[:2] for s in _shape(ours)] == [s[:2] for s in _shape(theirs)]
        return
    assert _shape(ours) == _shape(theirs)


def test_complete():
    assert len(IN_TORCH) == 27
    assert len(IN_PLACE_ALIASES) == 8
    fused = [entry.name for entry in FUSED]
    assert sorted(F.__all__) == sorted([*NAMES, *IN_PLACE_ALIASES, *fused, "gumbel_softmax"])
    assert sorted(FUSED_CALLS) == sorted(fused)
    for name in F.__all__:
        function = getattr(F, name)
        assert function.__name__ == name
        for parameter in inspect.signature(function).parameters.values():
            assert parameter.annotation is not parameter.empty, (name, parameter)


@pytest.mark.parametrize("name", NAMES)
def test_arguments_arrive(name, device):
    x, keywords = _input(device), _keywords(name, device)
    result = getattr(F, name)(x, **keywords)
    assert torch.equal(result, getattr(torch.ops.act, name)(x, **keywords))
    if name in IN_TORCH:
        expected = getattr(TORCH, name)(x, **keywords)
        torch.testing.assert_close(result, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", IN_TORCH)
def test_defaults_are_torchs(name, device):
    required = {
        "prelu": {"weight": torch.tensor([0.25], device=device)},
        "threshold": {"threshold": 0.5, "value": -1.0},
    }
    x, keywords = _input(device), required.get(name, {})
    if name in SOFTMAXES:
        keywords = {"dim": -1}
    ours, theirs = getattr(F, name)(x, **keywords), getattr(TORCH, name)(x, **keywords)
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", WITH_INPLACE)
def test_inplace(name, device):
    x, keywords = _input(device), _keywords(name, device)
    expected = getattr(F, name)(x, **keywords)
    assert torch.equal(x, _input(device))
    assert getattr(F, name)(x, **keywords, inplace=True) is x
    assert torch.equal(x, expected)


@pytest.mark.parametrize("name", IN_PLACE_ALIASES)
def test_inplace_alias(name, device):
    x, keywords = _input(device), _keywords(name.removesuffix("_"), device)
    expected = getattr(F, name.removesuffix("_"))(x, **keywords)
    assert getattr(F, name)(x, **keywords) is x
    assert torch.equal(x, expected)


@pytest.mark.parametrize("name", SOFTMAXES)
@pytest.mark.parametrize("ndim", range(5))
def test_implicit_dim(name, ndim, device):
    x = torch.randn(list(range(2, 2 + ndim)), device=device)
    with pytest.warns(UserWarning, match="Implicit dimension choice") as ours:
        result = getattr(F, name)(x)
    with pytest.warns(UserWarning, match="Implicit dimension choice") as theirs:
        expected = getattr(TORCH, name)(x)
    torch.testing.assert_close(result, expected)
    assert str(ours[0].message) == str(theirs[0].message)
    assert ours[0].filename == theirs[0].filename == __file__


@pytest.mark.parametrize("name", SOFTMAXES)
def test_explicit_dim_does_not_warn(name, device):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        getattr(F, name)(torch.randn(3, device=device), 0)


def test_rrelu_generator(device):
    def draw(seed):
        generator = torch.Generator(device).manual_seed(seed)
        return F.rrelu(-torch.ones(100, device=device), training=True, generator=generator)

    assert torch.equal(draw(1), draw(1))
    assert not torch.equal(draw(1), draw(2))


class _Recording(torch.Tensor):
    calls = []  # noqa: RUF012

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        cls.calls.append((function, args, kwargs or {}))
        return super().__torch_function__(function, types, args, kwargs)


@pytest.mark.parametrize("name", NAMES)
def test_torch_function_of_a_subclass(name, device):
    x, keywords = _input(device).as_subclass(_Recording), _keywords(name, device)
    function = getattr(F, name)
    _Recording.calls.clear()
    result = function(x, **keywords)
    called, args, kwargs = _Recording.calls[0]
    assert called is function
    bound = inspect.signature(function).bind(*args, **kwargs).arguments
    assert bound["input"] is x
    assert bound.items() >= dict(keywords).items()
    assert type(result) is _Recording
    expected = function(_input(device), **keywords)
    assert torch.equal(result.as_subclass(torch.Tensor), expected)


def test_torch_function_of_the_weight(device):
    weight = torch.tensor([0.5], device=device).as_subclass(_Recording)
    _Recording.calls.clear()
    F.prelu(torch.randn(3, device=device), weight)
    assert _Recording.calls[0][0] is F.prelu


@pytest.mark.parametrize("name", NAMES)
def test_torch_function_mode(name, device):
    seen, x, keywords = [], _input(device), _keywords(name, device)

    class Mode(TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            seen.append(function)
            return function(*args, **(kwargs or {}))

    with Mode():
        getattr(F, name)(x, **keywords)
    assert seen[0] is getattr(F, name)


@pytest.mark.parametrize("name", NAMES)
def test_symbolic_trace(name, device):
    keywords = _keywords(name, device)
    traced = torch.fx.symbolic_trace(lambda x: getattr(F, name)(x, **keywords))
    targets = [node.target for node in traced.graph.nodes if node.op == "call_function"]
    assert targets == [getattr(F, name)]
    assert torch.equal(traced(_input(device)), getattr(F, name)(_input(device), **keywords))


def _operators(graph):
    return [str(node.target) for node in graph.nodes if str(node.target).startswith("act.")]


def _traced_by_dynamo(function):
    """The function, compiled, and where the graphs come to be when it is called."""
    graphs = []

    def backend(module, inputs):
        graphs.append(module.graph)
        return module.forward

    torch._dynamo.reset()
    return torch.compile(function, fullgraph=True, backend=backend), graphs


@pytest.mark.parametrize("name", NAMES)
def test_dynamo_sees_the_op(name, device):
    keywords = _keywords(name, device)
    function, graphs = _traced_by_dynamo(lambda x: getattr(F, name)(x, **keywords))
    assert torch.equal(function(_input(device)), getattr(F, name)(_input(device), **keywords))
    assert _operators(graphs[0]) == [f"act.{name}.default"]


@pytest.mark.parametrize("name", WITH_INPLACE)
def test_dynamo_sees_the_inplace_op(name, device):
    keywords = _keywords(name, device)
    function, graphs = _traced_by_dynamo(lambda x: getattr(F, name)(x, **keywords, inplace=True))
    x = _input(device)
    function(x)
    assert torch.equal(x, getattr(F, name)(_input(device), **keywords))
    assert _operators(graphs[0]) == [f"act.{name}_.default"]


@pytest.mark.parametrize("name", NAMES)
def test_make_fx_sees_the_op(name, device):
    # Through the builtin: nothing but the dispatcher tells the tracer.
    keywords = _keywords(name, device)
    module = make_fx(lambda x: getattr(F, name)(x, **keywords))(_input(device))
    expected = [f"act.{name}.default"]
    if name == "rrelu":  # composed: in training a state is drawn first
        expected = ["act.philox_state.default", "act.rrelu_with_state.default"]
    assert _operators(module.graph) == expected


# What is no function of one tensor by its name: the function and the op, called alike.
FUSED_CALLS = {
    "gated": (
        lambda x: F.gated(x, "elu", layout="second", dim=0, parameters=[0.5]),
        lambda x: act.gated(x, "elu", layout="second", dim=0, parameters=[0.5]),
    ),
    "gated_pair": (
        lambda x: F.gated_pair(x, x, "elu", parameters=[0.5]),
        lambda x: act.gated_pair(x, x, "elu", parameters=[0.5]),
    ),
    "swiglu": (
        lambda x: F.swiglu(x, layout="interleaved", dim=0),
        lambda x: act.gated(x, "silu", layout="interleaved", dim=0),
    ),
    "geglu": (
        lambda x: F.geglu(x, approximate="tanh", layout="second", dim=0),
        lambda x: act.gated(x, "gelu_tanh", layout="second", dim=0),
    ),
    "reglu": (
        lambda x: F.reglu(x, layout="second", dim=0),
        lambda x: act.gated(x, "relu", layout="second", dim=0),
    ),
    "bias_act": (
        lambda x: F.bias_act(x, x[:, 0, 0], "elu", dim=0, parameters=[0.5]),
        lambda x: act.bias_act(x, x[:, 0, 0], "elu", dim=0, parameters=[0.5]),
    ),
}
on_fused = pytest.mark.parametrize("name", FUSED_CALLS)


@on_fused
def test_fused_arguments_arrive(name, device):
    function, op = FUSED_CALLS[name]
    assert torch.equal(function(_input(device)), op(_input(device)))


@on_fused
def test_fused_torch_function(name, device):
    function, _ = FUSED_CALLS[name]
    seen = []

    class Mode(TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            seen.append(function)
            return function(*args, **(kwargs or {}))

    with Mode():
        function(_input(device))
    assert getattr(F, name) in seen
    result = function(_input(device).as_subclass(_Recording))
    assert type(result) is _Recording
    assert torch.equal(result.as_subclass(torch.Tensor), function(_input(device)))


@on_fused
def test_tracers_see_the_fused_op(name, device):
    function, op = FUSED_CALLS[name]
    graphs = []

    def backend(module, inputs):
        graphs.append(module.graph)
        return module.forward

    torch._dynamo.reset()
    compiled = torch.compile(lambda x: function(x), fullgraph=True, backend=backend)
    assert torch.equal(compiled(_input(device)), op(_input(device)))
    expected = "gated" if name in ("swiglu", "geglu", "reglu") else name
    assert _operators(graphs[0]) == [f"act.{expected}.default"]
    assert _operators(make_fx(function)(_input(device)).graph) == [f"act.{expected}.default"]


@pytest.mark.parametrize("name", [*NAMES, *FUSED_CALLS])
def test_docstring(name):
    text, entry = getattr(F, name).__doc__, {e.name: e for e in (*CATALOGUE, *FUSED)}[name]
    squeezed = " ".join(text.split())
    assert " ".join(entry.formula.split()) in squeezed
    assert entry.source in squeezed
    for parameter in inspect.signature(getattr(F, name)).parameters:
        assert parameter.startswith("_") or f"{parameter}: " in text
    for difference in entry.differences:
        assert f"- {difference.name}: {difference.description}" in squeezed
