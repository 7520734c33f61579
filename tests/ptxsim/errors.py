"""What can be wrong with a kernel: one exception for each kind of finding."""


class PtxError(RuntimeError):
    """Anything the simulator objects to."""


class Unsupported(PtxError):
    """An instruction, a modifier or an operand that the simulator doesn't know."""


class MemoryFault(PtxError):
    """An access out of bounds, misaligned, to read-only memory or of bytes never written."""


class Race(PtxError):
    """Two threads reach one address, at least one of them to write, with nothing between them."""


class Deadlock(PtxError):
    """Threads wait for others that never come."""
