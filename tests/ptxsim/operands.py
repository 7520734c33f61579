"""From an instruction's text to functions that read its sources and write its destinations.

Decoding happens once for each instruction of a kernel; what it returns takes the threads.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from .dtypes import DTYPES, U64, Array, DType, as_bits, unsigned, width
from .errors import Unsupported
from .parser import Instruction, Kernel, immediate
from .threads import SHARED_BASE, Threads

Read: TypeAlias = Callable[[Threads], Array]
Write: TypeAlias = Callable[[Threads, Array], None]
# What an instruction does. The result is where the active threads go on: None, at the next one;
# a number, there; PARKED, each where its `position` says, if its `state` lets it.
Step: TypeAlias = Callable[[Threads], "int | None"]
PARKED = -1

_ADDRESS = re.compile(r"([%\w$.]+?)\s*(?:\+\s*(-?\w+))?")
_GENERIC_SYMBOL = re.compile(r"generic\(([\w$]+)\)")


class Operands:
    """The operands of one instruction."""

    def __init__(self, kernel: Kernel, instruction: Instruction) -> None:
        self.kernel, self.instruction = kernel, instruction
        self.text = instruction.text
        self.modifiers, self.texts = instruction.modifiers, instruction.operands

    @property
    def type(self) -> str:
        """The last modifier, which for most instructions is the type of what they compute."""
        return self.modifiers[-1]

    @property
    def dtype(self) -> DType:
        return DTYPES[self.type]

    def has(self, modifier: str) -> bool:
        return modifier in self.modifiers

    def one_of(self, *modifiers: str, default: str | None = None) -> str:
        """The one of these modifiers that the instruction has."""
        for modifier in self.modifiers:
            if modifier in modifiers:
                return modifier
        if default is None:
            raise self.unsupported()
        return default

    def only(self, *modifiers: str) -> None:
        """Refuses the instruction if it has a modifier besides these and its types."""
        for modifier in self.modifiers:
            if modifier not in modifiers and modifier not in DTYPES:
                raise self.unsupported()

    def unsupported(self) -> Unsupported:
        name = ".".join((self.instruction.opcode, *self.modifiers))
        return Unsupported(f"{name} is not supported: {self.text}")

    def source(self, index: int, dtype: DType) -> Read:
        return self.read(self.texts[index], dtype)

    def destination(self, index: int = 0) -> Write:
        return self.write(self.texts[index])

    def parts(self, index: int) -> list[str]:
        """The operands within braces, or the one that stands alone."""
        return [part.strip() for part in self.texts[index].strip("{}").split(",")]

    def read(self, text: str, dtype: DType) -> Read:
        if text.startswith("!"):
            inverted = self.read(text[1:], dtype)
            return lambda threads: ~inverted(threads)
        register = self.instruction.registers.get(text)
        if register is not None:
            return _read_register(register.slot, register.type, dtype)
        if text.startswith("%") or text == "WARP_SZ":
            return self._read_special(text, dtype)
        symbol = self._symbol(text, dtype)
        if symbol is not None:
            return symbol
        value = immediate(text, dtype)
        if value.dtype != dtype:
            value = as_bits(value, unsigned(dtype)).view(dtype)
        return lambda threads: value

    def write(self, text: str) -> Write:
        if text == "_":
            return lambda threads, values: None
        register = self.instruction.registers.get(text)
        if register is None:
            raise Unsupported(f"{text} is not a register: {self.text}")
        slot = register.slot
        if register.type == "pred":
            return lambda threads, values: threads.write(slot, values)
        stored = unsigned(DTYPES[register.type])
        size = width(stored)

        def write(threads: Threads, values: Array) -> None:
            values = values.view(stored) if values.itemsize == size else as_bits(values, stored)
            threads.write(slot, values)

        return write

    def address(self, index: int) -> Read:
        """[register + offset], [symbol + offset] or [number], as 64-bit addresses."""
        match = _ADDRESS.fullmatch(self.texts[index].strip("[]").strip())
        if match is None:
            raise self.unsupported()
        base, offset = match[1], int(match[2] or "0", 0)
        register = self.instruction.registers.get(base)
        if register is None:
            start = self._symbol(base, U64) or self.read(base, U64)
        else:
            start = _read_register(register.slot, register.type, U64)
        if not offset:
            return start
        distance = U64(offset & (2**64 - 1))
        return lambda threads: start(threads) + distance

    def _read_special(self, text: str, dtype: DType) -> Read:
        size = width(dtype)

        def read(threads: Threads) -> Array:
            values = threads.special[text]
            if values.size != 1 and threads.active is not None:
                values = values.take(threads.active)
            return values.view(dtype) if values.itemsize == size else values.astype(dtype)

        if not re.fullmatch(
            r"%n?(tid|ctaid)\.[xyz]|%(laneid|warpid|lanemask_\w\w|clock|clock64|clock_hi|globaltimer"
            r"|dynamic_smem_size|total_smem_size)|WARP_SZ",
            text,
        ):
            raise Unsupported(f"{text} is not supported: {self.text}")
        return read

    def _symbol(self, text: str, dtype: DType) -> Read | None:
        generic = _GENERIC_SYMBOL.fullmatch(text)
        name, _, offset = (generic[1] if generic else text).partition("+")
        name, distance = name.strip(), int(offset or "0", 0)
        kernel = self.kernel
        address: int | None = None
        if name in kernel.shared:
            address = SHARED_BASE + kernel.shared[name].offset
        elif name in kernel.local:
            address = kernel.local[name].offset
        else:
            for parameter in kernel.parameters:
                if parameter.name == name:
                    address = parameter.offset
        if address is not None:
            value = np.array([address + distance], unsigned(dtype)).view(dtype)
            return lambda threads: value
        if re.fullmatch(r"[A-Za-z_$][\w$]*", name):

            def of_module(threads: Threads) -> Array:
                if name not in threads.grid.addresses:
                    raise Unsupported(f"{name} is not declared: {self.text}")
                return np.array([threads.grid.addresses[name] + distance], U64).view(dtype)

            return of_module
        return None


def _read_register(slot: int, declared: str, dtype: DType) -> Read:
    if declared == "pred" or dtype is np.bool_:
        return lambda threads: threads.read(slot)
    size = width(dtype)
    if width(DTYPES[declared]) == size:
        return lambda threads: threads.read(slot).view(dtype)
    bits = unsigned(dtype)
    return lambda threads: threads.read(slot).astype(bits).view(dtype)


def elementwise(
    operands: Operands, function: Callable[..., Array], dtype: DType | None = None
) -> Step:
    """destination = function(sources), all sources of one type."""
    dtype = operands.dtype if dtype is None else dtype
    write = operands.destination()
    sources = [operands.source(index, dtype) for index in range(1, len(operands.texts))]
    if len(sources) == 1:
        (only,) = sources
        return lambda threads: write(threads, function(only(threads)))
    if len(sources) == 2:
        first, second = sources
        return lambda threads: write(threads, function(first(threads), second(threads)))
    first, second, third = sources
    return lambda threads: write(threads, function(first(threads), second(threads), third(threads)))
