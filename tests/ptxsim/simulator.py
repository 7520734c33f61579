"""Launches: a kernel of a module, over a grid, in batches of blocks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .conflicts import AccessLog
from .dtypes import DTYPES, U8, Array
from .errors import PtxError
from .memory import Memory
from .opcodes import decode
from .parser import Kernel, Module, Variable
from .scheduler import Program, run
from .threads import Dim, Grid, Threads

_INSTRUCTION_LIMIT = 20_000_000


@dataclass
class Limits:
    """What a launch may ask for: an H100's."""

    threads: int = 1024
    grid: Dim = (2**31 - 1, 65535, 65535)
    block: Dim = (1024, 1024, 64)
    shared: int = 227 * 1024


@dataclass
class Simulator:
    """Runs the kernels of one PTX module on a memory. Decoded kernels are kept in the module."""

    module: Module
    memory: Memory
    batch: int = 8192  # threads that run at once: what the caches hold
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        self._addresses = {
            name: self.memory.upload(values, writable=not constant)
            for name, (_, values, constant) in self.module.constants.items()
        }

    def launch(
        self,
        name: str,
        grid: int | Sequence[int],
        block: int | Sequence[int],
        arguments: Sequence[Any],
        dynamic_shared: int = 0,
        *,
        blocks: Iterable[int] | None = None,
        check_blocks: bool = True,
    ) -> int:
        """Runs a kernel and returns the number of instructions that were executed, counting once
        what many threads did together.

        An argument is a number, a numpy scalar or array, or the bytes of what the kernel takes.
        `blocks` picks the blocks to run, by linear index, of a grid too large to run whole.
        `check_blocks=False` permits blocks to communicate through global memory.
        """
        kernel = self.module.kernel(name)
        shape = self._checked(kernel, _dim(grid), _dim(block), dynamic_shared)
        log = AccessLog() if check_blocks else None
        parameters = pack_parameters(kernel, arguments)
        launch = Grid(kernel, *shape, parameters, dynamic_shared, self.memory, self._addresses, log)
        threads = int(np.prod(shape[1]))
        total = int(np.prod(shape[0], dtype=np.int64))
        chosen = range(total) if blocks is None else sorted(set(blocks))
        at_once = max(1, self.batch // (-(-threads // 32) * 32))
        program, executed = _program(kernel), 0
        with np.errstate(all="ignore"):
            for start in range(0, len(chosen), at_once):
                part = np.array(chosen[start : start + at_once], np.int64)
                executed += run(program, Threads(launch, part), _INSTRUCTION_LIMIT)
            if log is not None:
                log.check()
        return executed

    def _checked(self, kernel: Kernel, grid: Dim, block: Dim, dynamic: int) -> tuple[Dim, Dim]:
        limits = self.limits
        fits = all(1 <= x <= most for x, most in zip(grid, limits.grid, strict=True))
        fits &= all(1 <= x <= most for x, most in zip(block, limits.block, strict=True))
        if not fits or np.prod(block) > limits.threads:
            raise PtxError(f"{kernel.name}: invalid configuration, grid {grid}, block {block}")
        if kernel.static_shared_bytes + dynamic > limits.shared:
            raise PtxError(f"{kernel.name}: {dynamic} bytes of dynamic shared memory are too many")
        return grid, block


def _dim(extent: int | Sequence[int]) -> Dim:
    x, y, z = (*([extent] if isinstance(extent, int) else extent), 1, 1)[:3]
    return int(x), int(y), int(z)


_PROGRAMS: dict[int, Program] = {}


def _program(kernel: Kernel) -> Program:
    # By identity; the program holds the kernel, so that no other can take its place.
    if id(kernel) not in _PROGRAMS:
        steps = [decode(kernel, instruction) for instruction in kernel.code]
        _PROGRAMS[id(kernel)] = Program(kernel, steps)
    return _PROGRAMS[id(kernel)]


def pack_parameters(kernel: Kernel, arguments: Sequence[Any]) -> Array:
    """The parameters as they lie in parameter memory."""
    if len(arguments) != len(kernel.parameters):
        raise PtxError(
            f"{kernel.name} takes {len(kernel.parameters)} parameters, not {len(arguments)}"
        )
    packed = np.zeros(-(-kernel.parameter_bytes // 16) * 16, U8)
    for argument, parameter in zip(arguments, kernel.parameters, strict=True):
        raw = _bytes_of(argument, parameter)
        if raw.size != parameter.size:
            raise PtxError(f"{parameter.name} has {parameter.size} bytes, not {raw.size}")
        packed[parameter.offset : parameter.offset + raw.size] = raw
    return packed


def _bytes_of(argument: Any, parameter: Variable) -> Array:
    if isinstance(argument, bytes):
        return np.frombuffer(argument, U8)
    if isinstance(argument, np.generic | np.ndarray):
        return np.atleast_1d(argument).reshape(-1).view(U8)
    if isinstance(argument, float):
        return np.array([argument], DTYPES[parameter.type]).view(U8)
    number = int(argument) & ((1 << 8 * parameter.size) - 1)
    return np.frombuffer(number.to_bytes(parameter.size, "little"), U8)
