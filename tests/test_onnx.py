"""Export to ONNX: standard operators, onnxruntime's results, the graph of torch's own modules."""

import warnings

import pytest
import torch
import torch_act
from torch_act.catalogue import CATALOGUE
from torch_act.onnx import translation_table

onnx = pytest.importorskip("onnx", reason="needs onnx")
onnxruntime = pytest.importorskip("onnxruntime", reason="needs onnxruntime")
pytest.importorskip("onnxscript", reason="needs onnxscript")

pytestmark = pytest.mark.filterwarnings("ignore")  # torch's exporter and onnxscript deprecate much

MODULES = {
    "threshold": ((0.5, -1.0),),
    "gelu": ((), ("tanh",)),
    "elu": ((), (2.0,)),
    "celu": ((), (0.5,)),
    "leaky_relu": ((), (0.3,)),
    "hardtanh": ((), (-0.3, 2.0)),
    "softplus": ((), (2.0, 5.0)),
    "hardshrink": ((), (0.2,)),
    "softshrink": ((), (0.2,)),
    "prelu": ((), (4,)),
    "softmax": ((1,),),
    "softmin": ((1,),),
    "log_softmax": ((1,),),
}
# What ONNX's own kernels compute in a way of their own is compared to fewer digits.
TOLERANCE = {"rtol": 2e-5, "atol": 2e-6}


def _modules():
    for entry in CATALOGUE:
        for name in entry.modules:
            if hasattr(torch_act.nn, name) and name not in ("Softmax2d",):
                for arguments in MODULES.get(entry.name, ((),)):
                    yield pytest.param(name, arguments, id=f"{name}{arguments}")


def _export(model, x):
    with warnings.catch_warnings(action="ignore"):
        return torch.onnx.export(
            model.eval(),
            (x,),
            dynamo=True,
            verbose=False,
            custom_translation_table=translation_table(),
        )


def _graph(program):
    """Every node: operator, attributes other than the defaults, and the constants it reads."""
    return [
        (
            node.domain,
            node.op_type,
            {name: str(value) for name, value in _attributes(node).items()},
            [
                None if v.const_value is None else v.const_value.numpy().tolist()
                for v in node.inputs
            ],
        )
        for node in program.model.graph
    ]


def _attributes(node):
    defaults = onnx.defs.get_schema(node.op_type).attributes
    return {
        name: attribute.value
        for name, attribute in node.attributes.items()
        if attribute.value != onnx.helper.get_attribute_value(defaults[name].default_value)
    }


def _run(program, x):
    session = onnxruntime.InferenceSession(program.model_proto.SerializeToString())
    (result,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    return torch.from_numpy(result)


def _input():
    torch.manual_seed(0)
    return torch.cat([torch.randn(2, 4, 3, 4) * 3, torch.linspace(-20, 20, 96).view(2, 4, 3, 4)], 2)


@pytest.mark.parametrize(("name", "arguments"), list(_modules()))
def test_runs_and_is_the_graph_of_torchs(name, arguments):
    x = _input()
    model = torch.nn.Sequential(getattr(torch_act.nn, name)(*arguments))
    program = _export(model, x)
    assert {node.domain for node in program.model.graph} == {""}
    torch.testing.assert_close(_run(program, x), model(x).detach(), **TOLERANCE)
    if hasattr(torch.nn, name) and name != "RReLU":  # torch's exporter has no rrelu
        assert _graph(program) == _graph(
            _export(torch.nn.Sequential(getattr(torch.nn, name)(*arguments)), x)
        )


F = torch_act.functional
MASK = torch.arange(192).view(2, 4, 6, 4) % 3 > 0
MASK[0, 0] = False
COMPUTED = {
    "star_relu": lambda x: F.star_relu(x, torch.tensor([0.2, 0.4, 0.6, 0.8]), torch.tensor([0.5])),
    "xielu": lambda x: F.xielu(x, torch.tensor(0.7), torch.tensor([0.2, 0.4, 0.6, 0.8])),
    "snake": lambda x: F.snake(x, torch.tensor([0.5, 1.0, 2.0, 3.0])),
    "swiglu": lambda x: F.swiglu(x, layout="first"),
    "geglu": lambda x: F.geglu(x, approximate="tanh", layout="second", dim=1),
    "reglu": lambda x: F.reglu(x, layout="interleaved"),
    "gated elu": lambda x: F.gated(x, "elu", parameters=(0.5,)),
    "gated_pair": lambda x: F.gated_pair(x, x + 1, "mish"),
    "bias_act": lambda x: F.bias_act(x, torch.linspace(-1, 1, 4), "gelu", dim=1),
    "masked_softmax": lambda x: F.softmax(x, 2, mask=MASK, temperature=0.7, empty="zero"),
    "masked_softmin": lambda x: F.softmin(x, 2, mask=MASK, empty="nan"),
    "masked_log_softmax": lambda x: F.log_softmax(x, 2, mask=MASK, empty="zero"),
}


@pytest.mark.parametrize("name", COMPUTED)
def test_what_torch_has_not(name):
    class Model(torch.nn.Module):
        def forward(self, x):
            return COMPUTED[name](x)

    x = _input()
    program = _export(Model(), x)
    assert {node.domain for node in program.model.graph} == {""}
    # Products with what is small in a tail, where onnxruntime's erf and tanh have lost digits.
    torch.testing.assert_close(_run(program, x), Model()(x), equal_nan=True, rtol=2e-5, atol=2e-5)


def test_every_operator_has_a_translation():
    table = translation_table()
    assert all(getattr(torch.ops.act, entry.name).default in table for entry in CATALOGUE)


def test_log_sigmoid_keeps_its_tail():
    x = torch.tensor([-200.0, -90.0, -1.0, 3.0])
    for model in (torch.nn.LogSigmoid(), torch_act.nn.LogSigmoid()):
        torch.testing.assert_close(_run(_export(model, x), x), torch_act.functional.logsigmoid(x))


def test_rrelu_in_training_is_refused():
    class Training(torch.nn.Module):
        def forward(self, x):
            return torch.ops.act.rrelu(x, 0.1, 0.3, True)

    with pytest.raises(Exception, match=r"(?s)Failed to convert|draws numbers"):
        _export(Training(), _input())


def test_swapped_model():
    model = torch.nn.Sequential(
        torch.nn.Conv2d(4, 8, 3),
        torch.nn.GELU(approximate="tanh"),
        torch.nn.Conv2d(8, 8, 1),
        torch.nn.SiLU(inplace=True),
        torch.nn.PReLU(8),
        torch.nn.Softmax(1),
    )
    x = _input()
    expected = _graph(_export(model, x))
    torch_act.swap(model)
    program = _export(model, x)
    assert _graph(program) == expected
    torch.testing.assert_close(_run(program, x), model(x).detach(), **TOLERANCE)
