"""torch.export, strict and not, and AOTInductor: programs with our ops that leave this process."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch_act
from activations import same_bits
from torch_act.catalogue import CATALOGUE
from torch_act.command_line.calls import calls

# torch's own copy.deepcopy of a graph, within export and AOTInductor.
pytestmark = pytest.mark.filterwarnings("ignore:.isinstance.treespec, LeafSpec:FutureWarning")

STRICT = pytest.mark.parametrize("strict", [True, False], ids=["strict", "not strict"])


class Activations(torch.nn.Module):
    """Every module of torch_act.nn, side by side."""

    def __init__(self):
        super().__init__()
        names = [name for entry in CATALOGUE for name in entry.modules]
        self.all = torch.nn.ModuleList(_module(name) for name in names)

    def forward(self, x):
        return [module(x) for module in self.all]


def _module(name):
    """For an input of four dimensions, of which the last is even."""
    special = {"Threshold": (0.5, -1.0), "Softmax": (-1,), "Softmin": (-1,), "LogSoftmax": (1,)}
    return getattr(torch_act.nn, name)(*special.get(name, ()))


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = torch.nn.Linear(8, 16), torch.nn.Linear(16, 4)
        self.act, self.last = torch_act.nn.GELU(), torch_act.nn.Softmax(-1)
        self.gate = torch_act.nn.GLU()

    def forward(self, x):
        return self.last(self.gate(self.second(self.act(self.first(x)))))


def exported(model, x, strict, **dynamic):
    return torch.export.export(model.eval(), (x,), strict=strict, **dynamic)


def _ops(program):
    return {str(n.target) for n in program.graph.nodes if str(n.target).startswith("act.")}


@STRICT
def test_every_module(strict):
    model, x = Activations(), torch.randn(2, 4, 4, 6)
    program = exported(model, x, strict)
    names = {entry.name for entry in CATALOGUE} - {"rrelu"}  # in evaluation leaky_relu
    assert {f"act.{name}.default" for name in names} <= _ops(program)
    for ours, eager in zip(program.module()(x), model(x), strict=True):
        assert same_bits(ours, eager)


@STRICT
@pytest.mark.parametrize("call", list(calls(training=True)), ids=lambda call: call.label)
def test_every_function(call, strict):
    """For training, too: what is exported is not decomposed, and can be differentiated."""

    class Function(torch.nn.Module):
        def forward(self, *inputs):
            return call.ours(*inputs)

    x = torch.randn(4, 6)
    inputs = (x, *call.further_inputs(x))
    program = torch.export.export(Function(), inputs, strict=strict).module()
    ours, eager = [], []
    for function, results in ((program, ours), (call.ours, eager)):
        leaves = [t.clone().requires_grad_() for t in inputs]
        torch.manual_seed(7)
        y = function(*leaves)
        results += [y, *torch.autograd.grad(y.square().sum(), leaves)]
    assert all(same_bits(a, b) for a, b in zip(ours, eager, strict=True))


@STRICT
def test_dynamic_batch(strict):
    model = Network()
    batch = {"dynamic_shapes": ({0: torch.export.Dim("batch")},)}
    program = exported(model, torch.randn(3, 8), strict, **batch).module()
    for size in (1, 5, 64):
        x = torch.randn(size, 8)
        assert same_bits(program(x), model(x))


def test_saved_and_loaded():
    model, x = Network(), torch.randn(3, 8)
    file = io.BytesIO()
    torch.export.save(exported(model, x, strict=False), file)
    file.seek(0)
    assert same_bits(torch.export.load(file).module()(x), model(x))


def test_in_place_ops_become_pure():
    class InPlace(torch.nn.Module):
        def forward(self, x):
            return torch_act.functional.relu(x * 2, inplace=True)

    x = torch.randn(6)
    program = exported(InPlace(), x, strict=False).run_decompositions({})
    assert _ops(program) == {"act.relu.default"}
    assert same_bits(program.module()(x), InPlace()(x))


COMPILE = """
import sys, torch, torch_act
torch_act.compile_with({how!r})
program = torch.export.load(sys.argv[1])
with torch.no_grad():
    torch._inductor.aoti_compile_and_package(program, package_path=sys.argv[2])
"""
RUN = """
import sys, torch
{imports}
model = torch._inductor.aoti_load_package(sys.argv[1])
inputs, expected = torch.load(sys.argv[2])
for x, y in zip(inputs, expected, strict=True):
    torch.testing.assert_close(model(x), y, rtol=1e-6, atol=1e-6)
"""


@pytest.mark.parametrize("how", ["kernels", "decompositions"])
def test_aot_inductor(how, tmp_path):
    """Exported here, compiled and run in processes that know nothing but the files.

    The kernels need torch_act to run, the decompositions do not: what runs them has not imported
    it.
    """
    model, batch = Network(), {"dynamic_shapes": ({0: torch.export.Dim("batch", max=1024)},)}
    program, package, data = (str(tmp_path / name) for name in ("program.pt2", "model.pt2", "data"))
    torch.export.save(exported(model, torch.randn(3, 8), strict=False, **batch), program)
    inputs = [torch.randn(size, 8) for size in (2, 3, 77)]
    with torch.no_grad():
        torch.save((inputs, [model(x) for x in inputs]), data)
    _python(COMPILE.format(how=how), program, package)
    _python(RUN.format(imports="import torch_act" if how == "kernels" else ""), package, data)


def _python(code, *arguments):
    path = os.pathsep.join([str(Path(torch_act.__file__).parents[1]), *sys.path])
    subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, env={**os.environ, "PYTHONPATH": path}
    )
