"""squareplus, laplace and softplus with parameters that leave the exponent's range where a formula
is naive: b or x² overflows or underflows, x + √(x² + b) cancels, 1/sigma² or 1/beta overflows."""

import numpy as np
import pytest
import torch
from activations import NUMPY, Case, numbers_of_kernels
from torch_act.accuracy.reference import LARGEST_ARGUMENT
from torch_act.accuracy.ulp import describe, error

BOUND = {torch.float32: 2.0, torch.float64: 2.0}  # ulp, of value and derivative
PARAMETERS = {
    torch.float32: [
        *({"b": b} for b in (3e-36, 1e-20, 1e-12, 1e30, 3e38)),
        *({"mu": 0.0, "sigma": sigma} for sigma in (1e-5, 1e-3, 1e10)),
        {"mu": -1e20, "sigma": 1e16},
        *({"beta": beta, "threshold": 20.0} for beta in (1e-40, -1e-30, 3e-7, 7e5, -1e20, 3e38)),
    ],
    torch.float64: [
        *({"b": b} for b in (1e-300, 1e-100, 1e-20, 1e30, 1e300)),
        *({"mu": 0.0, "sigma": sigma} for sigma in (1e-60, 1e-5, 1e40)),
        *({"beta": beta, "threshold": 20.0} for beta in (1e-300, -1e-30, 7e5, 1e300)),
    ],
}
CASES = [(dtype, p) for dtype, sets in PARAMETERS.items() for p in sets]


def case_of(parameters):
    name = {"b": "squareplus", "mu": "laplace", "beta": "softplus"}[next(iter(parameters))]
    return Case(name, tuple(parameters.items()), None, False, False)


def points(case, dtype):
    """Where the function changes, in its own units, and every binade."""
    p, number = case.keywords, NUMPY[dtype]
    unit = p["b"] ** 0.5 if "b" in p else (p["sigma"] if "sigma" in p else 1 / abs(p["beta"]))
    generator = np.random.default_rng(11)
    with np.errstate(over="ignore"):
        inner = unit * np.concatenate(
            [generator.uniform(0, 12, 400), 10 ** generator.uniform(-7, 13, 400)]
        )
    info = np.finfo(number)
    powers = np.ldexp(
        1 + generator.random(info.maxexp - info.minexp), np.arange(info.minexp, info.maxexp)
    )
    magnitudes = np.concatenate([inner, powers])
    with np.errstate(over="ignore"):
        numbers = (np.concatenate([magnitudes, -magnitudes]) + p.get("mu", 0.0)).astype(number)
    numbers = numbers[np.isfinite(numbers)].astype(np.float64)
    return np.unique(numbers[np.abs(numbers) < LARGEST_ARGUMENT])


@numbers_of_kernels
@pytest.mark.parametrize(("dtype", "parameters"), CASES, ids=str)
def test_within_bounds(dtype, parameters, device):
    case = case_of(parameters)
    x = points(case, dtype)
    exact = case.reference(dtype).at(x, float(np.finfo(NUMPY[dtype]).smallest_subnormal))
    numbers = torch.from_numpy(x).to(device, dtype)
    for order, function in enumerate((case.value, case.derivative)):
        result = function(numbers).double().cpu().numpy()
        errors = error(result, exact.high[order], exact.low[order], dtype)
        assert errors.max() <= BOUND[dtype], (order, describe(errors, x, result, exact.high[order]))


@numbers_of_kernels
@pytest.mark.parametrize(("dtype", "parameters"), CASES, ids=str)
def test_every_binade_gives_a_number(dtype, parameters, device):
    """The largest numbers too, which are beyond the reference."""
    case, info = case_of(parameters), torch.finfo(dtype)
    exponents = torch.arange(np.log2(info.tiny) - 20, np.log2(info.max), dtype=torch.float64)
    x = torch.cat(
        [torch.exp2(exponents).to(dtype), torch.tensor([info.max, torch.inf, 0.0]).to(dtype)]
    )
    x = torch.cat([x, -x]).to(device)
    for function in (case.value, case.derivative, case.second_derivative):
        assert not function(x).isnan().any()
    y = case.value(x.sort().values)
    assert (y[1:] >= y[:-1]).all()
