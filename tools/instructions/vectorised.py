"""Whether the loops are vectorised: what each executed, instruction by instruction.

A call on so few elements that every loop of the kernel is stepped through, but so many that an
instruction of a loop's body is executed several times, and one beside the loops is not. What the
instructions are is read from the disassembly. In a loop there must be vectors of the full width,
no arithmetic on single numbers, and no call out of the kernels.
"""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from instructions.program import build

IN_A_LOOP = 8  # executions; main.cpp takes elements for as many iterations of the widest vectors

REGISTERS = {"avx2": "%ymm", "avx512": "%zmm"}

# On one number in a vector register, on the x87 stack, or a multiplication or division of integers.
SCALAR = re.compile(
    r"v?(add|sub|mul|div|sqrt|min|max|fn?m(add|sub)\d+|rcp\d*|rsqrt\d*|cmp\w*|u?comi|round|rndscale"
    r"|scalef|getexp|getmant|cvt\w*)(ss|sd)"
    r"|v?cvtt?s[sd]2\w+|v?cvtu?si2\w+|f(add|sub|mul|div|sqrt)\w*|i?(mul|div)[lqw]?"
)

# What is executed for each row, not for each element, and shows because rows are short here.
EXCEPTIONS = {
    re.compile(r"(log_)?soft(max|min)/value/float(32|64)"): (
        "the maxima and sums of a row's vector lanes are joined, one lane after the other"
    ),
    re.compile(r"log_softmax/value dim 0/float(32|64)"): (
        "each row's sum is compared once with the bound above which its logarithm is small"
    ),
}

INSTRUCTION = re.compile(r"\s+([0-9a-f]+):\t(\S+)\s*(.*)")


@dataclass
class Cell:
    """What the loops of one kernel executed."""

    name: str
    instructions: list[str] = field(default_factory=list)
    outside: int = 0  # executed in another library

    @property
    def instruction_set(self) -> str:
        return self.name.partition("/")[0]

    @property
    def exception(self) -> str | None:
        rest = self.name.partition("/")[2].replace(", streamed", "")
        return next((why for what, why in EXCEPTIONS.items() if what.fullmatch(rest)), None)

    def faults(self) -> Iterator[str]:
        """In words, what is wrong with the loops."""
        register = REGISTERS[self.instruction_set]
        if not any(register in instruction for instruction in self.instructions):
            yield f"no {register} register"
        for instruction in self.instructions:
            mnemonic = instruction.split()[0]
            if SCALAR.fullmatch(mnemonic) and not self.exception:
                yield f"scalar: {instruction}"
            if mnemonic.startswith("call"):
                yield f"a call: {instruction}"
        if self.outside:
            yield f"{self.outside} instructions of another library"


def cells(program: Path | None = None) -> list[Cell]:
    """Of every instruction set that the processor has, but for the baseline.

    SSE2 has no fused multiply-add, so that each one there is a call of the C library.
    """
    program = program or build()
    disassembly = _disassembly(program)
    done = subprocess.run([str(program), "step"], capture_output=True, text=True, check=True)
    found: list[Cell] = []
    for line in done.stdout.splitlines():
        if "/" in line:
            found.append(Cell(line))
            continue
        address, times = int(line.split()[0], 16), int(line.split()[1])
        if times < IN_A_LOOP:
            continue
        if address in disassembly:
            found[-1].instructions.append(disassembly[address])
        else:
            found[-1].outside += times
    return found


def _disassembly(program: Path) -> dict[int, str]:
    """The instruction at each address."""
    shown = subprocess.run(
        ["objdump", "--disassemble", "--no-show-raw-insn", str(program)],
        capture_output=True,
        text=True,
        check=True,
    )
    matches = map(INSTRUCTION.match, shown.stdout.splitlines())
    return {int(match[1], 16): f"{match[2]} {match[3]}".strip() for match in matches if match}
