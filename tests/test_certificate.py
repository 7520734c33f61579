"""What docs/accuracy.json publishes, measured again: a part of the float32, all of the half types.

Ours alone: torch's errors depend on the machine. `python -m torch_act certify` measures the rest.
"""

import dataclasses
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch_act import _C
from torch_act.accuracy.cases import cases
from torch_act.accuracy.certificate import ROWS, Certificate
from torch_act.accuracy.certificate_page import page
from torch_act.accuracy.errors import Errors, asymmetries, count, is_nearest, reversals
from torch_act.accuracy.on_device import (
    count_other_bits,
    other_bits_than_cpu,
    sweep_on_device,
)
from torch_act.accuracy.orders import Subject, subjects
from torch_act.accuracy.sampled import measure_half
from torch_act.accuracy.shape import Shape, shapes
from torch_act.accuracy.sweep import Sweep, blocks, state_file
from torch_act.command_line import app
from typer.testing import CliRunner

DOCS = Path(__file__).parent.parent / "docs"
CASES = list(cases())
STRIDE = 1021  # a prime: it falls into step with nothing
FAULTS = ("wrong_kind", "wrong_sign", "reversals", "asymmetries")


@cache
def published():
    return Certificate(DOCS / "accuracy.json")


@cache
def shapes_of(case, dtype):
    return shapes(Subject(case, "value", dtype))


def row(subject):
    kind = str(subject.dtype).removeprefix("torch.")
    return published().rows[str(subject.case), subject.order, kind]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_float32(case):
    for subject in subjects(case, torch.float32):
        shape = shapes_of(case, torch.float32)[subject.order]
        sweep = Sweep(subject, shape, STRIDE, compare=False)
        sweep.run(threads=1, state=None)
        expected = row(subject)
        if not expected.inputs.startswith("all"):
            assert sweep.ours == expected.ours, subject.order
            continue
        # A part of all: no more of anything.
        assert sweep.ours.worst <= expected.ours.worst, subject.order
        assert sweep.ours.worst_floored <= expected.ours.worst_floored, subject.order
        assert _wrong(sweep.ours) <= _wrong(expected.ours), subject.order
        for fault in FAULTS[:2]:
            assert getattr(sweep.ours, fault) <= getattr(expected.ours, fault), subject.order
        for fault in FAULTS[2:]:  # between neighbours: of other numbers than those of all
            if getattr(expected.ours, fault) == 0:
                assert getattr(sweep.ours, fault) == 0, subject.order


class Spoiled(Subject):
    """With every fault, at places that follow from the input alone."""

    def ours(self, x):
        y, pattern = super().ours(x), x.view(torch.int32) % 4096
        y = torch.where(pattern == 1, torch.nan, y)
        y = torch.where(pattern == 2, torch.inf, y)
        y = torch.where(pattern == 3, -y, y)
        return torch.where(pattern == 4, y * 1.001, y)


@pytest.mark.parametrize("kind", [Subject, Spoiled])
@pytest.mark.parametrize("op", ["selu", "silu", "softplus", "hardsigmoid"])
def test_what_is_counted_on_a_device(op, kind, device):
    case = next(case for case in CASES if case.name == op)
    for order in (s.order for s in subjects(case, torch.float32)):
        subject = kind(case, order, torch.float32)
        shape = shapes_of(case, torch.float32)[order]
        sweep = Sweep(subject, shape, STRIDE, compare=False)
        sweep.run(threads=1, state=None)
        assert sweep_on_device(subject, shape, torch.device(device), STRIDE) == sweep.ours, order
        assert other_bits_than_cpu(subject, torch.device(device), STRIDE, threads=2) == 0


def test_other_bits_are_counted():
    result = torch.tensor([0.0, 1.0, torch.nan, torch.inf])
    other = torch.tensor([-0.0, 1.0, -torch.nan, torch.nan])
    assert count_other_bits(result, other) == 2


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_half_types(case, dtype):
    for subject in subjects(case, dtype):
        shape = shapes_of(case, torch.float32)[subject.order]
        ours, _ = measure_half(subject, shape, compare=False)
        assert ours == row(subject).ours, subject.order


def test_every_case_is_published():
    expected = {(op, "value", dtype) for op in ROWS for dtype in ("float32", "float64")}
    expected |= {(op, "value", dtype) for op in ROWS for dtype in ("bfloat16", "float16")}
    for case in CASES:
        for kind in ("float32", "bfloat16", "float16"):
            orders = [subject.order for subject in subjects(case, getattr(torch, kind))]
            expected |= {(str(case), order, kind) for order in orders}
        expected |= {(str(case), order, "float64") for order in shapes_of(case, torch.float32)}
        expected.discard((str(case), "derivative from output", "float64"))
    assert set(published().rows) == expected


