"""The section of the accuracy page on functions of several operands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torch_act.accuracy.cells import faults, share, worst
from torch_act.accuracy.several.table import OperandsRow

TEXT = """## Operators of several operands

    python -m torch_act certify --part several --markdown docs/accuracy.md    # a minute

All 2⁶⁴ pairs of float32 cannot be tried. Every binade of the first operand meets every binade of
the second one, subnormal numbers included (float64: each meets two others), with random digits and
signs; then all combinations of ±0, ±∞, NaN, ±1 and the ends of the range, and 24,000 points
(float64: 2,000) where a function changes, ends or cancels. The parameters of star_relu, xielu and
snake are tried of the sizes that networks have, beside each binade of x, and, as *any*, of all
sizes. The exact results are those of our formulas in double for float32 and the half types, and in
ball arithmetic for float64 and for half types beside the middle of two numbers, as above.

A gradient is that of grad_output, from 1/4 to 4, times the derivative, from a saved input: at
single elements, where the gradient of a weight or bias is a sum of one term; and, as *sum of
gradient*, over 4,096 elements of a channel (float64: 1,024), in ulp of the sum of the terms'
absolute values.

**The bounds** are 2.5 ulp for values and 3 for gradients in float32, 2.5 and 4 in float64. They
follow from the structure: swiglu is silu(gate), rounded to a number of the dtype, times other. The
formula's error is 1 ulp in float32, an ulp of the product can be half as large as that of the
factor, and the product's own rounding is half an ulp; a gradient has one product more. In the half
types all of it happens in float32, which is rounded once more: not every result is the nearest
number, and the table counts those that are not. Elements of the masked softmax family are held to 2
ulp, their gradients to 3; sums to 1, in float64 to 2.

The number in parentheses, to which the bounds apply, counts an ulp as that of a floor at least, the
size of what was rounded on the way:

- gated: the least normal number times the other operand, as the activation's value may be
  subnormal; and 0.1 around the zero of a derivative, as above;
- bias_act: s·f′(s), or s·f″(s) for gradients, where the sum s = x + bias is rounded: half an ulp of
  it moves the result by so much;
- star_relu, xielu, snake: the larger term of a sum, or 2⁻²⁴ of it (float64: 2⁻⁵³) where that term
  is known to twice the precision; and for snake what the angle's last digit is worth. From
  |alpha·x| = 2²² (float64: 2⁵¹) on the sine is 0 by definition, and nothing is judged;
- masked softmax's gradient: the sum of the absolute values of its terms; its values are those of
  the rounded quotient x / temperature, and its gradients those of the output that was saved;
- add_gumbel: 1, or the logit or the noise where they are larger.

Not judged are gradients whose derivative, or whose product of grad_output and other, is itself
beyond the largest number. A sign is a fault where the exact result is over two ulp of the floor.
rrelu's slopes are those that were drawn; gumbel_softmax is its noise and then the softmax of the
tables above. torch's column is the same composed of torch's functions.
"""

MISSED = """### Bounds of several operands that are missed

*any* rows have parameters of 10⁻³⁸ or 10³⁸ beside any x: there intermediate results overflow or
vanish. A gate of the least subnormal number halves it, to 0, and 0 times an infinite other is NaN,
where the product is infinite: the wrong kinds of swiglu, geglu and gated. glu's gradient of gate is
σ′, 1.16 ulp off at most, times two factors, where an ulp of each product can be half as large. The
gradient of float64's masked softmax adds up its row in double: there is no wider type. Half types
are rounded twice.
"""

HEAD = (
    "| case | result | inputs | max ulp | at | nearest | faults | torch: max ulp | nearest |",
    "|---|---|---|---:|---|---:|---|---:|---:|",
)
DTYPES = ("float32", "float64", "bfloat16", "float16")


def section(rows: Iterable[OperandsRow]) -> Iterator[str]:
    rows = list(rows)
    yield TEXT
    yield MISSED
    yield from ("| dtype | case | |", "|---|---|---|")
    missed: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row.misses:
            missed.setdefault((row.dtype, row.case), []).append(f"{row.order}: {row.misses}")
    for dtype, case in sorted(missed, key=lambda key: DTYPES.index(key[0])):
        yield f"| {dtype} | {case} | {'; '.join(missed[dtype, case])} |"
    for dtype in DTYPES:
        yield from ("", f"### Several operands in {dtype}", "")
        yield from HEAD
        yield from map(_line, _of(rows, dtype))


def summary_of_several(rows: Iterable[OperandsRow]) -> Iterator[str]:
    """A line for each dtype."""
    rows = list(rows)
    for dtype in DTYPES:
        if those := _of(rows, dtype):
            missed = sum(row.misses is not None for row in those)
            yield f"{dtype}, several operands: {missed} of {len(those)} miss the bound"


def place(row: OperandsRow) -> str:
    """Where the worst result with the floor is."""
    if not row.ours.worst_floored:
        return ""
    return ", ".join(f"{name}={value:.6g}" for name, value in row.floored_at.items())


def _of(rows: list[OperandsRow], dtype: str) -> list[OperandsRow]:
    return [row for row in rows if row.dtype == dtype]


def _line(row: OperandsRow) -> str:
    ours = f"{worst(row.ours)} | {place(row)} | {share(row.ours)} | {faults(row.ours)}"
    theirs = "– | " if row.torch is None else f"{worst(row.torch)} | {share(row.torch)}"
    return f"| {row.case} | {row.order} | {row.inputs} | {ours} | {theirs} |"
