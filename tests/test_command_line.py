"""python -m torch_act: each command at its smallest."""

import importlib
import json
import struct
import sys

import pytest
import torch
from torch_act import __main__
from torch_act.catalogue import CATALOGUE
from torch_act.command_line import app
from torch_act.command_line.calls import calls
from torch_act.command_line.device import why_missing
from torch_act.command_line.measurement import Cell, Plan, measure
from torch_act.command_line.report import markdown, size_name, summary
from torch_act.command_line.speed_record import as_json
from torch_act.command_line.timers import EventTimer
from typer.testing import CliRunner

LABELS = [call.label for call in calls(training=True)]


def _run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def _succeed(*arguments):
    result = _run(*arguments)
    assert result.exit_code == 0, result.output
    return result


def test_every_op_is_called():
    assert {call.entry.name for call in calls(training=True)} == {e.name for e in CATALOGUE}
    assert len(set(LABELS)) == len(LABELS)
    assert {e.name for e in CATALOGUE} | {"gelu-tanh"} <= set(LABELS)


def test_bench_measures_every_op(tmp_path):
    target = tmp_path / "bench.json"
    output = _succeed("bench", "--size", 1000, "--repeats", 1, "--json", target).output
    report = json.loads(target.read_text())
    cells = report["cells"]
    assert [(c["op"], c["direction"]) for c in cells] == [
        (label, direction) for direction in ("forward", "backward") for label in LABELS
    ]
    for cell in cells:
        assert cell["ours"] > 0
        if hasattr(torch.nn.functional, cell["op"].removesuffix("-tanh")):
            assert cell["ratio"] == pytest.approx(cell["torch"] / cell["ours"])
            assert cell["ratio"] > 0
        assert cell["copies"] == pytest.approx(cell["ours"] / cell["copy"])
    assert report["header"]["threads"] == "1"
    assert f"of {sum(c['torch'] is not None for c in cells)} cells" in report["summary"][-1]
    assert report["summary"][-1] in output


def test_bench_options(tmp_path):
    target = tmp_path / "new" / "bench.md"
    _succeed(
        *("bench", "--op", "gelu-tanh", "--op", "glu", "--dtype", "bfloat16", "--dtype", "float64"),
        *("--size", "2K", "--size", 30, "--direction", "backward", "--threads", 2),
        *("--repeats", 1, "--markdown", target),
    )
    rows = [line.split("|") for line in target.read_text().splitlines() if "backward" in line]
    cells = [tuple(field.strip() for field in row[1:5]) for row in rows if len(row) > 4]
    assert cells == [
        (op, dtype, size, "backward")
        for dtype in ("bfloat16", "float64")
        for size in ("2K", "30")
        for op in ("gelu-tanh", "glu")
    ]


def test_bench_to_stdout_is_nothing_but_json():
    result = _succeed("bench", "--op", "relu", "--size", 8, "--repeats", 1, "--json", "-")
    assert len(json.loads(result.stdout)["cells"]) == 2


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--op", "gleu"), "gleu"),
        (("--size", "many"), "many"),
        (("--size", "0"), "'0'"),
        (("--size", "3"), "'3'"),
        (("--dtype", "int8"), "int8"),
        (("--repeats", "0"), "--repeats"),
        (("--device", "tpu"), "'tpu'"),
        (("--device", "meta"), "'meta'"),
    ],
    ids=str,
)
def test_bench_refuses(arguments, text):
    result = _run("bench", *arguments)
    assert result.exit_code == 2
    assert text in result.output


@pytest.mark.skipif(why_missing("cuda") is None, reason="a CUDA device is there")
def test_bench_names_what_it_lacks():
    result = _run("bench", "--device", "cuda")
    assert result.exit_code == 2
    words = " ".join(result.output.replace("│", " ").split())
    assert why_missing("cuda") in words


