"""The adapters of torch's ops, compiled against stand-ins for torch's CUDA side.

A tensor of the simulated device is one of the CPU, whose memory the simulator reads and writes
where it lies. `Adapters.call_op` sends an op past the dispatcher's choice to the kernel of the CUDA
key, as if its tensors were CUDA's: from the op's arguments to the launched PTX all is what a GPU's
user runs, but for the device guard, the stream and the allocator, which torch_stand_in/ replaces.

    adapters = Adapters(compile_adapters(sources, units), "sm_80")
    result = adapters.call_op(torch.ops.act.gelu.default, x)
"""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch.utils import cpp_extension
from torch.utils._python_dispatch import TorchDispatchMode

from .compilation import (
    ARCHITECTURES,
    CACHE,
    INCLUDE,
    ROOT,
    Compiled,
    at_once,
    cached,
    hash_of,
    launcher_objects,
)
from .memory import Memory
from .runtime import Runtime

STAND_IN = Path(__file__).parent / "torch_stand_in"
_FLAGS = ("-std=c++20", "-O1", "-Xcompiler=-g0,-fPIC,-fvisibility=hidden,-ffp-contract=off")
_OnAllocation = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_size_t)


def compile_adapters(
    sources: Sequence[Path], units: Sequence[Path], architectures: Sequence[str] = ARCHITECTURES
) -> Compiled:
    """One library of adapters and what they share with the CPU's (.cpp), and of launchers."""
    objects, ptx = launcher_objects(units, architectures)
    objects += at_once(_compile, [*sources, STAND_IN / "allocations.cpp"])
    libraries = cpp_extension.library_paths()
    link = ["g++", "-shared", "-Wl,-Bsymbolic", "-Wl,-z,defs"]
    link += [f"-L{path}" for path in libraries]
    link += [f"-Wl,-rpath,{path}" for path in libraries]
    folder = CACHE / hash_of([*map(str, objects), *link])
    with cached(folder) as missing:
        if missing:
            output = ["-o", str(folder / "adapters.so")]
            _run([*link, *map(str, objects), *output, "-lc10", "-ltorch_cpu", "-ltorch"])
    return Compiled(folder / "adapters.so", ptx)


def _compile(source: Path) -> Path:
    # By nvcc, which knows where the CUDA runtime's header lies; it leaves C++ files to g++.
    include = [f"-I{STAND_IN}", *(f"-I{folder}" for folder in INCLUDE)]
    include += [f"-isystem={path}" for path in cpp_extension.include_paths()]
    command = ["nvcc", *_FLAGS, *include, "-c", str(source)]
    headers = [*(ROOT / "csrc").rglob("*.h"), *(ROOT / "cuda").glob("*.h"), *STAND_IN.rglob("*.h")]
    texts = [path.read_text() for path in (source, *sorted(headers))]
    folder = CACHE / hash_of([torch.__version__, *command, *texts])
    with cached(folder) as missing:
        if missing:
            _run([*command, "-o", str(folder / "unit.o")])
    return folder / "unit.o"


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")


class Adapters(Runtime):
    def __init__(self, compiled: Compiled, architecture: str, memory: Memory | None = None) -> None:
        torch.ops.load_library(str(compiled.library))  # registers the kernels
        super().__init__(compiled, architecture, memory)
        self._on_allocation = _OnAllocation(self._allocated)
        self._mapped: dict[int, int] = {}

    def call_op(self, op: Any, *arguments: Any, **options: Any) -> Any:
        """The op's kernel for the CUDA key, on tensors of the CPU."""
        for tensor in _tensors((arguments, options)):
            self._map(tensor.untyped_storage().data_ptr(), tensor.untyped_storage().nbytes(), True)
        keys = torch._C.DispatchKeySet(torch._C.DispatchKey.CUDA)
        self.library.standin_report_allocations(self._on_allocation)
        try:
            return self.call(partial(op.redispatch, keys, *arguments, **options))
        finally:
            self.library.standin_report_allocations(None)
            for address in self._mapped:
                self.memory.free(address)
            self._mapped.clear()

    def _allocated(self, address: int, size: int) -> None:
        self._map(address, size, False)

    def _map(self, address: int, size: int, initialised: bool) -> None:
        # What an adapter has freed may be given to it again.
        mapped = list(self._mapped.items())
        for start in [a for a, n in mapped if a < address + size and address < a + n]:
            if initialised:
                return  # two arguments of one storage
            self.memory.free(start)
            del self._mapped[start]
        if size:
            self.memory.map_host(address, size, initialised=initialised)
            self._mapped[address] = size


def _tensors(values: Any) -> Iterator[torch.Tensor]:
    if isinstance(values, torch.Tensor):
        yield values
    elif isinstance(values, dict):
        yield from _tensors(list(values.values()))
    elif isinstance(values, tuple | list):
        for value in values:
            yield from _tensors(value)


class SimulatedDevice(TorchDispatchMode):
    """While it is entered, every op of ours that the backend would get, also from autograd, goes to
    its CUDA kernel."""

    def __init__(self, adapters: Adapters) -> None:
        super().__init__()
        self.adapters = adapters
        self.ops: list[str] = []  # that were called

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if function.namespace != "act":
            return function(*args, **(kwargs or {}))
        self.ops.append(str(function))
        return self.adapters.call_op(function, *args, **(kwargs or {}))
