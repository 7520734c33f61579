"""torch_act.swap and unswap, with torch's own modules and functions."""

import copy
import functools
import io
import pickle

import pytest
import torch
import torch.nn.functional as F
import torch_act
from activations import same_bits
from torch.nn.utils import parametrize
from torch_act.swapping import correspondences, exchange, functions

ARGUMENTS = {
    "GLU": (1,),
    "LogSoftmax": (1,),
    "Softmax": (1,),
    "Softmin": (1,),
    "Threshold": (0.1, 20.0),
}


def torch_module(name):
    return getattr(torch.nn, name)(*ARGUMENTS.get(name, ()))


def x():
    return torch.randn(2, 4, 6, 8, generator=torch.Generator().manual_seed(3)) * 3


class Renamed(torch.nn.LeakyReLU):
    """Does not override forward."""

    def __init__(self):
        super().__init__(0.3)

    def slope(self):
        return self.negative_slope


class Overriding(torch.nn.GELU):
    def forward(self, input):
        return super().forward(input) * 2


class Calling(torch.nn.GELU):
    def __call__(self, input):
        return super().__call__(input) * 2


class Functional(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.act_fn = F.gelu
        self.gate = functools.partial(F.gelu, approximate="tanh")
        self.normalize = torch.softmax
        self.method = torch.Tensor.sigmoid
        self.unknown_act = lambda x: x + 1
        self.forward_called = len

    def forward(self, x):
        x = self.unknown_act(self.gate(self.act_fn(x)))
        return self.normalize(self.method(x), -1, torch.float64)


def network():
    torch.manual_seed(1)
    return torch.nn.Sequential(
        torch.nn.Conv2d(4, 4, 3, padding=1),
        torch.nn.PReLU(4),
        torch.nn.BatchNorm2d(4),
        Renamed(),
        Functional(),
    )


def state(model):
    """All that unswap must bring back: the objects, their classes and their attributes."""
    return {
        name: (id(module), type(module), {k: id(v) for k, v in vars(module).items()})
        for name, module in model.named_modules()
    }


@pytest.mark.parametrize("name", [name for name in torch_act.nn.__all__ if hasattr(torch.nn, name)])
def test_every_module(name):
    module = torch_module(name).eval()
    before, input = state(module), x()
    expected = module(input)
    report = torch_act.swap(module)
    assert type(module) is getattr(torch_act.nn, name)
    assert report.names == {""}
    ours = getattr(torch_act.nn, name)(*ARGUMENTS.get(name, ())).eval()
    assert same_bits(module(input), ours(input))
    torch.testing.assert_close(module(input), expected)
    torch_act.unswap(module)
    assert state(module) == before


def test_parameters_stay_those_of_the_optimizer():
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    parameters = dict(model.named_parameters())
    torch_act.swap(model)
    assert all(model.get_parameter(name) is p for name, p in parameters.items())
    weight = model[1].weight.detach().clone()
    model(x()).square().sum().backward()
    optimizer.step()
    assert not torch.equal(model[1].weight, weight)
    weight = model[1].weight.detach().clone()
    torch_act.unswap(model)
    assert type(model[1]) is torch.nn.PReLU
    assert torch.equal(model[1].weight, weight)


def test_unswap_brings_back_everything():
    model = network()
    before, keys = state(model), list(model.state_dict())
    torch_act.swap(model)
    assert state(model) != before
    assert list(model.state_dict()) == keys
    torch_act.unswap(model)
    assert state(model) == before


def test_unswap_what_was_never_swapped():
    model = network()
    before = state(model)
    assert torch_act.unswap(model).exchanged == []
    assert state(model) == before


def test_swap_twice():
    model = network()
    before = state(model)
    assert torch_act.swap(model).exchanged
    assert torch_act.swap(model).exchanged == []
    torch_act.unswap(model)
    assert state(model) == before


def test_hooks():
    model, seen = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.PReLU()), []
    model[1].register_forward_pre_hook(lambda *_: seen.append("pre"))
    model[1].register_forward_hook(lambda *_: seen.append("forward"))
    model[1].register_full_backward_hook(lambda *_: seen.append("backward"))
    model[1].register_state_dict_post_hook(lambda *_: seen.append("state_dict"))
    model[1].register_load_state_dict_post_hook(lambda *_: seen.append("load"))
    expected = ["pre", "forward", "backward", "state_dict", "load"]
    for change in (torch_act.swap, torch_act.unswap):
        change(model)
        seen.clear()
        model(torch.randn(2, 8)).sum().backward()
        model.load_state_dict(model.state_dict())
        assert seen == expected


@pytest.mark.parametrize("training", [True, False])
def test_training_mode(training):
    model = torch.nn.Sequential(torch.nn.RReLU()).train(training)
    torch_act.swap(model)
    assert model[0].training is training
    model.train(not training)
    torch_act.unswap(model)
    assert model[0].training is not training


