"""NaN, infinities, signed zeros and subnormals, at every position and length."""

import math

import pytest
import torch
from activations import CASES, COMPUTED_IN, DTYPES, FORMULAS, same_bits
from specified import VANISHES_FROM_BELOW, keeps_sign_of_zero, limits

LENGTHS = (1, 2, 7, 8, 15, 16, 17, 40, 70)


def _filled(number, length, dtype, device):
    return torch.full((length,), number, dtype=dtype, device=device)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_nan_in_nan_out(case, dtype, device):
    for length in LENGTHS:
        x = _filled(math.nan, length, dtype, device)
        assert case.value(x).isnan().all()
        assert case.derivative(x).isnan().all()
        assert case.second_derivative(x).isnan().all()
        assert case.in_place(x.clone()).isnan().all()
        if case.output_gives_gradient:
            ones = torch.ones_like(x)
            assert case.backward(ones, x, is_result=True).isnan().all()
            assert case.double_backward(ones, ones, x, is_result=True).isnan().all()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_nan_stays_where_it_is(case, dtype, device):
    ordinary = torch.linspace(-4, 4, 37, device=device).to(dtype)
    for position in range(37):
        x = ordinary.clone()
        x[position] = math.nan
        only = torch.arange(37, device=device) == position
        for operation in (case.value, case.derivative, case.second_derivative):
            assert torch.equal(operation(x).isnan(), only)


def _equal_after_rounding(result, expected, dtype, device):
    """All elements within 2 units of `expected` (the dtype may round it), inf and 0 exactly."""
    wanted = (
        torch.tensor(expected, dtype=torch.float64, device=device).to(COMPUTED_IN[dtype]).to(dtype)
    )
    if expected == 0 or math.isinf(expected):
        return bool((result == wanted).all())
    return torch.allclose(result, wanted, rtol=2 * torch.finfo(dtype).eps, atol=0)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_infinities_give_the_limits(case, dtype, device):
    for infinity, (value, slope) in zip((-math.inf, math.inf), limits(case, dtype), strict=True):
        for length in LENGTHS:
            x = _filled(infinity, length, dtype, device)
            assert _equal_after_rounding(case.value(x), value, dtype, device), (
                infinity,
                case.value(x),
            )
            assert _equal_after_rounding(case.derivative(x), slope, dtype, device), (
                infinity,
                case.derivative(x),
            )
            if math.isfinite(slope):
                assert (case.second_derivative(x) == 0).all(), (infinity, case.second_derivative(x))
            if case.name in VANISHES_FROM_BELOW and infinity < 0:
                assert case.value(x).signbit().all()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_finite_numbers_never_give_nan(case, dtype, device):
    info = torch.finfo(dtype)
    magnitudes = torch.logspace(
        math.log2(info.tiny) - 8,
        math.log2(info.max),
        4000,
        base=2,
        dtype=torch.float64,
        device=device,
    )
    x = torch.cat([magnitudes.to(dtype), torch.tensor([info.max, 0.0], dtype=dtype, device=device)])
    x = torch.cat([x, -x])
    x = x[x.isfinite()]
    for operation in (case.value, case.derivative, case.second_derivative):
        result = operation(x)
        assert not result.isnan().any(), x[result.isnan()]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", [case for case in CASES if keeps_sign_of_zero(case)], ids=str)
def test_sign_of_zero_is_kept(case, dtype, device):
    for length in LENGTHS:
        positive, negative = (
            case.value(_filled(0.0, length, dtype, device)),
            case.value(_filled(-0.0, length, dtype, device)),
        )
        assert (positive == 0).all()
        assert not positive.signbit().any()
        assert (negative == 0).all()
        assert negative.signbit().all()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize(
    "name", ["tanh", "softsign", "tanhshrink", "hardtanh", "hardshrink", "softshrink"]
)
def test_odd_functions_are_odd_bit_for_bit(name, dtype, device):
    x = torch.cat(
        [torch.logspace(-30, 4, 2000, device=device), torch.linspace(0.01, 12, 1000, device=device)]
    ).to(dtype)
    op = getattr(torch.ops.act, name)
    result = op(x)
    inner = result != 0  # a clipped zero has no sign to keep
    assert same_bits(op(-x)[inner], -result[inner])


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize(
    "name", ["relu", "leaky_relu", "hardtanh", "threshold", "tanh", "softsign", "elu", "selu"]
)
def test_subnormal_numbers_are_not_flushed(name, dtype, device):
    """f(x) ≈ x next to 0 from above: subnormal inputs and gradients must come through."""
    info = torch.finfo(dtype)
    steps = torch.tensor([1, 2, 3, 5, 64, 101], dtype=torch.float64, device=device)
    x = (steps * info.tiny * info.eps).to(dtype)
    arguments = {"threshold": 0.0, "value": 0.0} if name == "threshold" else {}
    result = getattr(torch.ops.act, name)(x, **arguments)
    assert (result > 0).all()
    if name != "selu":
        assert torch.equal(result, x)
    gradient = getattr(torch.ops.act, name + "_backward")(x, torch.ones_like(x) * 0.25, **arguments)
    assert (gradient > 0).all()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_tails_that_torch_loses(dtype, device):
    """Named differences from torch, at points where every digit is known."""
    info = torch.finfo(dtype)

    def close(result, expected):
        return torch.allclose(
            result,
            torch.tensor([expected], dtype=torch.float64, device=device).to(dtype),
            rtol=2 * info.eps,
            atol=0,
        )

    six = torch.tensor([-6.0], dtype=dtype, device=device)
    ones = torch.ones(1, dtype=dtype, device=device)
    assert close(torch.ops.act.gelu(-ones * 4), -1.2668496733247969e-4)
    assert close(torch.ops.act.sigmoid_backward(ones, six), 0.0024665092913600478)
    assert close(torch.ops.act.sigmoid_backward(ones, -six), 0.0024665092913600478)
    assert close(torch.ops.act.tanh_backward(ones, -six), 2.4576547405332701e-05)
    assert close(torch.ops.act.tanhshrink(ones / 8), 6.469982284037919e-04)
