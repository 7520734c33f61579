"""Why cells miss a bound, as far as we know: the first reason that covers a cell is its own."""

from collections.abc import Iterator
from dataclasses import dataclass

from torch_act.command_line.calls import ALONG_ROWS
from torch_act.command_line.measurement import Key
from torch_act.command_line.speed_bounds import (
    OF_COPY,
    OF_FLOAT32,
    OF_INDUCTOR,
    OF_LAST_DIM,
    OF_TORCH,
    Miss,
)

HALF = frozenset({"bfloat16", "float16"})
SOFTMAX = frozenset(ALONG_ROWS)
WITH_GRADIENT = frozenset({"backward", "training"})
ARITHMETIC = frozenset(
    {"silu", "tanh", "tanhshrink", "quick_gelu", "glu", "squareplus", "xielu", "star_relu"}
    | {"gelu", "gelu-tanh", "softplus", "logsigmoid", "mish", "laplace", "snake"}
)
DIGITS = frozenset(
    {"silu", "gelu", "gelu-tanh", "quick_gelu", "tanhshrink", "logsigmoid", "softsign"}
    | {"hardswish", "hardsigmoid", "star_relu"}
)
ONE_LOOP = frozenset(
    {"squareplus", "star_relu", "snake", "quick_gelu", "hard_mish", "laplace", "xielu"}
)
SELECTIONS = frozenset(
    {"relu", "leaky_relu", "hardtanh", "relu6", "hardsigmoid", "threshold", "hardswish"}
)
FRESH_PAGES = 2**25  # elements whose output is more than the 32 MiB that malloc keeps for reuse
WITH_RESULT = frozenset({"forward", "backward", "training"})
TAKEN_BACK = (
    "A result of 4 MiB and more lies in huge pages. The host of the virtual machine on which this"
    " was seen takes back memory that has been free for two seconds, in blocks of that size, and"
    " what touches one first waits for the host. Of a cell listed here all turns may have; not each"
    " was looked at."
)
FAR_OFF = (
    "Takes more than twice as long as the same loop does in other dense layouts or with another"
    " number of threads: it is not the loop that is slow. Most likely it waited for memory that the"
    " host of the virtual machine had taken back."
)


@dataclass(frozen=True)
class Reason:
    """A cause with the misses that it covers: of any op, dtype or direction where none is named."""

    text: str
    bounds: tuple[str, ...]
    ops: frozenset[str] = frozenset()
    dtypes: frozenset[str] = frozenset()
    directions: frozenset[str] = frozenset()
    least: int = 0
    below: int = 2**63

    def covers(self, miss: Miss) -> bool:
        cell = miss.cell
        op = cell.op.removesuffix("-dim0")
        return (
            cell.device == "cpu"
            and any(bound in miss.bound for bound in self.bounds)  # it begins with copies' number
            and (not self.ops or op in self.ops)
            and (not self.dtypes or cell.dtype in self.dtypes)
            and (not self.directions or cell.direction in self.directions)
            and self.least <= cell.size < self.below
        )


REASONS = (
    Reason(
        "torch computes gelu in place by oneDNN, whose polynomial has fewer digits in the tail.",
        bounds=(OF_TORCH,),
        ops=frozenset({"gelu"}),
        dtypes=frozenset({"float32"}),
        directions=frozenset({"in place"}),
    ),
    Reason(
        TAKEN_BACK,
        bounds=(OF_TORCH, OF_INDUCTOR),
        directions=WITH_RESULT,
        least=FRESH_PAGES,
    ),
    Reason(
        "Softmax's sums and, of short rows, the logarithm and division of each, are double, and"
        " take most of the time; along another dimension, and in channels_last, it reads"
        " panels of rows, two of them for the gradient.",
        bounds=(OF_TORCH, OF_INDUCTOR, OF_LAST_DIM),
        ops=SOFTMAX,
    ),
    Reason(
        "The parameters' gradients are summed in double here, part by part, so that they do not"
        " depend on the number of threads.",
        bounds=(OF_INDUCTOR, OF_COPY, OF_TORCH),
        ops=frozenset({"prelu", "star_relu", "xielu", "snake"}),
        directions=WITH_GRADIENT,
        least=2**16,
    ),
    Reason(
        "Inductor makes of torch's expression one loop, as ours is, with fewer digits.",
        bounds=(OF_INDUCTOR,),
        ops=ONE_LOOP,
    ),
    Reason(
        "Short formulas, and gradients from a saved output (tanh, sigmoid, softmax), are computed"
        " in float32, and what float32 leaves undecided is marked and computed in double, so that"
        " every result is the nearest number; torch rounds twice. Long ones are looked up, one load"
        " for each element, where float32 computes with all lanes; the gradients of logsigmoid and"
        " tanhshrink are, where torch multiplies by what it has saved.",
        bounds=(OF_TORCH, OF_INDUCTOR, OF_FLOAT32),
        dtypes=HALF,
    ),
    Reason(
        "The digits of the tail and, in derivatives, those beside a zero, or of a gradient from"
        " what was saved, take more terms than torch has.",
        bounds=(OF_TORCH, OF_INDUCTOR),
        ops=DIGITS,
        below=FRESH_PAGES,
    ),
    Reason(
        "-0 and NaN pass by comparisons and selections, where torch has one minimum and one"
        " maximum.",
        bounds=(OF_TORCH, OF_INDUCTOR),
        ops=SELECTIONS,
        directions=frozenset({"in place"}),
    ),
    Reason(
        "An output of so many elements is of fresh pages each time, which the system clears first:"
        " the difference from 4M elements. The copy writes into memory that is there.",
        bounds=(OF_COPY,),
        least=FRESH_PAGES,
    ),
    Reason(
        "Bound by arithmetic: at 64K elements, in the cache, they take as long for an element, or"
        " nearly. What makes them exact to the last digit takes instructions: a tail of its own, a"
        " logarithm or a division that keeps the digits near zero, a sum in double"
        " (benchmarks/instructions.json counts them).",
        bounds=(OF_COPY,),
        ops=ARITHMETIC | SOFTMAX,
    ),
    Reason(
        "Most of the time is that of the call.",
        bounds=(OF_TORCH, OF_INDUCTOR),
        below=2**10,
    ),
    Reason(
        TAKEN_BACK,
        bounds=(OF_TORCH, OF_INDUCTOR),
        directions=WITH_RESULT,
        least=2**22,
    ),
)

UNKNOWN = (
    "No reason is known. What is of 4M elements and more has two or three turns: measured again,"
    " a cell far off its neighbours mostly stands beside them."
)
OF_MEANS = (
    "The ops that are piecewise linear, a third of all, load and store, and in the cache torch's"
    " wait for nothing else either; for sigmoid, silu and gelu torch has vectors of fewer digits."
)


def reason_of(miss: Miss) -> Reason | None:
    """The first that covers it."""
    return next((reason for reason in REASONS if reason.covers(miss)), None)


def by_reason(found: list[Miss], waited: set[Key]) -> Iterator[tuple[str, list[Miss]]]:
    """Each reason with its misses, first that of the cells that waited; those of none come last."""
    texts = [FAR_OFF, *(reason.text for reason in REASONS), UNKNOWN]
    groups: dict[str, list[Miss]] = {text: [] for text in texts}
    for miss in found:
        reason = reason_of(miss)
        text = reason.text if reason else UNKNOWN
        groups[FAR_OFF if miss.cell.key in waited else text].append(miss)
    for text, several in groups.items():
        if several:
            yield text, several
