"""The reference itself: against mpmath, and against what is specified by hand."""

import math

import mpmath
import numpy as np
import pytest
import torch
from activations import CASES, FORMULAS, OPS
from samples import exact, sample
from specified import derivative_from_output, kinks, specified_limits
from torch_act.accuracy.ulp import CANCELLATION_FLOOR, CANCELLING, error, spacing
from torch_act.catalogue import BY_NAME

NOT_POINTWISE = {"prelu", "rrelu", "glu", "softmax", "softmin", "log_softmax"}


def test_every_op_has_an_entry_and_every_entry_an_op():
    listed = [op["name"] for op in OPS]
    assert len(listed) == len(set(listed))
    assert set(listed) | NOT_POINTWISE == set(BY_NAME)
    assert not set(listed) & NOT_POINTWISE


@pytest.mark.parametrize("op", OPS, ids=lambda op: op["name"])
def test_catalogue_names_the_parameters_of_the_schema(op):
    entry = BY_NAME[op["name"]]
    numeric = {parameter["name"] for parameter in op["parameters"]}
    expected = numeric | ({op["variants"][0]} if op["variants"] else set())
    assert all(set(parameters) == expected for parameters in entry.parameter_sets)
    defaults = {p["name"]: p["default"] for p in op["parameters"] if p["default"] is not None}
    assert {k: v for k, v in entry.parameter_sets[0].items() if k in defaults} == defaults
    if op["variants"]:
        argument, values = op["variants"]
        assert entry.variant_argument == argument
        assert list(entry.variants) == list(values) == [p[argument] for p in entry.parameter_sets]
    schema = getattr(torch.ops.act, op["name"]).default._schema
    assert {argument.name for argument in schema.arguments[1:]} == expected


def _by_mpmath(case, x):
    """f, f′, f″ at x by mpmath: numerical differentiation with 100 digits to spare."""
    functions = {name: getattr(mpmath, name) for name in ("exp", "log", "sqrt", "erfc", "tanh")}
    decimals = {number: f"mpf('{number}')" for number in ("0.044715", "1.702")}
    for constant in ("1.0507009873554804934193349852946", "1.6732632423543772848170429916717"):
        decimals[constant] = f"mpf('{constant}')"
    parameters = case.numbers(torch.float64)
    reference = case.reference(torch.float64)
    text = reference.sources[reference.piece(x)]
    for plain, exact_number in decimals.items():
        text = text.replace(plain, exact_number)
    scope = {"mpf": mpmath.mpf, "pi": mpmath.pi, **functions}
    scope |= {name: mpmath.mpf(value) for name, value in parameters.items()}
    with mpmath.workdps(300):
        f = mpmath.taylor(lambda t: mpmath.mpf(eval(text, scope | {"x": t})), mpmath.mpf(x), 2)
        return f[0], f[1], 2 * f[2]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_agrees_with_mpmath(case):
    points = np.array(
        [-40.0, -12.5, -5.5, -1.25, -0.75, -0.1, -1e-3, 1e-5, 0.3, 1.0, 2.75, 9.0, 25.0]
    )
    found = case.reference(torch.float64).at(points, 5e-324)
    for column, x in enumerate(points):
        for order, expected in enumerate(_by_mpmath(case, x)):
            with mpmath.workdps(60):
                got = mpmath.mpf(found.high[order, column]) + mpmath.mpf(found.low[order, column])
                assert mpmath.almosteq(got, expected, rel_eps=1e-30, abs_eps=1e-60), (x, order)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_pieces_give_the_specified_derivatives_at_kinks(case):
    for x, slope in kinks(case, torch.float64):
        found = case.reference(torch.float64).at([x], 5e-324)
        assert found.high[1, 0] == pytest.approx(slope, rel=1e-15, abs=0)


LIMITED = [case for case in CASES if specified_limits(case, torch.float64)]


@pytest.mark.parametrize("case", LIMITED, ids=str)
def test_specified_limits_are_those_of_the_definition(case):
    far = 2.0**150
    found = case.reference(torch.float64).at([-far, far], 5e-324)
    for column, (value, slope) in enumerate(specified_limits(case, torch.float64)):
        expected = value if math.isfinite(value) else pytest.approx(value)
        if math.isinf(value):
            assert abs(found.high[0, column]) > 1e5
            assert found.high[0, column] * value > 0
        else:
            assert found.high[0, column] == pytest.approx(expected, rel=1e-15, abs=1e-80)
        if case.name == "hardtanh" and math.isinf(value):
            continue  # an infinite bound: linear before it, 0 at it
        assert found.high[1, column] == pytest.approx(slope, rel=1e-15, abs=1e-80)


DETERMINED = [case for case in CASES if derivative_from_output(case, torch.float64)]


@pytest.mark.parametrize("case", DETERMINED, ids=str)
def test_specified_derivative_from_output_is_the_derivative(case):
    pieces = derivative_from_output(case, torch.float64)
    points = np.array([-3.5, -2.0, -0.7, -0.3, 0.4, 1.3, 2.5, 7.0])
    found = case.reference(torch.float64).at(points, 5e-324)
    from_output = type(case.reference(torch.float64))(pieces, case.numbers(torch.float64))
    again = from_output.at(found.high[0], 5e-324)
    assert again.high[0] == pytest.approx(found.high[1], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("case", FORMULAS, ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_cancellation_intervals_are_narrow(case, dtype):
    """Each holds a zero of f′, in none does |f′| reach the floor, and no other f′ is negative."""
    points, slope = sample(case, dtype), exact(case, dtype).high[1]
    interval = CANCELLING.get((case.name, case.variant or ""))
    if interval is None:
        # hard_mish's x + 1 is rounded once, also next to its zero.
        assert slope.min() >= 0 or case.name == "hard_mish"
        return
    inside = (points > interval[0]) & (points < interval[1])
    assert slope[inside].min() < 0 < slope[inside].max()
    assert np.abs(slope[inside]).max() < CANCELLATION_FLOOR


def test_error_counts_units_in_the_last_place():
    one = np.array([1.0])
    for dtype in (torch.float32, torch.float64, torch.bfloat16, torch.float16):
        info = torch.finfo(dtype)
        assert spacing(one, dtype) == info.eps
        assert (
            spacing(np.array([0.0]), dtype)
            == spacing(np.array([info.tiny]), dtype)
            == info.tiny * info.eps
        )
        assert error(one + info.eps, one, 0 * one, dtype) == 1
        assert error(one, one, 0 * one + info.eps / 4, dtype) == 0.25
        assert error([math.inf], [info.max * 1.0], [0.0], dtype) == math.inf
        assert error([info.max], [info.max], [0.0], dtype) == 0
        assert error([math.nan], one, 0 * one, dtype) == math.inf
    assert error([math.inf], [1e39], [0.0], torch.float32) == 0
    assert error([-math.inf], [1e39], [0.0], torch.float32) == math.inf
    assert error([3.4e38], [1e39], [0.0], torch.float32) > 1e6
