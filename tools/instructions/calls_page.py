"""The overhead of a call as a page of Markdown."""

from collections.abc import Iterator

from instructions.calls import MISSED, NOISE, WAYS, Overhead

TEXT = """# Overhead of a call

What a call on 64 elements, float32, costs beside torch's: the instructions that the processor
executes in it, of the interpreter, the dispatcher and the kernel, ours by torch's, as valgrind
counts them. It knows no AVX-512: the kernels, torch's too, are AVX2's there. Times are too noisy
for a bound of nothing; those of 64 elements are in [speed](speed.md).

    python tools/instructions --calls --markdown docs/overhead.md  # this page

*function*: `torch_act.functional.x(t)` beside `torch.nn.functional.x(t)`; *module*:
`torch_act.nn.X()(t)` beside `torch.nn.X()(t)`; *op*: `torch.ops.act.x.default(t)` beside
`torch.ops.aten.x.default(t)`; under `torch.no_grad()`, and with a graph recorded. Empty where torch
has no such thing. The bound is 1; in bold, what is above it. `tests/test_call_overhead.py` holds
it, with {noise:.1f} % for what two runs differ by, and but for what is listed.
"""
COLUMNS = [f"{way} {grad} grad" for way in WAYS for grad in ("without", "with")]


def page(found: list[Overhead], header: dict[str, str]) -> str:
    """A row for each op."""
    lines = [TEXT.format(noise=100 * NOISE)]
    lines += [*(f"- {name}: {value}" for name, value in header.items()), "", *_table(found)]
    if more := [overhead for overhead in found if overhead.ratio > 1]:
        lines += ["", "More instructions than torch's:", ""]
        lines += [f"- {call.call}: {MISSED.get(call.call, (0, _why(call)))[1]}" for call in more]
    return "\n".join([*lines, ""])


def _why(call: Overhead) -> str:
    return "not known" if call.slower else "within the noise of a count"


def _table(found: list[Overhead]) -> Iterator[str]:
    yield f"| op | {' | '.join(COLUMNS)} |"
    yield "|---|" + "---:|" * len(COLUMNS)
    rows: dict[str, dict[str, str]] = {}
    for overhead in found:
        op, _, column = overhead.call.partition(" ")
        shown = f"{overhead.ratio:.3f}"
        rows.setdefault(op, {})[column] = f"**{shown}**" if overhead.ratio > 1 else shown
    for op, row in rows.items():
        yield f"| {op} | {' | '.join(row.get(column, '') for column in COLUMNS)} |"
