"""The instructions of one call from Python on 64 elements, ours and torch's: the overhead.

Time is too noisy for a bound of nothing. Here every instruction counts, those of the interpreter
and of the dispatcher too. As a script, this file makes the calls, and runs under valgrind.

Four things would make each run another: the seed of Python's hashes, that the interpreter rewrites
a function for the types that it meets in its first calls, what glibc's allocator takes, which
benchmarks/instructions/allocator.cpp explains, and the interpreter's cache of methods. The seed is
fixed, calls are made until they repeat, and that allocator replaces glibc's.

The cache has one place for each hash of a type's version and the address of a name. Where two names
of one call share a place, each finds the other's: 772 instructions more for a module's call of
16,000, by nothing but the length of the environment, which moves the addresses. So each call is
counted with several versions of its types, and the fewest are taken.
"""

import ctypes
import gc
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from instructions.counts import dumps
from instructions.program import PROGRAM, ROOT

# Python 3.11 rewrites a function after eight calls, and what it finds there over the next ones; for
# another version of a type it does so again, after 53 calls that found the old one
# (miss_counter_start in its pycore_code.h).
CALLED_BEFORE, COUNTED_AFTER = 120, 8
VERSIONS = 3
WAYS = ("function", "module", "op")
ATEN = {"logsigmoid": "log_sigmoid"}  # where the op is not called what the function is

# Two runs differ by 0.2 % of a call at most, by where the stack and the libraries lie.
NOISE = 0.005

# The calls that execute more instructions than torch's: by what share, and why.
MISSED = {
    "softmax module without grad": (
        0.015,
        "looks its temperature up, which modules are slow at",
    ),
}


@dataclass(frozen=True)
class Overhead:
    """Instructions of a call of ours and of torch's."""

    call: str  # op, way, with or without grad
    ours: int
    torch: int

    @property
    def ratio(self) -> float:
        return self.ours / self.torch

    @property
    def slower(self) -> bool:
        """By more than the noise and what is known."""
        return self.ratio > 1 + MISSED.get(self.call, (0.0,))[0] + NOISE

    def __str__(self) -> str:
        return f"{self.call}: {self.ours} against {self.torch}, {self.ratio:.3f}"


def overheads(folder: Path = ROOT / "build/instructions") -> list[Overhead]:
    """Of every op that torch has too, called as a function, as a module and as an op."""
    folder.mkdir(parents=True, exist_ok=True)
    library = folder / "python.so"
    sources = [str(PROGRAM / name) for name in ("python.cpp", "allocator.cpp")]
    # Without -fno-builtin, the compiler takes calloc's own malloc and memset for a calloc.
    flags = ("-std=c++20", "-O2", "-fno-builtin", "-shared", "-fPIC")
    subprocess.run(["g++", *flags, *sources, "-o", str(library)], check=True)
    found = dumps(
        *(sys.executable, __file__, str(library)),
        options=("--instr-atstart=no",),
        variables={"PYTHONHASHSEED": "0", "LD_PRELOAD": str(library)},
    )
    nothing = found.pop("nothing")
    names = dict.fromkeys(name.rpartition("/")[0] for name in found)
    return [
        Overhead(name, found[f"{name}/ours"] - nothing, found[f"{name}/torch"] - nothing)
        for name in names
    ]


def _make_calls(library: str) -> None:
    import torch

    torch.set_num_threads(1)
    # With the lock held: no other thread of Python's is counted.
    counter = ctypes.PyDLL(library)

    def count(name: str, function: Callable[..., object], *inputs: object) -> None:
        encoded = name.encode()
        for turn in range(COUNTED_AFTER + 2):
            if turn < COUNTED_AFTER:
                function(*inputs)
                continue
            counter.begin()
            function(*inputs)
            counter.end(encoded)

    gc.disable()
    counts = [("nothing", nullcontext, lambda: None), *_counts()]
    for _ in range(VERSIONS):
        _renew_type_versions()
        # Much the most of the calls before the slow part.
        for _, context, function, *inputs in counts:
            with context():
                for _ in range(CALLED_BEFORE):
                    function(*inputs)
        counter.start()
        for name, context, function, *inputs in counts:
            with context():
                count(name, function, *inputs)
        counter.stop()


def _renew_type_versions() -> None:
    """Of modules and tensors: a type gets another as soon as it has been changed."""
    import torch

    for kind in (torch.nn.Module, torch.Tensor):
        kind._renewed = None
        del kind._renewed


def _counts() -> Iterator[tuple]:
    """Name, context, function and inputs of each call."""
    import torch
    from torch_act.command_line.calls import calls

    for call in calls(training=False):
        for way in WAYS:
            for ours, torchs in _pair(call, way):
                for grad in (False, True):
                    x = torch.linspace(-3, 3, 64).requires_grad_(grad)
                    inputs = (x,) if way == "module" else (x, *call.further_inputs(x))
                    name = f"{call.label} {way} {'with' if grad else 'without'} grad"
                    context = nullcontext if grad else torch.no_grad
                    yield (f"{name}/ours", context, ours, *inputs)
                    yield (f"{name}/torch", context, torchs, *inputs)


def _pair(call, way: str) -> Iterator[tuple[Callable, Callable]]:
    """Ours and torch's; none where torch has no such thing."""
    import torch
    import torch_act

    name, arguments = call.entry.name, dict(call.arguments)
    if way == "op":
        aten = getattr(torch.ops.aten, ATEN.get(name, name), None)
        if aten is not None and "default" in aten.overloads():
            ops = (getattr(torch.ops.act, name).default, aten.default)
            yield tuple(_with_arguments(op, arguments) for op in ops)
    elif way == "function" and hasattr(torch.nn.functional, name):
        functions = (getattr(home, name) for home in (torch_act.functional, torch.nn.functional))
        yield tuple(_with_arguments(function, arguments) for function in functions)
    elif way == "module" and hasattr(torch.nn, kind := call.entry.modules[0]):
        # rrelu's modules take their bounds, and are in evaluation as its function is here.
        arguments.pop("training", None)
        yield tuple(getattr(home, kind)(**arguments).eval() for home in (torch_act.nn, torch.nn))


def _with_arguments(op: Callable, arguments: dict) -> Callable:
    # The same frame about either, where there is one.
    return (lambda *inputs: op(*inputs, **arguments)) if arguments else op


if __name__ == "__main__":
    _make_calls(sys.argv[1])