def test_shared_modules_stay_shared():
    act = torch.nn.GELU()
    model = torch.nn.ModuleDict({"one": act, "other": torch.nn.Sequential(act)})
    (only,) = torch_act.swap(model).exchanged
    assert (only.name, only.shared_as) == ("one", ("other.0",))
    assert model["one"] is model["other"][0] is act
    assert type(act) is torch_act.nn.GELU


def test_copy():
    model = network().eval()
    before = state(model)
    report = torch_act.swap(model, inplace=False)
    assert state(model) == before
    assert type(report.model[1]) is torch_act.nn.PReLU
    assert report.model[1].weight is not model[1].weight
    torch.testing.assert_close(report.model(x()), model(x()))
    restored = torch_act.unswap(report.model, inplace=False).model
    assert type(restored[1]) is torch.nn.PReLU
    assert type(report.model[1]) is torch_act.nn.PReLU


def test_subclass_that_does_not_override_forward():
    model = torch.nn.Sequential(Renamed())
    torch_act.swap(model)
    act = model[0]
    assert isinstance(act, Renamed)
    assert isinstance(act, torch_act.nn.LeakyReLU)
    assert type(act).__name__ == "Renamed"
    assert act.slope() == 0.3
    assert same_bits(act(x()), torch_act.functional.leaky_relu(x(), 0.3))
    assert type(act).forward is torch_act.nn.LeakyReLU.forward
    torch_act.unswap(model)
    assert type(act) is Renamed


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))]
)
def test_copied_and_pickled_while_swapped(duplicate):
    model = torch.nn.Sequential(torch.nn.PReLU(), Renamed(), torch.nn.Hardtanh(-2, 2))
    model.act = F.relu6
    torch_act.swap(model)
    twin = duplicate(model)
    assert [type(part) for part in twin] == [type(part) for part in model]
    assert torch.equal(twin(x()), model(x()))
    torch_act.unswap(twin)
    assert [type(part) for part in twin] == [torch.nn.PReLU, Renamed, torch.nn.Hardtanh]
    assert twin.act is F.relu6
    assert type(model[0]) is torch_act.nn.PReLU


def left(module):
    report = torch_act.swap(module)
    assert report.exchanged == []
    (only,) = report.left
    return only.reason


@pytest.mark.filterwarnings("ignore:.torch.jit.trace")
def test_left_and_why():
    assert left(Overriding()) == "overrides the forward of torch.nn.GELU"
    assert left(Calling()) == "overrides the forward of torch.nn.GELU"
    patched = torch.nn.ReLU()
    patched.forward = lambda input: input
    assert left(patched) == "its forward was replaced by assignment"
    parametrized = torch.nn.PReLU()
    parametrize.register_parametrization(parametrized, "weight", torch.nn.Identity())
    assert left(parametrized) == "parametrized, which is a change of its class as well"
    traced = torch.jit.trace(torch.nn.GELU(), x())
    assert left(traced) == "compiled by torch.jit"

    class ShiftedReLU(torch.nn.Module):
        pass

    assert left(ShiftedReLU()) == "not in the table; see torch_act.active"
    assert torch_act.swap(torch.nn.Linear(2, 2)).left == []
    assert torch_act.swap(torch_act.nn.GELU()).left == []


class Foreign(torch.nn.Module):
    """Another library's silu, without the attributes that ours reads."""

    def forward(self, x):
        return x * torch.sigmoid(x)


def test_class_of_another_library(monkeypatch):
    """What ours needs is added, and gone after unswap."""
    name = f"{Foreign.__module__}.{Foreign.__qualname__}"
    table = {name: correspondences.Correspondence("SiLU", {"inplace": False}, "a remark")}
    monkeypatch.setattr(correspondences, "NAMED", table)
    model = torch.nn.Sequential(Foreign())
    before, expected = state(model), model(x())
    (only,) = torch_act.swap(model).exchanged
    assert (only.now, only.remark) == ("torch_act.nn.SiLU()", "a remark")
    torch.testing.assert_close(model(x()), expected)
    torch_act.unswap(model)
    assert state(model) == before


def test_operator_that_is_still_to_come(monkeypatch):
    """It is swapped from the day when torch_act.nn has the name."""
    name = f"{Foreign.__module__}.{Foreign.__qualname__}"
    table = {name: correspondences.Correspondence("Foreign", {"inplace": False})}
    monkeypatch.setattr(correspondences, "NAMED", table)
    assert left(Foreign()) == "torch_act has no operator for Foreign yet"
    monkeypatch.setattr(torch_act.nn, "Foreign", torch_act.nn.SiLU, raising=False)
    module = Foreign()
    assert torch_act.swap(module).names == {""}
    assert type(module) is torch_act.nn.SiLU