def test_page_is_that_of_the_table():
    assert (DOCS / "accuracy.md").read_text() == page(published())


def _wrong(errors):
    return errors.counted - errors.correctly_rounded


def test_blocks_hold_every_float():
    found = blocks(1)
    assert sum(block.count for block in found) == 1 << 31
    assert all(block.first + block.count == block.following for block in found[:-1])
    some = torch.cat([block.numbers().chunk(2)[0][:-1] for block in blocks(STRIDE)])
    powers = torch.ldexp(torch.ones(276), torch.arange(-148, 128))
    special = torch.cat([torch.tensor([0.0, torch.inf, torch.finfo(torch.float32).max]), powers])
    assert torch.isin(special[special >= torch.finfo(torch.float32).tiny], some).all()
    assert some.isnan().any()


def _results():
    """Exact numbers of every size and kind, and results that are off in every way."""
    generator = np.random.default_rng(5)
    exact = np.ldexp(generator.uniform(-2, 2, 4003), generator.integers(-160, 131, 4003))
    exact[:6] = [0.0, -0.0, np.nan, np.inf, -np.inf, 0.25]
    with np.errstate(over="ignore"):
        result = exact.astype(np.float32)
        off = generator.integers(0, 4003, 900)
        result[off] = (
            (result[off].view(np.int32) + generator.integers(-3, 4, 900))
            .astype(np.int32)
            .view(np.float32)
        )
    result[[7, 8]], result[9], result[[10, 11]] = np.nan, np.inf, -result[[10, 11]]
    result[np.isnan(result)] = np.nan  # no signalling ones
    exact[12:15], result[12:15] = np.nan, [1, np.inf, np.nan]
    return np.linspace(-3, 3, 4003).astype(np.float32), result, exact


def test_loop_counts_what_numpy_counts():
    x, result, exact = _results()
    floor = (-1.0, 0.5, 0.1)
    for size in (4003, 4000, 17, 15, 1, 0):
        found = _C.measure_errors(x[:size], result[:size], exact[:size], *floor)
        if size == 0:
            assert Errors(**found) == Errors()
            continue
        floors = np.where((x > -1) & (x < 0.5), 0.1, 0.0)[:size]
        wide = (x.astype(np.float64), result.astype(np.float64), exact, np.zeros_like(exact))
        expected = count(*(a[:size] for a in wide), torch.float32, floors)
        for field in ("counted", "correctly_rounded", "wrong_kind", "wrong_sign", "worst"):
            assert found[field] == getattr(expected, field), (size, field)
        assert found["worst_floored"] == expected.worst_floored
        # The first of equal errors in each lane, then the one nearest to 0.
        assert found["worst_at"] == expected.worst_at
    for direction in (-1, 1):
        assert _C.count_reversals(result, direction) == reversals(result, direction)
        other = np.where(np.arange(4003) % 5, direction * result, 1)
        expected = asymmetries(result, other, direction)
        assert _C.count_asymmetries(result, other, direction) == expected > 700


def test_loop_refuses_other_arrays():
    x, result, exact = _results()
    with pytest.raises(ValueError, match="dense arrays"):
        _C.measure_errors(x, result.astype(np.float64), exact, 0, 0, 0)
    with pytest.raises(ValueError, match="dense arrays"):
        _C.measure_errors(x[::2], result[::2], exact[::2], 0, 0, 0)
    with pytest.raises(ValueError, match="dense arrays"):
        _C.measure_errors(x, result[1:], exact, 0, 0, 0)


def test_nearest_at_ties_is_the_even_one():
    errors = np.array([0.5, 0.5, 0.4, 0.6])
    result = np.array([1.0, 1.0 + 2**-10, 1.0, 1.0])
    assert is_nearest(result, errors, torch.float16).tolist() == [True, False, True, False]


def _subject(name, order="value"):
    case = next(case for case in CASES if case.name == name)
    return Subject(case, order, torch.float32)


def test_interrupted_sweep_goes_on_where_it_was(tmp_path):
    subject, stride = _subject("sigmoid"), 100003
    whole = Sweep(subject, Shape(1, 0), stride)
    whole.run(threads=2, state=None)
    state = state_file(tmp_path, subject)

    class Interrupt(Exception):
        pass

    def advance(_):
        if half.done >= 128:
            raise Interrupt

    half = Sweep(subject, Shape(1, 0), stride)
    with pytest.raises(Interrupt):
        half.run(1, state, advance)
    assert state.exists()
    resumed, counts = Sweep(subject, Shape(1, 0), stride), []
    resumed.run(1, state, counts.append)
    assert counts[0] > 0
    assert not state.exists()
    assert (resumed.ours, resumed.torchs) == (whole.ours, whole.torchs)


