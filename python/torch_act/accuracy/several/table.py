"""What was measured of functions of several operands, and the bounds that are held."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from torch_act.accuracy.errors import Errors

HALF_TYPES = ("bfloat16", "float16")
SUM = "sum of "  # begins the order of a gradient that is summed over many elements

# In ulp, by dtype: of a value, of a gradient. A formula's own error is 1 and 2 ulp in float32 and 2
# in float64; an ulp of a product can be half of what the factor's was; and each further rounding
# adds a half, of the products with the other operand and with grad_output.
BOUNDS = {"float32": (2.5, 3.0), "float64": (2.5, 4.0)}
# Of an element of softmax, as without a mask; of its gradient, for all dtypes.
ROWS = ("softmax", "softmin", "log_softmax")
ROWS_BOUNDS = (2.0, 3.0)
# Of the sum of absolute values; those of other dtypes than float64 are added in float64.
SUM_BOUNDS = {"float64": 2.0}
SUM_BOUND = 1.0


@dataclass
class OperandsRow:
    """What was measured of one result of one function in one dtype."""

    op: str
    case: str
    order: str  # "value", "gradient of gate", "sum of gradient of bias"
    dtype: str
    inputs: str  # which
    ours: Errors
    torch: Errors | None = None
    at: dict[str, float] = field(default_factory=dict)  # the operands of the worst result
    floored_at: dict[str, float] = field(default_factory=dict)  # and of the worst with the floor

    @property
    def key(self) -> tuple[str, str, str]:
        return self.case, self.order, self.dtype

    @property
    def bound(self) -> float | None:
        if self.order.startswith(SUM):
            return SUM_BOUNDS.get(self.dtype, SUM_BOUND)
        of_gradient = self.order.startswith("gradient")
        if self.op in ROWS:
            return ROWS_BOUNDS[of_gradient]
        if self.dtype in HALF_TYPES:
            return None
        return BOUNDS[self.dtype][of_gradient]

    @property
    def misses(self) -> str | None:
        """In words, how the row misses its bound; None where it does not."""
        errors = self.ours
        faults = {"kind": errors.wrong_kind, "sign": errors.wrong_sign}
        words = [f"{count} of a wrong {what}" for what, count in faults.items() if count]
        if self.bound is None:
            wrong = errors.counted - errors.correctly_rounded
            if wrong and not words:
                words = [f"{wrong} of {errors.counted} not the nearest number"]
        elif errors.worst_floored > self.bound:
            where = ", ".join(f"{name}={value:.9g}" for name, value in self.floored_at.items())
            words.append(f"{errors.worst_floored:.4g} ulp" + (where and f" at {where}"))
        return ", ".join(words) or None

    @classmethod
    def of(cls, entry: dict[str, Any]) -> OperandsRow:
        ours, torch = Errors.of(entry["ours"]), entry["torch"] and Errors.of(entry["torch"])
        return cls(**(entry | {"ours": ours, "torch": torch}))

    def as_dict(self) -> dict[str, Any]:
        return {
            **vars(self),
            "ours": self.ours.as_dict(),
            "torch": self.torch and self.torch.as_dict(),
        }