@pytest.mark.cuda
def test_bench_on_cuda(tmp_path):
    target = tmp_path / "bench.json"
    _succeed("bench", "--device", "cuda", "--size", "4M", "--repeats", 1, "--json", target)
    report = json.loads(target.read_text())
    assert len(report["cells"]) == 2 * len(LABELS)
    assert all(0 < cell["share"] < 2 for cell in report["cells"] if cell["op"] != "rrelu")
    assert torch.cuda.get_device_name() in report["header"]["device"]


def _cell(ours, theirs, op="relu", device="cpu"):
    return Cell(op, "float32", 2**22, "forward", ours, theirs, 0.5, device, bytes=8)


def test_report():
    cells = [_cell(1.0, 4.0), _cell(2.0, 2.0), _cell(1.0, 0.99), _cell(1.0, 0.5), _cell(1.0, None)]
    mean, slower = summary(cells)
    assert "forward float32 4M: 1.19 times" in mean  # (4 · 1 · 0.99 · 0.5)^(1/4)
    assert "2.38 copies (geometric means of 4)" in mean  # (2 · 4 · 2 · 2)^(1/4)
    assert slower == "slower than torch: 2 of 4 cells (1 by more than 3 %)"
    assert "| relu | float32 | 4M | forward | 1.000 | 4.000 | 4.00 | 2.00 |" in markdown(cells, {})
    assert "| 1.000 | – | – | 2.00 |" in markdown(cells, {})


def test_report_of_a_device():
    """8 bytes in 1 ns are 8 GB/s, half of what a copy of 8 bytes in 0.5 ns reaches."""
    cells = [_cell(1.0, 4.0, device="cuda"), _cell(0.5, 0.5, device="cuda")]
    text = markdown(cells, {})
    assert "| ours / copy | GB/s | share of copy |" in text
    assert "| relu | float32 | 4M | forward | 1.000 | 4.000 | 4.00 | 2.00 | 8 | 50 % |" in text
    assert "1.41 copies, 11 GB/s, 71 % of the copy's (geometric means of 2)" in summary(cells)[0]
    assert "GB/s" not in markdown([_cell(1.0, 4.0)], {})
    row = json.loads(as_json(cells, {}, []))["cells"][0]
    assert (row["device"], row["bandwidth"], row["share"]) == ("cuda", 8.0, 0.5)


class _Clock:
    """A device's time, that the test moves, and events that read it."""

    def __init__(self):
        self.milliseconds = 0.0

    def event(self):
        clock = self

        class Event:
            def record(self):
                self.at = clock.milliseconds

            def elapsed_time(self, end):
                return end.at - self.at

        return Event()

    def passing(self, milliseconds):
        def pass_time():
            self.milliseconds += milliseconds

        return pass_time


def test_event_timer_counts_the_call_and_not_what_comes_before():
    clock = _Clock()
    timer = EventTimer(clock.event, before=clock.passing(100), synchronize=clock.passing(1000))
    assert timer(clock.passing(0.25), 4) == pytest.approx(250_000)


@pytest.mark.parametrize(
    ("label", "direction", "moved"),
    [
        ("relu", "forward", 8),
        ("relu", "backward", 12),
        ("glu", "forward", 6),
        ("glu", "backward", 10),
        ("prelu", "backward", 12),
        ("softmax", "forward", 8),
    ],
)
def test_measured_by_another_timer(label, direction, moved):
    (call,) = (call for call in calls(training=True) if call.label == label)
    called = []

    def timer(contender, count):
        called.append(contender())
        return 1000.0

    cell = measure(Plan(call, torch.float32, 1000, direction), repeats=3, timer=timer)
    assert (cell.device, cell.bytes) == ("cpu", moved)
    assert cell.ours == cell.torch == cell.copy == 1.0
    assert len(called) == 3 * 2 + 3 * 3  # each contender's warm-up and count, and three turns
    assert cell.bandwidth == moved
    assert cell.share == moved / 8


@pytest.mark.parametrize(("size", "name"), [(2**22, "4M"), (2**16, "64K"), (1000, "1000")])
def test_size_name(size, name):
    assert size_name(size) == name


def _png_size(path):
    content = path.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert len(content) > 100_000
    return struct.unpack(">II", content[16:24])


