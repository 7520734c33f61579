"""Which builder decodes which instruction: found by opcode and, where families differ, by type."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from ..errors import Unsupported
from ..operands import Operands, Step
from ..parser import Instruction, Kernel
from ..threads import Threads

Build: TypeAlias = Callable[[Operands], Step]

_BUILDERS: dict[tuple[str, str | None], Build] = {}


def opcode(*names: str, types: Iterable[str] | None = None) -> Callable[[Build], Build]:
    """Registers a builder for opcodes, of all types or of these."""

    def register(build: Build) -> Build:
        for name in names:
            for type_name in (None,) if types is None else types:
                _BUILDERS[name, type_name] = build
        return build

    return register


def decode(kernel: Kernel, instruction: Instruction) -> Step:
    """An instruction that isn't supported is an error when it is executed, not before: code that
    is never reached, such as the report of a failed assertion, does no harm."""
    operands = Operands(kernel, instruction)
    last = instruction.modifiers[-1] if instruction.modifiers else None
    build = _BUILDERS.get((instruction.opcode, last)) or _BUILDERS.get((instruction.opcode, None))
    try:
        if build is None:
            raise operands.unsupported()
        return build(operands)
    except Unsupported as error:
        message = str(error)

    def refuse(threads: Threads) -> int | None:
        raise Unsupported(message)

    return refuse
