"""Calls compiled launchers; their launches run in the simulator.

runtime = Runtime(compile_launchers([unit]), "sm_80")
runtime.call(runtime.library.launch_gelu, ctypes.c_void_p(x), ...)
runtime.launches[-1].grid
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .compilation import Compiled
from .errors import PtxError
from .memory import Memory
from .parser import Kernel
from .simulator import Simulator
from .threads import Dim

_DEFAULT_SHARED = 48 * 1024
_SUCCESS, _INVALID_VALUE, _LAUNCH_FAILURE = 0, 1, 719


@dataclass(frozen=True)
class Launch:
    """What one <<<>>> asked for."""

    name: str  # mangled
    grid: Dim
    block: Dim
    dynamic_shared: int
    stream: int
    instructions: int  # executed, counting once what many threads did together


class _LaunchRecord(ctypes.Structure):
    """Launch in cudart.c."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("grid", ctypes.POINTER(ctypes.c_uint)),
        ("block", ctypes.POINTER(ctypes.c_uint)),
        ("arguments", ctypes.POINTER(ctypes.c_void_p)),
        ("dynamic_shared", ctypes.c_size_t),
        ("dynamic_shared_limit", ctypes.c_size_t),
        ("stream", ctypes.c_void_p),
    )


_OnLaunch = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_LaunchRecord))
_OnMemset = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t)
# The blocks of a grid that are to run: of (name, grid).
Blocks = Callable[[str, Dim], Iterable[int]]


class Runtime:
    def __init__(self, compiled: Compiled, architecture: str, memory: Memory | None = None) -> None:
        self.memory = Memory() if memory is None else memory
        self.library = ctypes.CDLL(str(compiled.library))
        self.library.standin_reset()
        self.launches: list[Launch] = []
        self.choose_blocks: Blocks | None = None
        self.check_blocks = True
        self._simulators: dict[str, Simulator] = {}
        for module in compiled.modules(architecture):
            simulator = Simulator(module, self.memory)
            self._simulators.update(dict.fromkeys(module.kernels, simulator))
        self._error: BaseException | None = None
        self._callbacks = _OnLaunch(self._on_launch), _OnMemset(self._on_memset)

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Calls a function of the library. What its kernels do wrong is raised here, after it has
        returned; what else it returns, such as a cudaError_t, is the caller's to look at."""
        self.library.standin_set_callbacks(*self._callbacks)
        try:
            return function(*arguments)
        finally:  # an op raises for a launch's cudaError_t, and would hide what the kernel did
            error, self._error = self._error, None
            if error is not None:
                raise error

    def _on_launch(self, pointer: Any) -> int:
        record = pointer.contents
        try:
            return self._launch(record)
        except BaseException as error:  # an exception can't pass through the C++ code
            self._error = self._error or error
            return _LAUNCH_FAILURE

    def _launch(self, record: _LaunchRecord) -> int:
        name = record.name.decode()
        grid, block = _dim(record.grid), _dim(record.block)
        if name not in self._simulators:
            raise PtxError(f"no PTX for kernel {name}")
        simulator = self._simulators[name]
        kernel = simulator.module.kernel(name)
        limit = record.dynamic_shared_limit
        if limit == _DEFAULT_SHARED:  # then static memory counts as well
            limit -= kernel.static_shared_bytes
        if record.dynamic_shared > limit:
            return _INVALID_VALUE
        blocks = None if self.choose_blocks is None else self.choose_blocks(name, grid)
        executed = simulator.launch(
            name,
            grid,
            block,
            _arguments(kernel, record.arguments),
            record.dynamic_shared,
            blocks=blocks,
            check_blocks=self.check_blocks,
        )
        stream = int(record.stream or 0)
        self.launches.append(Launch(name, grid, block, record.dynamic_shared, stream, executed))
        return _SUCCESS

    def _on_memset(self, address: int, value: int, size: int) -> int:
        try:
            self.memory.fill(address or 0, value & 0xFF, size)
        except PtxError as error:
            self._error = self._error or error
            return _INVALID_VALUE
        return _SUCCESS


def _dim(extent: Any) -> Dim:
    return extent[0], extent[1], extent[2]


def _arguments(kernel: Kernel, pointers: Any) -> list[bytes]:
    return [
        ctypes.string_at(pointers[index], parameter.size)
        for index, parameter in enumerate(kernel.parameters)
    ]
