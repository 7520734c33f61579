"""The benchmark's grid, its layouts, what it keeps, compares, draws and lists as missed."""

import dataclasses
import itertools
import json
import sys
from pathlib import Path

import pytest
import torch
from torch_act.catalogue import CATALOGUE
from torch_act.command_line import (
    app,
    inductor,
    machine,
    speed_bounds,
    speed_comparison,
    speed_grid,
    speed_outliers,
    speed_reasons,
    speed_record,
)
from torch_act.command_line.calls import calls, calls_along_first_dim
from torch_act.command_line.layouts import Layout, image_shape, make_input
from torch_act.command_line.measurement import Cell, Plan, measure
from torch_act.command_line.speed_page import page
from typer.testing import CliRunner

ROOT = Path(__file__).resolve().parents[1]
SIZES = (64, 4096, 65536)
BENCH = sys.modules["torch_act.command_line.bench"]  # the package has the command there
CALLS = {call.label: call for call in [*calls(training=True), *calls_along_first_dim()]}


def _bench(*arguments):
    result = CliRunner().invoke(app, ["bench", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result


def _cell(ours=1.0, theirs=2.0, op="relu", **others):
    fields = {"dtype": "float32", "size": 4096, "direction": "forward", "copy": 0.5} | others
    return Cell(op=op, ours=ours, torch=theirs, device="cpu", bytes=8, **fields)


@pytest.mark.parametrize("size", [*SIZES, 2**22])
def test_image_shape(size):
    shape = image_shape(size)
    assert torch.Size(shape).numel() == size
    assert shape[1] >= 4


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("layout", Layout)
def test_layouts(layout, size):
    x = make_input(size, torch.float32, layout, torch.device("cpu"))
    assert x.numel() == size
    assert x.is_contiguous() == (layout in (Layout.contiguous, Layout.broadcast_weight))
    if x.dim() == 4:
        channels_last = x.is_contiguous(memory_format=torch.channels_last)
        assert channels_last == (layout == Layout.channels_last)
    assert (x.dim() == 4) == layout.channels
    assert (x.stride(-1) == 2) == (layout == Layout.stride_2)


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("direction", ["forward", "backward", "training", "in place"])
@pytest.mark.parametrize("label", CALLS)
def test_every_cell_runs(label, direction, layout):
    plan = Plan(CALLS[label], torch.float32, 64, direction, layout)
    along_rows = CALLS[label].entry.name in ("glu", *speed_bounds.ALONG_ROWS)
    weighted = layout != Layout.broadcast_weight or label == "prelu"
    assert plan.possible == (weighted and not (along_rows and direction == "in place"))
    if plan.possible:
        called = []
        cell = measure(plan, repeats=1, timer=lambda call, count: called.append(call()) or 64.0)
        assert cell.key == plan.key
        assert cell.ours == cell.copy == 1.0
        assert (cell.torch is not None) == (len(called) == 9)


def test_in_place_is_called_in_the_same_way():
    """An op is not measured against a builtin, nor a function against an op."""
    pairs = {label: (call.ours_in_place, call.torchs_in_place) for label, call in CALLS.items()}
    ops = {
        label: [isinstance(function.func, torch._ops.OpOverload) for function in pair]
        for label, pair in pairs.items()
        if all(pair)
    }
    assert {"relu", "sigmoid", "tanh", "gelu"} <= set(ops)
    assert [label for label, (ours, theirs) in ops.items() if ours != theirs] == []


def test_what_torch_does_not_have():
    cell = measure(Plan(CALLS["rrelu"], torch.float16, 64, "training"), repeats=1)
    assert cell.ours > 0
    assert cell.torch is cell.ratio is None


def test_full_grid_is_kept_and_resumed(tmp_path, monkeypatch):
    """An interrupted run goes on where it was; a finished one leaves nothing behind."""
    measured = []

    def interrupted(plan, *arguments):
        if len(measured) == 5:
            raise KeyboardInterrupt
        measured.append(plan.key)
        return measure(plan, 1)

    options = ("--full", "--op", "relu", "--op", "prelu", "--dtype", "bfloat16", "--size", 64)
    options += ("--state", tmp_path / "state", "--json", tmp_path / "cells.json")
    monkeypatch.setattr(BENCH, "measure", interrupted)
    assert CliRunner().invoke(app, ["bench", *map(str, options)]).exit_code != 0
    before = list(measured)
    measured.clear()
    monkeypatch.setattr(
        BENCH, "measure", lambda plan, *_: measured.append(plan.key) or measure(plan, 1)
    )
    _bench(*options)
    assert not set(before) & set(measured)
    cells, header = speed_record.read(tmp_path / "cells.json")
    # Two ops in four layouts and prelu's own, in four directions, with one thread and two.
    assert len(cells) == len({cell.key for cell in cells}) == (4 + 5) * 4 * 2
    assert {cell.key for cell in cells} == {*before, *measured}
    assert header["cores"]
    assert not list((tmp_path / "state").iterdir())


def test_record_gives_the_cells_back(tmp_path):
    cells = [_cell(), _cell(theirs=None, layout="stride-2", threads=2, inductor=3.0)]
    path = tmp_path / "cells.json"
    path.write_text(speed_record.as_json(cells, {"a": "b"}, ["mean"]))
    assert speed_record.read(path) == (cells, {"a": "b"})


def test_several_runs_as_one(tmp_path):
    paths = [tmp_path / "first.json", tmp_path / "second.json"]
    runs = [
        ([_cell(1.0), _cell(1.0, op="gelu")], {"commit": "a", "torch": "2"}),
        ([_cell(4.0, size=64), _cell(3.0, op="gelu")], {"commit": "b; a", "torch": "2"}),
    ]
    for path, (cells, header) in zip(paths, runs, strict=True):
        path.write_text(speed_record.as_json(cells, header, []))
    together, header = speed_record.read_together(paths)
    assert together == [_cell(4.0, size=64), _cell(1.0), _cell(3.0, op="gelu")]
    assert header == {"commit": "a; b", "torch": "2"}


def test_state_of_another_run_does_not_count(tmp_path):
    state = speed_record.Unfinished(tmp_path, {"commit": "a"})
    state.put(_cell())
    assert len(speed_record.Unfinished(tmp_path, {"commit": "a"}).cells) == 1
    assert len(speed_record.Unfinished(tmp_path, {"commit": "b"}).cells) == 0


def test_from_a_file(tmp_path):
    """The page and the plot come from a kept run; nothing is measured."""
    cells = [_cell(0.8), _cell(2.5, op="gelu"), _cell(1.0, op="gelu", layout="channels_last")]
    path = tmp_path / "cells.json"
    path.write_text(speed_record.as_json(cells, {"commit": "abc"}, []))
    written = {name: tmp_path / f"speed.{name}" for name in ("md", "svg")}
    output = _bench(
        *("--from", path, "--page", written["md"], "--plot", written["svg"], "--compare", path)
    ).output
    assert "- commit: abc" in written["md"].read_text()
    assert "| gelu | float32 | forward | 4K contiguous 0.80 |" in written["md"].read_text()
    assert "<svg" in written["svg"].read_text()
    assert "time now / before: 1.000, beside torch 1.000" in " ".join(output.split())


def test_inductor(tmp_path):
    pytest.importorskip("torch._inductor")
    target = tmp_path / "cells.json"
    layouts = ("--layout", "contiguous", "--layout", "stride-2")
    _bench("--op", "relu", "--size", 64, *layouts, "--repeats", 1, "--inductor", "--json", target)
    cells = json.loads(target.read_text())["cells"]
    assert [cell["inductor"] > 0 for cell in cells] == [True] * 4
    assert all(cell["inductor_ratio"] == cell["inductor"] / cell["ours"] for cell in cells)


def test_inductor_compiles_many_ops_and_sizes(monkeypatch):
    """Each op's code is its own: else torch.compile would stop at some number of all of them."""
    pytest.importorskip("torch._inductor")
    monkeypatch.setattr(inductor, "_compiled", {})
    with torch._dynamo.config.patch(accumulated_recompile_limit=2):
        for label in ("relu", "relu6", "hardtanh", "leaky_relu"):
            for size in (64, 2**16):
                plan = Plan(CALLS[label], torch.float32, size, "forward", threads=2)
                assert measure(plan, repeats=1, inductor=True).inductor > 0
    assert {key[2] for key in inductor._compiled} == {1, 2}, "few elements are left to one thread"


def test_classes():
    of = {entry.name: speed_bounds.class_of(entry) for entry in CATALOGUE}
    for kind, names in {
        "piecewise linear": ("relu", "prelu", "hardswish", "threshold", "hard_mish", "star_relu"),
        "one exponential": ("sigmoid", "tanh", "elu", "softsign", "glu", "xielu", "squareplus"),
        "several functions": ("gelu", "mish", "softplus", "logsigmoid", "laplace", "snake"),
        "softmax": ("softmax", "softmin", "log_softmax"),
    }.items():
        assert {of[name] for name in names} == {kind}
    assert speed_bounds.class_of_op("gelu-tanh") == "several functions"
    assert speed_bounds.class_of_op("softmax-dim0") == "softmax"


LARGE = {"size": 2**22}


@pytest.mark.parametrize(
    ("cells", "bounds"),
    [
        ([_cell(1.0, 1.0)], []),
        ([_cell(1.0, 0.9)], ["torch's speed"]),
        ([_cell(inductor=0.9)], ["Inductor's speed"]),
        ([_cell(0.56, **LARGE)], []),
        ([_cell(0.58, **LARGE)], ["1.1 copies of the same bytes (piecewise linear)"]),
        ([_cell(0.58, op="silu", **LARGE)], []),
        ([_cell(0.58, **LARGE, threads=2)], []),
        ([_cell(0.58, **LARGE, direction="in place")], []),
        ([_cell(1.0), _cell(1.1, dtype="bfloat16")], ["float32's time per element"]),
        ([_cell(1.0), _cell(1.1, dtype="bfloat16", layout="stride-2")], []),
        ([_cell(1.0), _cell(1.1, dtype="float64")], []),
        ([_cell(1.0, op="softmax"), _cell(1.4, op="softmax-dim0")], []),
        (
            [_cell(1.0, op="softmax"), _cell(1.6, op="softmax-dim0")],
            ["1.5 times the last dimension's time"],
        ),
    ],
)
def test_bounds(cells, bounds):
    assert [miss.bound for miss in speed_bounds.misses(cells, "avx512")] == bounds


def test_bounds_are_those_of_the_instruction_set():
    cells = [_cell(1.0, op="silu", **LARGE)]
    assert len(list(speed_bounds.misses(cells, "avx512"))) == 1
    assert len(list(speed_bounds.misses(cells, "avx2"))) == 0


def test_page_marks_means_below_their_bound():
    text = page([_cell(1.0, 1.9, **LARGE), _cell(1.0, 1.9)], {})
    assert "| forward | float32 | 4M | contiguous | 1 | 1 | **1.90** | ≥ 2.0 | 2.00 |" in text
    assert "| forward | float32 | 4K | contiguous | 1 | 1 | 1.90 |  | 2.00 |" in text


def test_page_lists_means_below_their_bound():
    cells = [_cell(1.0, 1.8, **LARGE), _cell(1.0, 2.0, op="gelu", **LARGE)]
    text = page(cells, {})
    assert "### Means over the ops: 1\n" in text
    assert "| forward | float32 | 4M | 1.90 | ≥ 2.0 | 1.80 | – | 2.00 | – |" in text
    assert "### Means over the ops" not in page([_cell(1.0, 2.1, **LARGE)], {})


def test_page_shows_the_plot(tmp_path):
    assert "](speed.svg)" in page([_cell()], {}, "speed.svg")
    assert "speed.svg)" not in page([_cell()], {})


def test_page_finds_the_plot_in_another_folder(tmp_path):
    path = tmp_path / "cells.json"
    path.write_text(speed_record.as_json([_cell()], {}, []))
    plot, written = tmp_path / "pictures/speed.svg", tmp_path / "pages/speed.md"
    _bench("--from", path, "--page", written, "--plot", plot)
    assert "](../pictures/speed.svg)" in written.read_text()


@pytest.mark.parametrize("instruction_set", ["avx2", "baseline"])
def test_page_of_a_narrower_instruction_set(instruction_set):
    header = {"build: instruction_set": instruction_set}
    text = page([_cell()], header)
    assert text.startswith(f"# Speed with {instruction_set}\n")
    assert f"--page docs/speed-{instruction_set}.md" in text
    assert "export" not in text, "the processor has no wider one"
    held = page([_cell()], header | {"ATEN_CPU_CAPABILITY": "default"})
    assert "    export ATEN_CPU_CAPABILITY=default  # torch's loops too\n" in held
    assert "--page docs/speed.md" in page([_cell()], {"build: instruction_set": "avx512"})


def test_machine_tells_that_it_is_held(monkeypatch):
    monkeypatch.delenv("ATEN_CPU_CAPABILITY", raising=False)
    assert "ATEN_CPU_CAPABILITY" not in machine.machine()
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "avx2")
    assert machine.machine()["ATEN_CPU_CAPABILITY"] == "avx2"


@pytest.fixture(scope="module")
def whole_grid():
    return [
        _cell(1.0, None, op, dtype=dtype, size=size, direction=way, layout=layout, threads=count)
        for op, dtype, size, way, layout, count in speed_grid.whole_grid()
    ]


def _with_inductor(cells, condition=lambda cell: True):
    return [
        dataclasses.replace(cell, torch=1.0, inductor=1.0 if condition(cell) else None)
        for cell in cells
    ]


@pytest.mark.parametrize(
    ("measured", "lacking"),
    [
        (lambda cell: True, []),
        (lambda cell: False, ["everything"]),
        (lambda cell: cell.dtype != "float64", ["float64"]),
        (lambda cell: cell.dtype in ("float32", "float64"), ["bfloat16, float16"]),
        (lambda cell: cell.op != "relu" or cell.threads == 1, ["relu; 2 threads"]),
        (
            lambda cell: (cell.size, cell.direction, cell.threads) != (2**26, "training", 2),
            ["64M elements; training; 2 threads"],
        ),
        (
            lambda cell: cell.op.endswith("-dim0") or cell.op in ("relu", "elu"),
            [
                "all but relu, elu, "
                "softmax along dim 0, softmin along dim 0, "
                "log_softmax along dim 0"
            ],
        ),
        (
            lambda cell: (cell.layout, cell.threads) not in (("stride-2", 2), ("transposed", 1)),
            ["stride-2; 2 threads", "transposed; 1 thread"],
        ),
        (  # the number of threads has the fewest values, and tells nothing
            lambda cell: (
                (cell.size, cell.direction)
                not in ((64, "forward"), (4096, "backward"), (65536, "training"))
            ),
            ["64 elements; forward", "4K elements; backward", "64K elements; training"],
        ),
    ],
)
def test_what_was_not_measured(whole_grid, measured, lacking):
    found = list(speed_grid.absent(_with_inductor(filter(measured, whole_grid))))
    assert found == lacking
    text = page(_with_inductor(filter(measured, whole_grid)), {})
    assert all(f"- {group}\n" in text for group in lacking)


@pytest.mark.parametrize(
    ("beside", "lacking"),
    [
        (lambda cell: True, []),
        (lambda cell: False, ["Inductor"]),
        (lambda cell: cell.layout == "contiguous", None),
    ],
)
def test_where_inductor_was_not_measured(whole_grid, beside, lacking):
    cells = _with_inductor(whole_grid, beside)
    if lacking is None:
        lacking = ["Inductor; channels_last, stride-2, transposed, broadcast weight"]
    assert list(speed_grid.absent(cells)) == lacking


def test_each_miss_has_one_reason():
    cells = [
        _cell(1.0, 0.9, op="gelu", direction="in place"),
        _cell(1.0, 0.9, op="gelu"),
        _cell(1.0, 0.9, op="relu", dtype="bfloat16"),
        _cell(1.0, 0.9, op="relu"),
        _cell(1.0, 0.9, op="softmax-dim0", dtype="bfloat16"),
    ]
    found = list(speed_bounds.misses(cells, "avx512"))
    groups = dict(speed_reasons.by_reason(found, set()))
    assert sorted(miss.cell.key for group in groups.values() for miss in group) == sorted(
        miss.cell.key for miss in found
    )
    of = {miss.cell: text for text, group in groups.items() for miss in group}
    for cell, words in zip(
        cells,
        ("oneDNN", "digits of the tail", "torch rounds twice", "No reason is known", "panels"),
        strict=True,
    ):
        assert words in of[cell]
    assert list(groups)[-1] == speed_reasons.UNKNOWN
    text = page(cells, {})
    assert f"\n1 cell. {speed_reasons.UNKNOWN}\n\n| op | dtype | direction | where |\n" in text


def test_no_reason_of_the_cpu_is_given_on_another_device():
    (miss,) = speed_bounds.misses([_cell(1.0, 0.9, op="gelu")], "avx512")
    assert speed_reasons.reason_of(miss)
    there = dataclasses.replace(miss, cell=dataclasses.replace(miss.cell, device="cuda"))
    assert speed_reasons.reason_of(there) is None


def _alike(times, **others):
    """Of one loop: in the order of layouts and threads, ours in nanoseconds."""
    places = itertools.product(("contiguous", "channels_last", "transposed"), (1, 2))
    return [
        _cell(ours, layout=layout, threads=threads, **{**LARGE, **others})
        for ours, (layout, threads) in zip(times, places, strict=True)
    ]


@pytest.mark.parametrize(
    ("times", "waited"),
    [
        ((1.0, 0.5, 1.0, 0.5, 1.0, 0.5), []),
        ((1.0, 0.5, 1.0, 0.5, 1.0, 2.1), [5]),
        ((1.0, 1.9, 1.0, 0.5, 1.0, 0.5), []),
        ((1.0, 0.5, 2.1, 0.5, 1.0, 0.5), [2]),
        ((9.0, 0.5, 2.1, 0.5, 9.0, 0.5), []),  # two are one another's neighbours
    ],
)
def test_a_cell_that_waited_is_far_off_its_neighbours(times, waited):
    cells = _alike(times)
    assert list(speed_outliers.outliers(cells)) == [cells[index].key for index in waited]
    for other in ({"size": 2**16}, {"direction": "in place"}):
        assert list(speed_outliers.outliers(_alike(times, **other))) == []


def test_a_cell_that_waited_is_listed_as_such():
    cells = _alike((1.0, 0.5, 1.0, 0.5, 1.0, 2.1))
    text = page(cells, {})
    assert f"\n1 cell. {speed_reasons.FAR_OFF}\n" in text
    assert "| relu | float32 | forward | 4M transposed, 2 threads 0.95 |" in text


def test_reasons_cover_what_is_published():
    """And none is left over from cells that were once slow."""
    published = [ROOT / f"docs/speed{which}.json" for which in ("", "-avx2")]
    missed = []
    for path in published:
        cells, header = speed_record.read(path)
        missed += speed_bounds.misses(cells, header["build: instruction_set"])
    reasons = [speed_reasons.reason_of(miss) for miss in missed]
    assert set(reasons) >= set(speed_reasons.REASONS)
    assert reasons.count(None) < len(missed) / 20


@pytest.mark.parametrize(
    ("now", "slower"),
    [
        (_cell(1.04), False),
        (_cell(1.2), True),
        (_cell(1.2, 2.4), False),  # so has torch become: the machine
        (_cell(1.0, 1.0), False),
        (_cell(1.2, noise=0.3), False),
        (_cell(1.2, None, copy=0.6), False),
    ],
)
def test_comparison(now, slower):
    (change,) = speed_comparison.compare([_cell(), _cell(op="gelu")], [now])
    assert change.slower == slower
    *cells, mean = speed_comparison.lines([change])
    assert len(cells) == slower
    assert f"slower by more than the noise: {slower:d}" in mean