def test_demo(tmp_path):
    output = _succeed(
        "demo", "--epochs", 1, "--activations", "gelu,rrelu,threshold", "--output", tmp_path
    ).output
    assert "1347 images to learn from, 450 to test with" in output
    rows = {line.split()[0]: line.split() for line in output.splitlines() if "%" in line}
    assert list(rows) == ["gelu", "rrelu", "threshold"]
    for theirs, ours in (row[1:3] for row in rows.values()):
        assert 20 < float(theirs.rstrip("%")) <= 100  # by chance: 10 %
        assert abs(float(theirs.rstrip("%")) - float(ours.rstrip("%"))) < 15
    assert float(rows["gelu"][3]) < 1e-5
    assert rows["rrelu"][3] == "(random)"
    _png_size(tmp_path / "gallery.png")


@pytest.mark.parametrize("activations", ["gelu,gleu", "softmax"])
def test_demo_refuses(activations):
    result = _run("demo", "--activations", activations)
    assert result.exit_code == 2
    assert activations.rpartition(",")[2] in result.output


def _without(monkeypatch, package):
    for name in [name for name in sys.modules if name.startswith("torch_act.command_line")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr(sys, "argv", ["torch_act", "bench"])


@pytest.mark.parametrize("package", ["typer", "rich"])
def test_missing_extra(monkeypatch, package):
    _without(monkeypatch, package)
    with pytest.raises(SystemExit) as exit:
        __main__.main()
    assert exit.value.code == (
        f"This command needs the package {package}: pip install 'torch-act[tools]'"
    )


def test_missing_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setattr(sys, "argv", ["torch_act", "gallery"])
    with pytest.raises(SystemExit, match=r"matplotlib: pip install 'torch-act\[tools\]'"):
        __main__.main()


def test_other_missing_modules_are_not_hidden(monkeypatch):
    _without(monkeypatch, "torch_act.command_line.bench")
    with pytest.raises(ModuleNotFoundError, match=r"torch_act\.command_line\.bench"):
        __main__.main()


def test_capabilities():
    """Nothing that torch can is missing; what torch lacks is there; no more bytes are saved."""
    from torch_act.command_line.capabilities import ONLY_OURS, ONLY_TORCHS, cell
    from torch_act.command_line.fused_calls import FUSED_CALLS
    from torch_act.command_line.probes import PROBES, ours, torchs
    from torch_act.command_line.saved_bytes import saved_bytes

    cells = {
        (name, c.label): cell(p, c) for name, p in PROBES.items() for c in calls(training=True)
    }
    assert [key for key, outcome in cells.items() if outcome == ONLY_TORCHS] == []
    for key in [
        ("second order", "hardsigmoid"),
        ("vmap", "rrelu"),
        ("float16", "rrelu"),
        ("out=", "selu"),
        ("in place", "softplus"),
    ]:
        assert cells[key] == ONLY_OURS, key
    for call in FUSED_CALLS:
        outcomes = {name: cell(probe, call) for name, probe in PROBES.items()}
        sparse = [name for name in outcomes if name.startswith("sparse")]
        assert [n for n, o in outcomes.items() if o == ONLY_TORCHS and n not in sparse] == []
        mine, theirs = (saved_bytes(s(call), in_place=False) for s in (ours, torchs))
        assert mine <= theirs, call.label
    for call in calls(training=False):
        for in_place in (False, True):
            mine, theirs = (saved_bytes(s(call), in_place=in_place) for s in (ours, torchs))
            assert theirs is None or mine <= theirs, call.label


def test_capabilities_page(monkeypatch, tmp_path):
    capabilities = importlib.import_module("torch_act.command_line.capabilities")
    few = [call for call in calls(training=True) if call.label in ("relu", "rrelu")]
    monkeypatch.setattr(capabilities, "calls", lambda training: few)
    capabilities.capabilities(markdown=str(tmp_path / "page.md"))
    text = (tmp_path / "page.md").read_text()
    assert "| vmap | ● | ★ |" in text
    assert "| relu | 4 | 4 | 0 | 0 | 0.25 | 0.25 |" in text
