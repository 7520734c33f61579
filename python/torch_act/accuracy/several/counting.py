"""The count of errors, where a point is several numbers and a result can be a small difference."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from torch_act.accuracy.errors import Errors, count
from torch_act.accuracy.ulp import spacing


def count_at_places(
    result: Tensor, high: np.ndarray, low: np.ndarray, floor: np.ndarray
) -> tuple[Errors, int, int]:
    """Of a vector; and the places of the two worst results.

    A sign counts where the exact result is more than two ulp of the floor.
    """
    numbers = result.double().numpy()
    found = count(np.arange(len(high), dtype=np.float64), numbers, high, low, result.dtype, floor)
    told = np.isfinite(numbers) & (np.abs(high) > 2 * spacing(floor, result.dtype))
    found.wrong_sign = int((told & (np.signbit(numbers) != np.signbit(high))).sum())
    places = int(found.worst_at), int(found.worst_floored_at)
    found.worst_at = found.worst_floored_at = 0.0
    return found, *places