def test_layout_of_its_own(monkeypatch):
    """A class of the table whose objects cannot become another class's."""

    class Slotted(torch.nn.Module):
        __slots__ = ("number",)

    name = f"{Slotted.__module__}.{Slotted.__qualname__}"
    table = {name: correspondences.Correspondence("ReLU", {"inplace": False})}
    monkeypatch.setattr(correspondences, "NAMED", table)
    module = Slotted()
    before = state(module)
    assert "layout" in left(module)
    assert state(module) == before


def test_where_there_are_no_kernels(monkeypatch):
    monkeypatch.setattr(exchange, "has_kernels", lambda device: False)
    model = network()
    before = state(model)
    report = torch_act.swap(model)
    assert report.exchanged == []
    assert {entry.reason for entry in report.left} == {
        "this build of torch_act has no kernels for cpu",
        "not in the table; see torch_act.active",
    }
    assert state(model) == before


def test_where():
    model = network()
    report = torch_act.swap(model, where=lambda name, module: isinstance(module, torch.nn.PReLU))
    assert report.names == {"1"}
    assert "excluded by `where`" in {entry.reason for entry in report.left}


def test_functions():
    module = Functional()
    expected = module(x())
    report = torch_act.swap(module)
    assert module.act_fn is torch_act.functional.gelu
    assert module.gate.func is torch_act.functional.gelu
    assert module.gate.keywords == {"approximate": "tanh"}
    assert module.normalize is functions.softmax
    assert module.method is torch_act.functional.sigmoid
    assert report.names == {"act_fn", "gate", "normalize", "method"}
    assert [entry.name for entry in report.left] == ["unknown_act"]
    torch.testing.assert_close(module(x()), expected)
    module.method = torch.tanh  # what somebody sets meanwhile stays
    torch_act.unswap(module)
    assert (module.act_fn, module.normalize, module.method) == (F.gelu, torch.softmax, torch.tanh)
    assert module.gate.func is F.gelu


def test_class_changed_meanwhile():
    """A parametrization on top is to be undone first; unswap says so and changes nothing."""
    module = torch.nn.PReLU()
    torch_act.swap(module)
    parametrize.register_parametrization(module, "weight", torch.nn.Identity())
    (only,) = torch_act.unswap(module).left
    assert only.reason == "its class was changed since; undo that first"
    parametrize.remove_parametrizations(module, "weight")
    assert torch_act.unswap(module).left == []
    assert type(module) is torch.nn.PReLU


def test_transformer_encoder_layer():
    layer = torch.nn.TransformerEncoderLayer(8, 2, 16, activation=F.gelu, batch_first=True)
    (only,) = torch_act.swap(layer).exchanged
    assert (only.name, only.now) == ("activation", "torch_act.functional.gelu")
    assert "fused layer" in only.remark
    layer(torch.randn(2, 3, 8)).sum().backward()
    torch_act.unswap(layer)
    assert layer.activation is F.gelu


def test_compiled_model_follows():
    """Dynamo compiles anew after swap and after unswap."""
    graphs = []

    def backend(graph, inputs):
        graphs.append({node.target for node in graph.graph.nodes})
        return graph

    model = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.GELU())
    compiled = torch.compile(model, backend=backend, fullgraph=True)
    compiled(torch.randn(2, 8))
    torch_act.swap(model)
    compiled(torch.randn(2, 8))
    torch_act.unswap(compiled)
    compiled(torch.randn(2, 8))
    op = torch.ops.act.gelu.default
    assert [op in targets for targets in graphs[:2]] == [False, True]
    torch._dynamo.reset()


def test_export_after_unswap():
    """The graphs of a model before and after are the same."""
    model = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.Mish()).eval()
    input = (torch.randn(2, 8),)

    def ops():
        graph = torch.export.export(model, input).graph
        return [str(node.target) for node in graph.nodes]

    before = ops()
    torch_act.swap(model)
    assert "act.mish.default" in ops()
    torch_act.unswap(model)
    assert ops() == before


def test_report_is_a_table():
    model = torch.nn.Sequential(
        *(torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.GELU("tanh")) for _ in range(3)),
        Overriding(),
    )
    assert repr(torch_act.swap(model)) == "\n".join(
        [
            "Sequential: 3 exchanged, 1 left",
            "",
            "name    was            is now",
            "──────  ─────────────  ─────────────────────────────────────",
            "*.1 ×3  torch.nn.GELU  torch_act.nn.GELU(approximate='tanh')",
            "",
            "left  class                 why",
            "────  ────────────────────  ──────────────────────────────────────",
            "3     test_swap.Overriding  overrides the forward of torch.nn.GELU",
        ]
    )


def test_report_by_rich():
    file = io.StringIO()
    console = pytest.importorskip("rich.console").Console(width=100, file=file)
    console.print(torch_act.swap(torch.nn.Sequential(torch.nn.GELU(), Overriding())))
    text = file.getvalue()
    assert "torch_act.nn.GELU" in text
    assert "overrides" in text
