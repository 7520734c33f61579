"""The instructions that the kernels of each instruction set take, and of which kind they are."""
