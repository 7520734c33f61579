"""The table as a page: what was measured, how, and which bounds are missed."""

from collections.abc import Iterator

from torch_act.accuracy.cells import faults, number, share, worst
from torch_act.accuracy.certificate import HALF_TYPES, Certificate, Row
from torch_act.accuracy.errors import Errors
from torch_act.accuracy.several.section import section, summary_of_several

TEXT = """# Accuracy

How far each result is from the exact one, ours and torch's beside it, and where it is worst.

    make certify                                 # all, float32 on all 2³² inputs; resumable
    python -m torch_act certify --op gelu        # one op
    python -m torch_act certify --stride 1021    # every 1,021st float32 of each binade; minutes
    python -m torch_act certify --no-torch       # ours alone, what is known of torch stays
    python -m torch_act certify --device cuda    # float32 on all 2³² inputs, on a GPU; minutes

On two cores of an AMD EPYC with AVX-512 the float32 sweep of one op and order takes 17 to 114 s,
torch's included: three hours for all; ours alone less than half of that. On a GPU it takes seconds:
kernels and double formulas run there, ours alone, and every one of the 2³² results is compared with
the CPU's, bit by bit, so that what is counted holds for both. The column *inputs* says how far each
row has come, and torch's where that is another.

`python -m torch_act certify --no-measure --markdown docs/accuracy.md` prints this page from
`docs/accuracy.json`. `tests/test_certificate.py` measures every 1,021st float32 of each binade and
all numbers of the half types, and compares them with that file.

## What an ulp is

The error is |result − exact| in units of the distance of neighbouring numbers in the binade of the
*exact* value; below the smallest normal number that is the subnormal spacing. No value is too
small to count: a result 0 for a true 10⁻³⁰ is off by some 2²³ ulp. *nearest*: how many results are
the correctly rounded ones, ties to even.

Where two columns of a number are given, as 855 (1.17), the one in parentheses counts an ulp as that
of 0.1 at least around the zeros of a derivative: there two terms cancel, and to keep the digits
of their difference would take terms of twice the precision. The bounds are held against the first.
These places are |x| < 6 widths of the function for second derivatives, and for first ones the
intervals `CANCELLING` in `torch_act/accuracy/ulp.py`, each with one zero in it, up to where the
derivative reaches 0.1.

The exact value is, for float32, that of our formula in double with the same parameters, rounded to
float32; for float64, and for half types where the double formula is within 2⁻³⁰ ulp of the middle
of two numbers, ball arithmetic (python-flint) of the mathematical definition in the catalogue,
which shares nothing with the formulas. The section float64 therefore also says how good the
yardstick of float32 is: a few ulp of double are 10⁻⁸ of a float32 ulp.

*Faults* count inputs. kind: a result that is finite, infinite or NaN where the exact one rounds to
another of these (torch's 0 for the gradient at NaN is in it: there are 16,777,214 float32 NaN).
sign: a wrong sign bit where the exact value is not 0. order: a step down where the function never
falls, or up where it never rises, from one input to the next. symmetry: f(−x) that is not
±f(x) of an odd or even function.

## Gradients from a saved output

sigmoid, tanh, elu, celu, selu and the piecewise linear ops save their output for the backward by
default, as torch does. *derivative from output* judges that backward as a function of what was
saved: y·(1 − y) at the very y. What the rounding of y has lost does not come back: from x = 17 on
float32's σ(x) is 1, from x = 6.25 on bfloat16's is, and the gradient from such an output is 0.
Saving the input instead takes the same bytes, and gives the *derivative* of these tables, right in
saturation:

    with torch_act.saved_as("input"):
        y = torch_act.functional.sigmoid(x)

torch's *derivative* is what its autograd gives, from whatever it saves.

prelu, rrelu, glu, star_relu, xielu, snake, what is fused with an activation, masked softmax and the
noise of gumbel_softmax have several operands. Their table is the last one of this page.

## The rows of softmax

Rows of 1 to 2²⁰ elements, logits of spreads 1 to ±10⁴, all alike, and with one that outweighs the
rest; along the last dimension and along another. The exact value is computed in 80-bit arithmetic
from differences that are exact. The sum of a float32 row of 128 elements or more is within n·2⁻³²
of 1; below 128 elements the correct rounding of each element alone can move it further.

"""
MISSED = """The bounds: float32 1 ulp for values, 2 for derivatives; float64 2; bfloat16 and float16
correctly rounded, every one; the softmax family 2. The second derivative, which double backward
alone needs, is measured and has none: it has several zeros, where terms of size 0.1 cancel. A wrong
sign of one is beside such a zero. gelu's value is a product of x, an exponential and a polynomial;
errors above 1 ulp are spread over [-13, 0], and no variant of the four that were tried stays below
for less than a third more time. Of a row of softmax in half types an element is rounded twice, in
float32 and then, where its sum decides.

"""
DTYPES = ("float32", "float64", *HALF_TYPES)
ORDERS = ("value", "derivative", "second derivative", "derivative from output")


