"""torch_act.nn: torch.nn's modules in everything but who computes."""

import copy
import inspect
import io
import pickle

import pytest
import torch
import torch_act
from torch.utils._python_dispatch import TorchDispatchMode
from torch_act.catalogue import CATALOGUE, FUSED

THEIR_NAMES = [n for n in torch.nn.modules.activation.__all__ if n != "MultiheadAttention"]

# Two ways to construct each, of which the second sets every argument to what it is not by default.
ARGUMENTS = {
    "Threshold": [((0.5, -1.0), {}), ((0.25, 7.0), {"inplace": True})],
    "ReLU": [((), {}), ((), {"inplace": True})],
    "RReLU": [((), {}), ((0.25, 0.5), {"inplace": True})],
    "Hardtanh": [((), {}), ((-2.0, 3.0), {"inplace": True})],
    "ReLU6": [((), {}), ((), {"inplace": True})],
    "Sigmoid": [((), {})],
    "Hardsigmoid": [((), {}), ((), {"inplace": True})],
    "Tanh": [((), {})],
    "SiLU": [((), {}), ((), {"inplace": True})],
    "Mish": [((), {}), ((), {"inplace": True})],
    "Hardswish": [((), {}), ((), {"inplace": True})],
    "ELU": [((), {}), ((0.5,), {"inplace": True})],
    "CELU": [((), {}), ((0.5,), {"inplace": True})],
    "SELU": [((), {}), ((), {"inplace": True})],
    "GLU": [((), {}), ((), {"dim": 1})],
    "GELU": [((), {}), ((), {"approximate": "tanh"})],
    "Hardshrink": [((), {}), ((1.5,), {})],
    "LeakyReLU": [((), {}), ((0.25,), {"inplace": True})],
    "LogSigmoid": [((), {})],
    "Softplus": [((), {}), ((2.0, 5.0), {})],
    "Softshrink": [((), {}), ((1.5,), {})],
    "PReLU": [((), {}), ((4,), {"init": 0.5, "dtype": torch.float64})],
    "Softsign": [((), {})],
    "Tanhshrink": [((), {})],
    "Softmin": [((-1,), {}), ((), {"dim": 2})],
    "Softmax": [((-1,), {}), ((), {"dim": 2})],
    "Softmax2d": [((), {})],
    "LogSoftmax": [((-1,), {}), ((), {"dim": 2})],
}
CASES = [(name, *case) for name, cases in ARGUMENTS.items() for case in cases]
ALL = pytest.mark.parametrize(("name", "args", "kwargs"), CASES, ids=str)


def _pair(name, args, kwargs):
    return getattr(torch_act.nn, name)(*args, **kwargs), getattr(torch.nn, name)(*args, **kwargs)


def _input(module, device):
    x = torch.linspace(-6, 6, 2 * 4 * 6 * 2, device=device).reshape(2, 4, 6, 2)
    return x.to(next(module.parameters(), x).dtype)


def test_same_classes():
    assert len(THEIR_NAMES) == 28
    assert sorted(THEIR_NAMES) == sorted(ARGUMENTS)
    in_torch = [name for name in torch_act.nn.__all__ if hasattr(torch.nn, name)]
    assert sorted(in_torch) == sorted(THEIR_NAMES)
    catalogued = [name for entry in (*CATALOGUE, *FUSED) for name in entry.modules]
    assert sorted(catalogued) == sorted(torch_act.nn.__all__)


@pytest.mark.parametrize("name", THEIR_NAMES)
def test_class(name):
    ours, theirs = getattr(torch_act.nn, name), getattr(torch.nn, name)
    assert issubclass(ours, theirs)
    assert (ours.__name__, ours.__module__) == (name, "torch_act.nn")
    ours_parameters = dict(inspect.signature(ours).parameters)
    tempered = name in ("Softmax", "Softmin", "LogSoftmax")
    if tempered:
        temperature = ours_parameters.pop("temperature")
        assert (temperature.kind, temperature.default) == (temperature.KEYWORD_ONLY, 1.0)
    assert ours_parameters == dict(inspect.signature(theirs).parameters)
    # Nothing but the computation, the temperature, and the earlier error for a bad dim, is ours.
    own = {key for key, value in vars(ours).items() if callable(value)}
    assert own <= ({"forward", "__init__", "extra_repr"} if tempered else {"forward"})
    assert "forward" in own


@ALL
def test_representation(name, args, kwargs):
    ours, theirs = _pair(name, args, kwargs)
    assert ours.extra_repr() == theirs.extra_repr()
    assert repr(ours) == repr(theirs)


@ALL
def test_forward(name, args, kwargs, device):
    ours, theirs = _pair(name, args, kwargs)
    ours.eval().to(device), theirs.eval().to(device)
    x, y = _input(ours, device), _input(ours, device)
    result, expected = ours(x), theirs(y)
    torch.testing.assert_close(result, expected, rtol=1e-4, atol=1e-4)
    assert (result is x) == (expected is y) == kwargs.get("inplace", False)
    assert torch.equal(x, _input(ours, device)) != (result is x)