def test_sweep_sees_what_is_wrong():
    """A sign, an order and a symmetry that are not there, a NaN too many and a digit too few."""

    class Broken(Subject):
        def ours(self, x):
            y = super().ours(x)
            y = torch.where((x > 1) & (x < 2), y * (1 + 2**-20), y)
            y = torch.where((x > 4) & (x < 5), -y, y)
            return torch.where(x == 8, torch.nan, y)

    subject = Broken(**vars(_subject("tanh")))
    shape = shapes_of(subject.case, torch.float32)["value"]
    assert shape == Shape(1, -1)
    sweep = Sweep(subject, shape, 10007)
    sweep.run(threads=1, state=None)
    found = sweep.ours
    assert found.wrong_kind == 1
    assert 200 < found.wrong_sign < 300
    assert found.reversals > 0
    assert found.asymmetries > 1000
    assert found.worst > 1e6
    assert 4 < found.worst_at < 5
    clean = dataclasses.replace(sweep, subject=_subject("tanh"), done=0, ours=None, torchs=None)
    clean.run(threads=1, state=None)
    assert (clean.ours.wrong_kind, clean.ours.wrong_sign, clean.ours.asymmetries) == (0, 0, 0)
    assert clean.ours.worst < 2


def test_shapes_are_read_off_the_definition():
    expected = {
        "sigmoid": [(1, 0), (0, 1), (0, -1)],
        "tanh": [(1, -1), (0, 1), (0, -1)],
        "silu": [(0, 0), (0, 1), (0, 1)],
        "softshrink": [(1, -1), (0, 1), (0, 0)],
        "logsigmoid": [(1, 0), (-1, 0), (0, 1)],
    }
    for name, orders in expected.items():
        found = list(shapes_of(_subject(name).case, torch.float32).values())[:3]
        assert name == "silu" or found == [Shape(*shape) for shape in orders], name
    assert shapes_of(_subject("gelu").case, torch.float32)["value"].direction == 0


def _certify(*arguments):
    result = CliRunner().invoke(app, ["certify", *(str(argument) for argument in arguments)])
    return result.exit_code, result.output


def test_command_adds_to_the_table_and_writes_the_page(tmp_path):
    table, markdown = tmp_path / "new" / "accuracy.json", tmp_path / "pages" / "accuracy.md"
    places = ("--table", table, "--state", tmp_path, "--markdown", markdown)
    every = ("--op", "gelu", "--defaults", "--stride", 100003)
    code, output = _certify(*every, "--dtype", "float16", "--order", "value", *places)
    assert code == 0, output
    assert "float16 value" in output
    first = Certificate(table)
    assert set(first.rows) == {
        (f"gelu(approximate={variant})", "value", "float16") for variant in ("none", "tanh")
    }
    code, output = _certify(*every, "--dtype", "float32", *places)
    assert code == 0, output
    code, output = _certify("--op", "relu", "--dtype", "float64", *places)
    assert code == 0, output
    both = Certificate(table)
    assert len(both.rows) == 2 + 2 * 3 + 3
    assert all(both.rows[key] == row for key, row in first.rows.items())
    value = both.rows["gelu(approximate=none)", "value", "float32"]
    assert value.inputs == "1 in 100003 of each binade"
    assert value.ours.worst < 2 < 1e6 < value.torch.worst
    assert value.misses is None or "ulp" in value.misses
    assert markdown.read_text() == page(both)
    assert "| gelu(approximate=none) | value | 1 in 100003" in markdown.read_text()
    again = page(both)
    code, output = _certify("--no-measure", *places)
    assert code == 0, output
    assert markdown.read_text() == again


def test_command_keeps_what_is_known_of_torch(tmp_path):
    places = ("--table", tmp_path / "accuracy.json", "--state", tmp_path)
    only = ("--op", "softsign", "--dtype", "float32", "--order", "value")
    assert _certify(*only, "--stride", 100003, *places)[0] == 0
    (before,) = Certificate(tmp_path / "accuracy.json").rows.values()
    assert before.torch is not None
    assert before.torch_inputs is None
    assert _certify(*only, "--stride", 50021, "--no-torch", *places)[0] == 0
    (after,) = Certificate(tmp_path / "accuracy.json").rows.values()
    assert after.ours.counted > before.ours.counted
    assert (after.torch, after.torch_inputs) == (before.torch, before.inputs)
    assert _certify(*only, "--stride", 100003, "--no-torch", *places)[0] == 0
    assert Certificate(tmp_path / "accuracy.json").rows[before.key].torch_inputs is None


def test_command_names_the_ops():
    code, output = _certify("--op", "gleu")
    assert code != 0
    assert "gleu" in output
