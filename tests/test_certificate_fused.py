"""The certificate of what has several operands, measured again: where each row was worst, and a
part of its sample.

Ours alone: torch's errors depend on the machine.
"""

import dataclasses
import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch_act.accuracy.cases import DTYPES
from torch_act.accuracy.certificate import Certificate
from torch_act.accuracy.several.draw import binades
from torch_act.accuracy.several.exact import exact
from torch_act.accuracy.several.functions import functions
from torch_act.accuracy.several.masked import measure_masked
from torch_act.accuracy.several.measure import measure_at, measure_sums
from torch_act.accuracy.several.noise import STATE, measure_noise, words
from torch_act.accuracy.several.sample import sample
from torch_act.accuracy.several.table import ROWS, OperandsRow
from torch_act.accuracy.several.tasks import tasks
from torch_act.command_line import app
from typer.testing import CliRunner

TABLE = Path(__file__).parent.parent / "docs" / "accuracy.json"
FUNCTIONS = functions()
PART = 211  # a prime


@cache
def published():
    return Certificate(TABLE).several


def row(case, order, dtype):
    return published()[case, order, str(dtype).removeprefix("torch.")]


def no_more(part, whole):
    """Of a sample's part no more of anything; half an ulp is no error."""
    assert part.ours.counted <= whole.ours.counted
    for name in ("worst", "worst_floored"):
        assert getattr(part.ours, name) <= max(getattr(whole.ours, name), 0.5), part.order
    for name in ("wrong_kind", "wrong_sign"):
        assert getattr(part.ours, name) <= getattr(whole.ours, name), part.order


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.case)
def test_a_part_of_the_sample(function, dtype):
    points = sample(function, dtype, PART)
    assert len(points[0]) > 20
    for found in measure_at(function, dtype, points, "", compare=False):
        no_more(found, row(function.case, found.order, dtype))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("function", [f for f in FUNCTIONS if f.replayable], ids=lambda f: f.case)
def test_where_it_is_worst(function, dtype):
    """The very error: of a published number that is too small or too large, and of a formula."""
    for order in function.orders:
        expected = row(function.case, order, dtype)
        for name, at in (("worst", expected.at), ("worst_floored", expected.floored_at)):
            operands = [at.get("grad_output", 1.0), *(at[o] for o in function.operands)]
            points = tuple(torch.tensor([o], dtype=torch.float64).to(dtype) for o in operands)
            (found,) = measure_at(function, dtype, points, "", compare=False, orders=[order])
            assert getattr(found.ours, name) == getattr(expected.ours, name), (order, name, at)


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if f.channels], ids=lambda f: f.case)
def test_sums_of_gradients(function):
    for found in measure_sums(function, torch.float32):
        assert found.ours == row(function.case, found.order, torch.float32).ours
        assert found.ours.worst_floored <= found.bound


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("op", ROWS)
def test_masked_softmax(op, dtype):
    for found in measure_masked(op, dtype, longest=128):
        no_more(found, row(found.case, found.order, dtype))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_noise(dtype):
    for found in measure_noise(dtype, 1024):
        expected = row(found.case, found.order, dtype)
        assert found.ours.worst_floored <= expected.ours.worst_floored <= expected.bound


def test_bits_of_the_noise():
    """Those that the library draws: uniform slopes are the upper 24 of them."""
    x = -torch.ones(1000, dtype=torch.float64)
    _, slopes = torch.ops.act.rrelu_with_slopes(x, torch.tensor(STATE), 0.0, 1.0)
    assert (slopes.numpy() == (words(1000) >> np.uint64(8)) / 2.0**24).all()


def test_every_row_is_published():
    expected = {("add_gumbel", order, d) for order in ("noise", "value") for d in ("32", "64")}
    expected = {(case, order, f"float{d}") for case, order, d in expected}
    for dtype in ("float32", "float64", "bfloat16", "float16"):
        for function in FUNCTIONS:
            orders = [*function.orders]
            orders += [f"sum of gradient of {name}" for name in function.channels]
            expected |= {(function.case, order, dtype) for order in orders}
        for op in ROWS:
            case = f"{op}(temperature=0.7) with a mask"
            expected |= {(case, order, dtype) for order in ("value", "gradient")}
    assert set(published()) == expected
    assert {task.op for task in tasks()} == {row.op for row in published().values()}