@ALL
def test_forward_is_ours(name, args, kwargs, device):
    module, _ = _pair(name, args, kwargs)
    module.to(device)
    function = next(e.name for e in CATALOGUE if name in e.modules)
    x, names = _input(module, device).detach(), []

    class Record(TorchDispatchMode):
        def __torch_dispatch__(self, op, types, args=(), kwargs=None):
            names.append(str(op))
            return op(*args, **(kwargs or {}))

    with Record():
        module(x)
    suffix = "_" if kwargs.get("inplace") else ""
    expected = [f"act.{function}{suffix}.default"]
    if function == "rrelu":  # composed: in training a state is drawn first
        expected = ["act.philox_state.default", f"act.rrelu_with_state{suffix}.default"]
    assert [name for name in names if name.startswith("act.")] == expected


CATALOGUED = [
    (name, entry.name, entry.parameter_sets[index])
    for entry in CATALOGUE
    if entry.pieces and not entry.tensors  # which the module has as parameters
    for name in entry.modules
    for index in sorted({0, len(entry.parameter_sets) - 1})
]


@pytest.mark.parametrize(("name", "function", "parameters"), CATALOGUED, ids=str)
def test_catalogued_modules(name, function, parameters, device):
    """Every pointwise one of the catalogue, also where torch has none to compare it with."""
    x = torch.linspace(-6, 6, 96, device=device).reshape(2, 4, 6, 2)
    module = getattr(torch_act.nn, name)(**parameters).eval()
    expected = getattr(torch_act.functional, function)(x, **parameters)
    assert torch.equal(module(x), expected)
    twin = _pickled(module)
    assert repr(twin) == repr(module)
    assert torch.equal(twin(x), expected)


@ALL
def test_state_dict(name, args, kwargs):
    ours, theirs = _pair(name, args, kwargs)
    assert ours.state_dict().keys() == theirs.state_dict().keys()
    for parameter in theirs.parameters():
        torch.nn.init.normal_(parameter)
    ours.load_state_dict(theirs.state_dict())
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(a, b)
        torch.nn.init.normal_(a)
    theirs.load_state_dict(ours.state_dict())


def _pickled(module):
    return pickle.loads(pickle.dumps(module))


def _saved(module):
    file = io.BytesIO()
    torch.save(module, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


@pytest.mark.parametrize("duplicate", [_pickled, _saved, copy.copy, copy.deepcopy])
@ALL
def test_duplicates(name, args, kwargs, duplicate, device):
    module, _ = _pair(name, args, kwargs)
    module.eval().to(device)
    twin = duplicate(module)
    assert type(twin) is type(module)
    assert repr(twin) == repr(module)
    assert torch.equal(twin(_input(module, device)), module(_input(module, device)))


def test_gradients_of_a_network(device):
    def network(nn):
        torch.manual_seed(0)
        layers = [nn.PReLU(8), torch.nn.Linear(8, 8), nn.GELU(), nn.LogSoftmax(1)]
        return torch.nn.Sequential(torch.nn.Linear(8, 8), *layers).to(device)

    x, gradients = torch.randn(5, 8, device=device), []
    for nn in (torch.nn, torch_act.nn):
        model = network(nn)
        model(x)[:, 0].sum().backward()
        gradients.append([p.grad for p in model.parameters()])
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-4, atol=1e-5)


def test_relu6_is_a_hardtanh():
    assert isinstance(torch_act.nn.ReLU6(), torch_act.nn.Hardtanh)


def test_rrelu_follows_the_mode(device):
    module, x = torch_act.nn.RReLU(), -torch.ones(1000, device=device)
    drawn = module(x)
    assert drawn.unique().numel() > 100
    assert drawn.max() <= -1 / 8
    assert drawn.min() >= -torch.tensor(1 / 3)
    assert module.eval()(x).unique().tolist() == pytest.approx([-(1 / 8 + 1 / 3) / 2])


@pytest.mark.parametrize("name", ["Softmax", "Softmin", "LogSoftmax"])
@pytest.mark.parametrize("dim", [True, 1.0, "1", (0,)], ids=repr)
def test_dim_must_be_an_int(name, dim):
    with pytest.raises(TypeError, match=f"{name}: dim .*{type(dim).__name__}"):
        getattr(torch_act.nn, name)(dim)


@pytest.mark.parametrize("name", ["Softmax", "Softmin", "LogSoftmax"])
def test_implicit_dim_warns_at_the_call(name, device):
    module, theirs = _pair(name, (), {})
    x = torch.randn(2, 3, 4, device=device)
    with pytest.warns(UserWarning, match="Implicit dimension choice") as warned:
        result = module(x)
    assert warned[0].filename == __file__
    with pytest.warns(UserWarning, match="Implicit dimension choice"):
        torch.testing.assert_close(result, theirs(x))


@pytest.mark.parametrize("shape", [(3,), (2, 3), (1, 2, 3, 4, 5)])
def test_softmax2d_dimensions(shape, device):
    with pytest.raises(ValueError, match=f"Softmax2d: .* got {len(shape)}D"):
        torch_act.nn.Softmax2d()(torch.randn(shape, device=device))


@pytest.mark.parametrize("dims", [2, 3, 4, 5])
def test_prelu_num_parameters_must_match(dims, device):
    x = torch.randn([2, 3, 4, 5, 6][:dims], device=device)
    with pytest.raises(RuntimeError, match=r"prelu.*7"):
        torch_act.nn.PReLU(7, device=device)(x)


def test_constructor_errors_are_torchs():
    with pytest.raises(AssertionError, match="max_val"):
        torch_act.nn.Hardtanh(1.0, -1.0)
    with pytest.warns(FutureWarning, match="min_value"):
        assert torch_act.nn.Hardtanh(min_value=-3.0).min_val == -3.0
