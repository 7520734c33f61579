"""torch.compile: what is compiled, how, and when anew. Numbers: test_compile_numbers.py."""

import subprocess
import sys
import warnings

import pytest
import torch
import torch_act
from activations import same_bits
from compiled import HOWS, TRACED, every_activation, forward, same, train
from test_decompositions import LAYOUTS
from torch._dynamo.testing import CompileCounterWithBackend
from torch._dynamo.utils import counters
from torch._inductor.utils import fresh_cache, run_and_get_code
from torch_act import functional as F

pytestmark = pytest.mark.usefixtures("fresh_compiler")


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_strides_are_those_of_eager(layout, how, device):
    program, x, weight = (
        forward(every_activation()),
        LAYOUTS[layout]().to(device),
        torch.tensor([0.25], device=device),
    )
    with torch_act.compile_with(how):
        compiled = torch.compile(program, fullgraph=True, backend=TRACED)
        results, gradients = train(compiled, x, weight)
    expected, expected_gradients = train(program, x, weight)
    for a, b in zip([*results, *gradients], [*expected, *expected_gradients], strict=True):
        assert a.stride() == b.stride()
        if how == "kernels":
            assert same_bits(a, b)
        else:
            torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-5)


def test_every_module_is_one_graph(device):
    """Also where torch's warns, for softmax without a dim."""
    modules = [
        getattr(torch_act.nn, name)(*((0.5, -1.0) if entry.name == "threshold" else ())).to(device)
        for entry in torch_act.catalogue.CATALOGUE
        for name in entry.modules
        if name != "RReLU"
    ]
    x = torch.randn(2, 4, 4, 6, device=device)

    def program(x):
        return [module(x) for module in modules]

    compiled = torch.compile(program, fullgraph=True, backend="eager")
    with warnings.catch_warnings(action="ignore"):
        same(compiled(x), program(x))


@pytest.mark.parametrize("how", HOWS)
def test_dynamic_shapes_do_not_recompile(how, device):
    counter = CompileCounterWithBackend(TRACED)
    program = forward(every_activation())
    weight, compilations = torch.tensor([0.25], device=device), []
    with torch_act.compile_with(how):
        compiled = torch.compile(program, fullgraph=True, dynamic=True, backend=counter)
        for rows, columns in ((4, 6), (5, 8), (7, 12)):
            x = torch.randn(rows, columns, device=device)
            results, gradients = train(compiled, x, weight)
            compilations.append(counter.frame_count)
            expected, expected_gradients = train(program, x, weight)
            for a, b in zip([*results, *gradients], [*expected, *expected_gradients], strict=True):
                torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-5)
    # Dynamo starts anew within the first, when it has found which numbers are parameters.
    assert compilations[1:] == compilations[:1] * 2


def test_decompositions_fuse_and_kernels_stay():
    def program(x, w, b, z):
        return torch.ops.act.gelu(x * w + b) * z

    inputs = torch.randn(4, 64, 64).unbind()
    code = {}
    for how in HOWS:
        with torch_act.compile_with(how):
            result, (code[how],) = run_and_get_code(torch.compile(program, fullgraph=True), *inputs)
        torch.testing.assert_close(result, program(*inputs), rtol=1e-5, atol=1e-6)
    assert "torch.ops.act.gelu.default(" in code["kernels"]
    assert "act.gelu" not in code["decompositions"].replace("torch.ops.act.gelu.default]", "")
    assert code["kernels"].count("cpp_fused") > code["decompositions"].count("cpp_fused")


@pytest.mark.parametrize("how", HOWS)
def test_rrelu_draws_the_slopes_of_eager(how, device):
    x = torch.randn(1000, requires_grad=True, device=device)

    def program(x):
        return F.rrelu(x * 2, training=True)

    with torch_act.compile_with(how):
        compiled = torch.compile(program, fullgraph=True, backend=TRACED)
        torch.manual_seed(5)
        y = compiled(x)
        (gradient,) = torch.autograd.grad(y.sum(), x)
    torch.manual_seed(5)
    expected = program(x)
    assert same_bits(y, expected)
    assert same_bits(gradient, torch.autograd.grad(expected.sum(), x)[0])


