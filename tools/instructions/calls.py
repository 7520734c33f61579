"""The instructions of one call from Python on 64 elements, ours and torch's: the overhead.

Time is too noisy for a bound of nothing. Here every instruction counts, those of the interpreter
and of the dispatcher too. As a script, this file makes the calls, and runs under valgrind.
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

WAYS = ("function", "module", "op")
ATEN = {"logsigmoid": "log_sigmoid"}  # where the op is not called what the function is


@dataclass(frozen=True)
class Overhead:
    """Instructions of a call of ours and of torch's."""

    call: str  # op, way, with or without grad
    ours: int
    torch: int

    @property
    def ratio(self) -> float:
        return self.ours / self.torch

    def __str__(self) -> str:
        return f"{self.call}: {self.ours} against {self.torch}, {self.ratio:.3f}"


def overheads(folder: Path = ROOT / "build/instructions") -> list[Overhead]:
    """Of every op that torch has too, called as a function, as a module and as an op."""
    folder.mkdir(parents=True, exist_ok=True)
    library = folder / "python.so"
    source = str(PROGRAM / "python.cpp")
    subprocess.run(["g++", "-shared", "-fPIC", source, "-o", str(library)], check=True)
    command = (sys.executable, __file__, str(library))
    found = dumps(*command, options=("--instr-atstart=no",))
    nothing = found.pop("nothing")
    names = dict.fromkeys(name.rpartition("/")[0] for name in found)
    return [
        Overhead(name, found[f"{name}/ours"] - nothing, found[f"{name}/torch"] - nothing)
        for name in names
    ]


def _make_calls(library: str) -> None:
    import torch
    from torch_act.command_line.calls import calls

    torch.set_num_threads(1)
    # With the lock held: no other thread of Python's is counted.
    counter = ctypes.PyDLL(library)

    def count(name: str, function: Callable[..., object], *inputs: object) -> None:
        encoded = name.encode()
        for turn in range(8):
            if turn < 5:  # the caches of the interpreter and of the dispatcher
                function(*inputs)
                continue
            counter.begin()
            function(*inputs)
            counter.end(encoded)

    gc.disable()
    counter.start()
    count("nothing", lambda: None)
    for call in calls(training=False):
        for way in WAYS:
            for ours, torchs in _pair(call, way):
                for grad in (False, True):
                    x = torch.linspace(-3, 3, 64).requires_grad_(grad)
                    inputs = (x,) if way == "module" else (x, *call.further_inputs(x))
                    name = f"{call.label} {way} {'with' if grad else 'without'} grad"
                    with nullcontext() if grad else torch.no_grad():
                        count(f"{name}/ours", ours, *inputs)
                        count(f"{name}/torch", torchs, *inputs)


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