def summary(certificate: Certificate) -> Iterator[str]:
    """A line for each dtype and order: the worst of all cases."""
    for dtype, order, rows in _groups(certificate):
        largest = max(rows, key=lambda row: row.ours.worst)
        floored = max(rows, key=lambda row: row.ours.worst_floored)
        missed = sum(row.misses is not None for row in rows)
        yield (
            f"{dtype} {order}: {largest.ours.worst:.4g} ulp ({largest.case}), "
            f"{floored.ours.worst_floored:.4g} ({floored.case}) with the floor at zeros; "
            f"{missed} of {len(rows)} miss the bound"
        )
    yield from summary_of_several(certificate.several.values())


def page(certificate: Certificate) -> str:
    """The whole page as Markdown."""
    lines = [TEXT, *(f"- {name}: {value}" for name, value in certificate.header.items()), ""]
    lines += [*_devices(certificate), "## Summary", "", *_summary_table(certificate), ""]
    lines += ["## Bounds that are missed", "", MISSED, *_misses(certificate), ""]
    for dtype in DTYPES:
        rows = [row for row in certificate.rows.values() if row.dtype == dtype]
        if rows:
            lines += [f"## {dtype}", "", *_table(rows), ""]
    if certificate.several:
        lines += [*section(certificate.several.values()), ""]
    return "\n".join(lines)


def _devices(certificate: Certificate) -> Iterator[str]:
    rows = [row for row in certificate.rows.values() if row.device is not None]
    for device in dict.fromkeys(row.device for row in rows):
        there = [row for row in rows if row.device == device]
        compared = [row.other_bits for row in there if row.other_bits is not None]
        yield (
            f"{len(there)} float32 rows were counted on an {device}. In {len(compared)} of them "
            f"each result was compared with the CPU's: {sum(compared)} differ in any bit."
        )
        yield ""


def _groups(certificate: Certificate) -> Iterator[tuple[str, str, list[Row]]]:
    for dtype in DTYPES:
        for order in ORDERS:
            rows = [
                row for row in certificate.rows.values() if (row.dtype, row.order) == (dtype, order)
            ]
            if rows:
                yield dtype, order, rows


def _summary_table(certificate: Certificate) -> list[str]:
    lines = [
        "| dtype | order | cases | max ulp | with the floor | nearest | torch: max ulp | nearest |",
        "|---|---|---:|---|---|---:|---|---:|",
    ]
    for dtype, order, rows in _groups(certificate):
        largest = max(rows, key=lambda row: row.ours.worst)
        floored = max(rows, key=lambda row: row.ours.worst_floored)
        compared = [(row.torch, row.case) for row in rows if row.torch is not None]
        theirs = max(compared, key=lambda both: both[0].worst, default=None)
        lines.append(
            f"| {dtype} | {order} | {len(rows)} | {number(largest.ours.worst)}, {largest.case} "
            f"| {number(floored.ours.worst_floored)}, {floored.case} "
            f"| {_mean_share([row.ours for row in rows])} "
            + (
                f"| {number(theirs[0].worst)}, {theirs[1]} "
                f"| {_mean_share([errors for errors, _ in compared])} |"
                if theirs
                else "| – | – |"
            )
        )
    return lines


def _misses(certificate: Certificate) -> list[str]:
    missed = [row for row in certificate.rows.values() if row.misses]
    missed.sort(key=lambda row: (DTYPES.index(row.dtype), ORDERS.index(row.order)))
    return ["| dtype | order | case | |", "|---|---|---|---|"] + [
        f"| {row.dtype} | {row.order} | {row.case} | {row.misses} |" for row in missed
    ]


def _table(rows: list[Row]) -> list[str]:
    lines = [
        "| case | order | inputs | max ulp | at | nearest | faults "
        "| torch: max ulp | at | nearest | faults |",
        "|---|---|---|---:|---|---:|---|---:|---|---:|---|",
    ]
    for row in rows:
        if not _perfect(row.ours):
            theirs = "| – | | |" if row.torch is None else _cells(row.torch)
            case = row.case if row.sum is None else _with_sums(row)
            lines.append(f"| {case} | {row.order} | {_inputs(row)} {_cells(row.ours)} {theirs} |")
    perfect: dict[str, list[str]] = {}
    for row in rows:
        if _perfect(row.ours):
            perfect.setdefault(row.case, []).append(row.order)
    listed = "; ".join(f"{case}: {', '.join(orders)}" for case, orders in perfect.items())
    return [*lines, "", f"Correctly rounded, every result, and without a fault: {listed}."]


def _inputs(row: Row) -> str:
    return row.inputs + (f"; torch {row.torch_inputs}" if row.torch_inputs else "")


def _perfect(errors: Errors) -> bool:
    return errors.correctly_rounded == errors.counted and not faults(errors)


def _with_sums(row: Row) -> str:
    return f"{row.case} (sums {row.sum:.2f}·n·2⁻³² from 1, torch {row.torch_sum:.2f})"


def _cells(errors: Errors) -> str:
    at = f"{errors.worst_at:.9g}" if errors.worst else ""
    return f"| {worst(errors)} | {at} | {share(errors)} | {faults(errors)}"


def _mean_share(many: list[Errors]) -> str:
    """Each case counts alike, whatever the number of its inputs; down to the last one missing."""
    wrong = sum(errors.counted - errors.correctly_rounded for errors in many)
    if wrong == 0:
        return "all"
    if wrong < 1000:
        return f"all but {wrong}"
    mean = sum(errors.correctly_rounded / errors.counted for errors in many) / len(many)
    return f"{100 * mean:.2f} %"