WRITERS = {
    "in place": lambda x: torch.ops.act.gelu_(x),
    "in place by the module": lambda x: torch_act.nn.ELU(inplace=True)(x),
    "in place on a view": lambda x: torch.ops.act.relu_(x[1:3]),
    "in place on a computed tensor": lambda x: torch.ops.act.tanh_(x * 2),
    "prelu in place": lambda x: torch.ops.act.prelu_(x, x.new_full((6,), 0.5)),
    "out": lambda x: torch.ops.act.silu(x, out=x.new_empty(4, 6)),
    "out of another shape": lambda x: torch.ops.act.silu(x, out=x.new_empty(0)),
    "out of softmax": lambda x: torch.ops.act.softmax(x, 1, out=x.new_empty(4, 6)),
    "out of glu": lambda x: torch.ops.act.glu(x, 1, out=x.new_empty(4, 3)),
}


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.filterwarnings("ignore:An output with one or more elements was resized")
def test_writing_ops(name, how, device):
    x, writer = torch.randn(4, 6, device=device), WRITERS[name]

    def program(x):
        return writer(x), x

    with torch_act.compile_with(how):
        ours = torch.compile(program, backend=TRACED)(x.clone())
    theirs = program(x.clone())
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-7)


def test_in_place_in_training(device):
    def program(x):
        return torch.ops.act.sigmoid_(x * 2) * 3

    x = torch.randn(50, device=device)
    ours = train(lambda x: [torch.compile(program, fullgraph=True, backend=TRACED)(x)], x)
    theirs = train(lambda x: [program(x)], x)
    same([*ours[0], *ours[1]], [*theirs[0], *theirs[1]])


def test_the_choice_is_guarded_and_both_codes_are_kept(device):
    counter = CompileCounterWithBackend("aot_eager")
    compiled = torch.compile(lambda x: torch.ops.act.gelu(x), backend=counter, fullgraph=True)
    x, frames = torch.randn(3, device=device), []
    for how in (*HOWS, *HOWS):
        with torch_act.compile_with(how):
            compiled(x)
        frames.append(counter.frame_count)
    assert frames == [1, 2, 2, 2]


def test_what_is_saved_is_guarded(device):
    x = torch.tensor([20.0], requires_grad=True, device=device)
    counter = CompileCounterWithBackend("aot_eager")
    compiled = torch.compile(lambda x: torch.ops.act.sigmoid(x), backend=counter, fullgraph=True)
    for kind in ("output", "input", "output", "input"):
        with torch_act.saved_as(kind):
            (gradient,) = torch.autograd.grad(compiled(x), x)
        assert bool(gradient > 0) == (kind == "input")
    assert counter.frame_count == 2


def test_saved_as_inside_breaks_the_graph_and_holds(device):
    def program(x):
        with torch_act.saved_as("input"):
            return F.sigmoid(x)

    x = torch.tensor([20.0], requires_grad=True, device=device)
    with warnings.catch_warnings(action="ignore"):  # torch names the builtin that it cannot trace
        y = torch.compile(program, backend="aot_eager")(x)
    assert torch.autograd.grad(y, x)[0] > 0
    assert torch_act._C.saved_preference() is None


def test_caches_on_disk_are_those_of_the_choice():
    """AOTAutograd's is keyed by the graph before decomposition: both choices' are the same."""
    x = torch.tensor([20.0] * 16, requires_grad=True)

    def run(how, kind):
        torch._dynamo.reset()
        counters.clear()
        with torch_act.compile_with(how), torch_act.saved_as(kind):
            compiled = torch.compile(lambda x: torch.ops.act.sigmoid(x), fullgraph=True)
            (gradient,) = torch.autograd.grad(compiled(x).sum(), x)
        assert bool((gradient > 0).all()) == (kind == "input")
        return counters["aot_autograd"]["autograd_cache_hit"]

    choices = [("kernels", "output"), ("decompositions", "output"), ("kernels", "input")]
    with fresh_cache():
        assert [run(*choice) for choice in choices] == [0, 0, 0]
        assert [run(*choice) for choice in choices] == [1, 1, 1]


def test_choosing():
    before = torch_act._compiling.choices()
    with pytest.raises(ValueError, match="'kernels' or 'decompositions', got 'both'"):
        torch_act.compile_with("both")
    with torch_act.compile_with("decompositions"):
        with torch_act.compile_with("kernels"):
            assert "kernels" in torch_act._compiling.choices()
        assert "decompositions" in torch_act._compiling.choices()
        torch_act.compile_with("kernels")  # holds from here on
        assert "kernels" in torch_act._compiling.choices()
    assert torch_act._compiling.choices() == before


def test_import_loads_no_compiler():
    code = (
        "import sys, torch\nbefore = set(sys.modules)\nimport torch_act\n"
        "new = [m for m in set(sys.modules) - before if not m.startswith('torch_act')]\n"
        "assert not any(m.startswith(('torch._dynamo', 'torch._inductor')) for m in new), new\n"
        "assert 'torch_act._decompositions' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
