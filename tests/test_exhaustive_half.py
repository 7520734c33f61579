"""Every number that bfloat16 and float16 have, value and derivative, against the exact result.

The half types are computed in float32 and rounded once. So the error is at most half a unit of the
rounding and what the float32 result was off: 2 float32 ulp, which is 2·2⁻¹⁶ of a bfloat16 unit and
2·2⁻¹³ of a float16 unit. Results that are not the nearest number (the exact value lies that close
to the middle of two) are counted and reported.
"""

from functools import cache

import numpy as np
import pytest
import torch
from activations import FORMULAS, HALF_DTYPES
from samples import every_half
from torch_act.accuracy.ulp import cancellation_floor, error, spacing

FLOAT32_ULP = {torch.bfloat16: 2.0**-16, torch.float16: 2.0**-13}


@cache
def _exact(case):
    return case.reference(torch.float32).at(
        every_half(), float(np.finfo(np.float32).smallest_subnormal)
    )


@pytest.mark.parametrize("order", [0, 1], ids=["value", "derivative"])
@pytest.mark.parametrize("dtype", HALF_DTYPES, ids=str)
@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_every_number(case, dtype, order, measured, device):
    x = torch.arange(-32768, 32768, dtype=torch.int32, device=device).to(torch.int16).view(dtype)
    x = x[x.isfinite()]
    result = (case.derivative(x) if order else case.value(x)).double().cpu().numpy()
    columns = np.searchsorted(every_half(), x.double().cpu().numpy())
    high, low = _exact(case).high[order, columns], _exact(case).low[order, columns]

    # 2 float32 ulp in units of the result; in the subnormal range and near a named zero they weigh
    # more.
    floor = cancellation_floor(case, order, x.double().cpu().numpy())
    float32_error = (
        2 * spacing(np.maximum(np.abs(high), floor), torch.float32) / spacing(high, dtype)
    )
    errors = error(result, high, low, dtype)
    excess = errors - 0.5 - float32_error
    worst = excess.argmax()
    measured(
        f"{('value', 'derivative')[order]}, {dtype}, not the nearest number",
        case,
        (errors > 0.5).sum(),
    )
    assert excess[worst] <= 0, (
        f"{errors[worst]} ulp at x = {x[worst].item()!r}: got {result[worst]!r}, "
        f"exact {high[worst]!r}; {(excess > 0).sum()} of {len(x)} fail"
    )
    ordinary = np.abs(high) >= torch.finfo(dtype).tiny * 2
    if floor.max() == 0:
        assert float32_error[ordinary].max(initial=0) <= 2 * FLOAT32_ULP[dtype]
