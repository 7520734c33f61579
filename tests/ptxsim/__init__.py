"""Runs nvcc's PTX on the CPU, to prove CUDA kernels on a machine without a GPU.

    memory = Memory()
    x, y = memory.upload(values), memory.empty(n, np.float32)
    Simulator(Module(ptx), memory).launch("kernel", grid, block, [x, y, n])
    result = memory.download(y, n, np.float32)

It runs what the compiler emitted, each instruction with the hardware's bits: fused multiply-add,
division and square root rounded once, subnormals, NaN made canonical where float32 arithmetic makes
it, saturating conversions, shifts beyond the width. All threads of a batch of blocks go through an
instruction together, as numpy arrays, so that a launch of some thousand threads takes milliseconds.

What it sees:
- wrong numbers, whatever their cause;
- accesses out of bounds (between any two regions lies a gap), misaligned vectors, writes to
  read-only memory, reads of global, shared or local memory that was never written;
- races in shared memory, between warps and within one; two threads of a launch that access one
  byte of global memory, one of them to write, without a barrier between them, or at all if their
  blocks differ;
- barriers that not all threads of a block come to, lanes that a warp waits for in vain;
- addresses beyond 2^31 elements, without that memory (Memory.reserve);
- the launchers themselves, compiled: `runtime` stands in for libcudart and hands over each <<<>>>;
- the adapters before them, from torch's op on: `adapters` gives them tensors of the CPU.

What it does not see: anything that ptxas decides (registers, spills, its own mistakes), speed, two
launches that overlap, blocks that wait for each other, memory ordering weaker than one instruction
after another, and whether a race that it reports would ever happen. Approximate instructions
(ex2.approx and the like) are refused: their bits are the hardware's own. So are calls of functions
that weren't inlined, tensor cores, textures and clusters. An instruction that isn't supported is an
error that names it, when it is executed.

Files: `parser` text to instructions; `threads` the state; `scheduler` control flow; `operands` and
`opcodes/` what instructions do; `rounding` float arithmetic; `memory`, `shared`, `conflicts` the
memories and their checks; `simulator` launches; `compilation` nvcc and its cache; `runtime` and
`cudart.c` the compiled launchers; `adapters` and `torch_stand_in/` torch's ops on top of them;
`assembly` and `kernels/` what the simulator's own tests run.
"""

from .dtypes import Array
from .errors import Deadlock, MemoryFault, PtxError, Race, Unsupported
from .memory import Memory
from .parser import Module
from .simulator import Simulator

__all__ = [
    "Array",
    "Deadlock",
    "Memory",
    "MemoryFault",
    "Module",
    "PtxError",
    "Race",
    "Simulator",
    "Unsupported",
]
