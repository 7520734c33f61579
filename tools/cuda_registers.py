"""Prints the table of registers in docs/cuda.md: the most that a kernel of each unit has."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from test_cuda_resources import ASSEMBLED_FOR, UNITS, assembled


def main():
    print(f"| unit | kernels | {' | '.join(ASSEMBLED_FOR)} | spilled |")
    print(f"|---|---:|{'---:|' * len(ASSEMBLED_FOR)}---:|")
    for unit in UNITS:
        of_each = [assembled(unit, architecture)[0] for architecture in ASSEMBLED_FOR]
        if of_each[0]:
            most = [str(max(kernel.registers for kernel in kernels)) for kernels in of_each]
            spilled = sum(kernel.spilled for kernels in of_each for kernel in kernels)
            cells = [unit.stem, str(len(of_each[0])), *most, f"{spilled}"]
            print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