def test_the_sample_holds_each_pair_of_binades():
    function = next(f for f in FUNCTIONS if f.case == "reglu")
    _, gate, other = sample(function, torch.float16)
    low, high = binades(torch.float16)
    pairs = {
        (math.frexp(a)[1], math.frexp(b)[1])
        for a, b in zip(gate.tolist(), other.tolist(), strict=True)
        if a and b and math.isfinite(a) and math.isfinite(b)
    }
    # Halves' largest binade is rounded out of in part; frexp's exponents are one more.
    wanted = {(i + 1, j + 1) for i in range(low, high) for j in range(low, high)}
    assert pairs >= wanted
    assert (gate.isnan() & other.isinf()).any()


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.case)
def test_definitions_agree_with_torchs_autograd(function):
    """A second, wholly different way to every formula and gradient that is held to be exact."""
    points = sample(function, torch.float64, 31)
    moderate = torch.stack([(o.abs() < 8) & (o.abs() > 0.02) for o in points]).all(0)
    points = tuple(o[moderate] for o in points)
    if function.torchs(*(o[:1] for o in points[1:])) is None:
        pytest.skip("torch has no such function: rrelu with given slopes")
    assert len(points[0]) > 3
    for ours, theirs in zip(
        exact(function, torch.float64, points).high,
        function.results(function.torchs, *points),
        strict=True,
    ):
        torch.testing.assert_close(torch.from_numpy(ours), theirs, rtol=1e-6, atol=1e-9)


def test_what_is_wrong_is_seen():
    glu = next(f for f in FUNCTIONS if f.case == "glu")

    class Spoiled(type(glu)):
        def ours(self, *operands):
            y, (gate, _) = super().ours(*operands), operands
            if gate.dtype == torch.float64:  # the yardstick, which float64's rows judge
                return y
            y = torch.where((gate > 1) & (gate < 2), y * (1 + 2**-20), y)
            return torch.where((gate > 2) & (gate < 4), -y, y)

    function = Spoiled(**vars(glu))
    points = sample(function, torch.float32, 31)
    found = measure_at(function, torch.float32, points, "", compare=False)[0]
    assert found.ours.worst > 5
    assert found.ours.wrong_sign > 20
    assert "wrong sign" in found.misses
    with pytest.raises(AssertionError):
        no_more(found, row(function.case, "value", torch.float32))


def test_what_misses_a_bound():
    kept = published()["swiglu", "gradient of other", "float32"]
    assert kept.misses is None
    ours = dataclasses.replace(kept.ours, worst_floored=3.5)
    missed = dataclasses.replace(kept, ours=ours)
    assert missed.misses.startswith("3.5 ulp at grad_output=")
    assert OperandsRow.of(missed.as_dict()) == missed
    wrong = dataclasses.replace(missed, ours=dataclasses.replace(ours, wrong_kind=2))
    assert wrong.misses.startswith("2 of a wrong kind, 3.5 ulp at grad_output=")


def test_command_measures_them_alone(tmp_path):
    places = ["--table", str(tmp_path / "t.json"), "--markdown", str(tmp_path / "t.md")]
    options = ["--op", "reglu", "--dtype", "float32", "--part", "several"]
    result = CliRunner().invoke(app, ["certify", *options, *places])
    assert result.exit_code == 0, result.output
    assert "float32, several operands: 0 of 3 miss the bound" in result.output
    found = Certificate(tmp_path / "t.json")
    assert not found.rows
    assert {key[0] for key in found.several} == {"reglu"}
    for key, measured in found.several.items():
        assert measured.ours == published()[key].ours
    assert "| reglu | gradient of gate | each pair of binades |" in (tmp_path / "t.md").read_text()
