"""PTX text to instructions.

A module is only indexed when it is opened: PTX of several MB holds hundreds of kernels, and a
launch wants one. A kernel's body is parsed when it is first asked for, and kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from .dtypes import DTYPES, U8, UNSIGNED, Array, DType, width
from .errors import PtxError


@dataclass(frozen=True)
class Register:
    slot: int
    type: str


@dataclass(frozen=True)
class Variable:
    """A parameter, or a variable in shared, local or global memory."""

    name: str
    type: str
    align: int
    size: int  # in bytes; 0 for an array whose size the launch gives
    offset: int = 0


@dataclass
class Instruction:
    text: str
    opcode: str
    modifiers: tuple[str, ...]
    operands: tuple[str, ...]
    guard: str | None  # the predicate register of "@%p1"
    negated: bool
    registers: dict[str, Register]  # what is declared where the instruction stands
    position: int  # in the kernel's code
    is_target: bool = False  # a branch leads here


@dataclass
class Kernel:
    name: str
    parameters: list[Variable]
    parameter_bytes: int
    code: list[Instruction] = field(default_factory=list)
    labels: dict[str, int] = field(default_factory=dict)
    branch_targets: dict[str, list[str]] = field(default_factory=dict)
    register_types: list[str] = field(default_factory=list)  # by slot
    shared: dict[str, Variable] = field(default_factory=dict)
    local: dict[str, Variable] = field(default_factory=dict)
    static_shared_bytes: int = 0
    dynamic_shared_offset: int = 0
    local_bytes: int = 0


_SHARED_GAP = 16
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
_FUNCTION = re.compile(r"^[^\n;{}]*\.(entry|func)\b", re.M)
_MODULE_VARIABLE = re.compile(
    r"^[ \t]*(?:\.(?:visible|weak|extern|common)\s+)*\.(global|const|shared)\b[^;]*;", re.M
)
_VARIABLE = re.compile(
    r"(?:\.align\s+(?P<align>\d+)\s+)?\.(?P<type>[bsuf]\d+)\s+(?P<name>[\w$%.]+)\s*"
    r"(?P<array>\[(?P<count>\d*)\])?"
)
_LABEL = re.compile(r"([\w$%]+)\s*:(?!:)")
_GUARD = re.compile(r"@(!?)([%\w$]+)\s+(.*)", re.S)
_REGISTERS = re.compile(r"\.reg\s*\.(\w+)\s+(.*)", re.S)
_POINTER = re.compile(r"\.ptr(\s*\.\w+)?(\s*\.align\s+\d+)?")


def _variable(text: str) -> Variable:
    match = _VARIABLE.search(text)
    if match is None:
        raise PtxError(f"not a declaration: {text}")
    size = width(DTYPES[match["type"]])
    count = 1 if match["array"] is None else int(match["count"] or 0)
    align = max(int(match["align"] or 1), size)
    return Variable(match["name"], match["type"], align, size * count)


def _lay_out(variables: list[Variable], gap: int = 0) -> tuple[list[Variable], int]:
    """The variables one behind another, each aligned; and where the last one ends."""
    placed: list[Variable] = []
    start = 0
    for variable in variables:
        start += gap if placed else 0
        start = -(-start // variable.align) * variable.align
        placed.append(Variable(variable.name, variable.type, variable.align, variable.size, start))
        start += variable.size
    return placed, start


def split_operands(text: str) -> tuple[str, ...]:
    """At commas, but not at those within {}, [] and ()."""
    if not text:
        return ()
    if not any(bracket in text for bracket in "{[("):
        return tuple(part.strip() for part in text.split(","))
    operands, depth, start = [], 0, 0
    for position, character in enumerate(text):
        if character in "{[(":
            depth += 1
        elif character in "}])":
            depth -= 1
        elif character == "," and depth == 0:
            operands.append(text[start:position].strip())
            start = position + 1
    operands.append(text[start:].strip())
    return tuple(operands)


class Module:
    """One PTX file. Function bodies end with a brace in the first column, as nvcc writes them."""

    def __init__(self, text: str) -> None:
        self._text = _COMMENT.sub("", text)
        self._entries: dict[str, tuple[int, int]] = {}
        self._kernels: dict[str, Kernel] = {}
        self.constants: dict[str, tuple[Variable, Array, bool]] = {}
        self.shared: list[Variable] = []
        outside, last = [], 0
        for match in _FUNCTION.finditer(self._text):
            if match.start() < last:
                continue
            brace = self._text.find("{", match.end())
            semicolon = self._text.find(";", match.end())
            if brace < 0 or 0 <= semicolon < brace:  # a declaration only
                continue
            end = self._text.find("\n}", brace)
            if match[1] == "entry":
                name = re.compile(r"\s*([\w$]+)").match(self._text, match.end())
                assert name is not None
                self._entries[name[1]] = (name.end(), end)
            outside.append(self._text[last : match.start()])
            last = end + 2
        outside.append(self._text[last:])
        for match in _MODULE_VARIABLE.finditer("\n".join(outside)):
            self._declare(match[0].rstrip(";"), match[1])

    @property
    def kernels(self) -> list[str]:
        return list(self._entries)

    def kernel(self, name: str) -> Kernel:
        if name not in self._kernels:
            if name not in self._entries:
                raise PtxError(f"no kernel {name} in this PTX")
            self._kernels[name] = self._parse(name, *self._entries[name])
        return self._kernels[name]

    def _declare(self, text: str, space: str) -> None:
        declaration, _, initial = text.partition("=")
        variable = _variable(declaration)
        if space == "shared":
            self.shared.append(variable)
            return
        values = np.zeros(variable.size, U8)
        if initial:
            dtype = UNSIGNED[width(DTYPES[variable.type])]
            numbers = [number.strip() for number in initial.strip().strip("{}").split(",")]
            given = np.concatenate([immediate(number, dtype) for number in numbers])
            values[: given.nbytes] = given.view(U8)
        self.constants[variable.name] = (variable, values, space == "const")

    def _parse(self, name: str, start: int, end: int) -> Kernel:
        brace = self._text.index("{", start)
        head, body = self._text[start:brace], self._text[brace + 1 : end]
        inside = re.search(r"\((.*?)\)", head, re.S)
        declared = inside[1].split(",") if inside and inside[1].strip() else []
        parameters, size = _lay_out([_variable(_POINTER.sub("", text)) for text in declared])
        kernel = Kernel(name, parameters, size)
        shared, local = _Body(kernel).parse(body)
        fixed = [v for v in self.shared if v.size] + shared
        _, kernel.static_shared_bytes = _lay_out(fixed)
        # What lies between the variables isn't to be accessed, as between regions of global memory.
        placed, end = _lay_out(fixed, _SHARED_GAP)
        dynamic = [v for v in self.shared if not v.size]
        align = max((v.align for v in dynamic), default=1)
        kernel.dynamic_shared_offset = -(-(end + _SHARED_GAP) // align) * align
        placed += [
            Variable(v.name, v.type, v.align, 0, kernel.dynamic_shared_offset) for v in dynamic
        ]
        kernel.shared = {v.name: v for v in placed}
        placed, size = _lay_out(local)
        kernel.local, kernel.local_bytes = {v.name: v for v in placed}, -(-size // 16) * 16
        return kernel


class _Body:
    """Goes through a kernel's statements. Registers live in the braces they are declared in."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.scopes: list[dict[str, Register]] = [{}]
        self.shared: list[Variable] = []
        self.local: list[Variable] = []

    def parse(self, body: str) -> tuple[list[Variable], list[Variable]]:
        for statement in body.split(";"):
            self.statement(statement.strip())
        for position in self.kernel.labels.values():
            if position < len(self.kernel.code):
                self.kernel.code[position].is_target = True
        return self.shared, self.local

    def statement(self, text: str) -> None:
        label = ""
        while text:
            if text[0] == "{":
                self.scopes.append(dict(self.scopes[-1]))
            elif text[0] == "}":
                self.scopes.pop()
            else:
                match = None if text[0] in ".@" else _LABEL.match(text)
                if match is None:
                    break
                label = match[1]
                self.kernel.labels[label] = len(self.kernel.code)
                text = text[match.end() :].lstrip()
                continue
            text = text[1:].lstrip()
        if text.startswith("."):
            self.directive(text, label)
        elif text:
            self.instruction(" ".join(text.split()))

    def directive(self, text: str, label: str) -> None:
        if text.startswith(".reg"):
            match = _REGISTERS.match(text)
            assert match is not None
            for declared in match[2].split(","):
                name, _, count = declared.strip().rstrip(">").partition("<")
                for register in [f"{name}{i}" for i in range(int(count))] if count else [name]:
                    slot = len(self.kernel.register_types)
                    self.kernel.register_types.append(match[1])
                    self.scopes[-1][register] = Register(slot, match[1])
        elif text.startswith(".shared"):
            self.shared.append(_variable(text))
        elif text.startswith(".local"):
            self.local.append(_variable(text))
        elif text.startswith(".branchtargets"):
            self.kernel.branch_targets[label] = list(
                split_operands(text.removeprefix(".branchtargets").strip())
            )
        # .loc, .pragma, .file and the like say nothing about what is computed

    def instruction(self, text: str) -> None:
        match = _GUARD.match(text)
        guard, negated, rest = (
            (match[2], match[1] == "!", match[3]) if match else (None, False, text)
        )
        name, _, operands = rest.partition(" ")
        opcode, *modifiers = name.split(".")
        self.kernel.code.append(
            Instruction(
                text,
                opcode,
                tuple(modifiers),
                split_operands(operands.strip()),
                guard,
                negated,
                self.scopes[-1],
                len(self.kernel.code),
            )
        )


def immediate(text: str, dtype: DType) -> Array:
    """A number as PTX writes it, as one element of the given type."""
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    for prefix, size in (("0f", 4), ("0d", 8)):
        if digits[:2].lower() == prefix and len(digits) == 2 + 2 * size:
            bits = np.array([int(digits[2:], 16)], UNSIGNED[size])
            value = bits if sign > 0 else bits ^ UNSIGNED[size](1 << (8 * size - 1))
            return value.view(dtype) if width(dtype) == size else value
    digits = digits.rstrip("U")
    octal = len(digits) > 1 and digits[0] == "0" and digits.isdigit()
    try:
        number = sign * int(digits, 8 if octal else 0)
    except ValueError:
        raise PtxError(f"not a number: {text}") from None
    kind = np.dtype(dtype).kind
    if kind in "fb":
        return np.array([number], dtype)
    size = width(dtype)
    return np.array([number & ((1 << 8 * size) - 1)], UNSIGNED[size]).view(dtype)
