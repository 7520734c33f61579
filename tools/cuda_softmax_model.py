"""Prints the paper model of the CUDA softmax kernels in docs/cuda.md, for which no GPU is needed.

The instructions are those of the PTX, counted while the simulator of tests/ptxsim runs full blocks.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import torch
from cuda_roofline import shares
from softmax_launchers import launchers

SIZES = (8, 32, 128, 1024, 16384, 131072)
ROWS = {8: 128, 32: 32, 128: 32, 1024: 4, 16384: 1, 131072: 1}


def instructions(device, backward, member, dtype, size):
    """PTX instructions for each element."""
    x = torch.randn(ROWS[size], size).to(dtype)
    if backward:
        device.backward(member, torch.empty_like(x), x, x, 1)
    else:
        device.forward(member, torch.empty_like(x), x, 1)
    launch = device.runtime.launches[-1]
    threads = launch.block[0] * launch.block[1] * launch.block[2] * launch.grid[0]
    return launch.instructions * threads / x.numel()


def main():
    device = launchers("sm_90")
    print("| kernel | dtype | row | bytes | instructions | share of H100 / H200 |")
    print("|---|---|---:|---:|---:|---:|")
    for member, backward in (("softmax", False), ("log_softmax", False), ("softmax", True)):
        for dtype in (torch.float32, torch.bfloat16):
            for size in SIZES:
                accesses = (5 if backward else 3) if size > 16384 else (3 if backward else 2)
                moved = dtype.itemsize * accesses
                count = instructions(device, backward, member, dtype, size)
                kernel = f"{member}{'_backward' if backward else ''}"
                dtype_name = str(dtype).removeprefix("torch.")
                cells = f"{kernel} | {dtype_name} | {size} | {moved} | {count:.0f}"
                print(f"| {cells} | {shares(moved, count)} |")


if __name__ == "__main__":
    main()
