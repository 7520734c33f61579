"""Which torch a build takes, and what the wheel that comes of it says of that torch.

A library is bound to the torch release that it was built against: C++ has no stable interface
across releases. So a wheel requires that release, while the sources build against any that is new
enough. Imports no torch.
"""

from __future__ import annotations

from build_error import BuildError

MINIMUM = (2, 13)
FROM_SOURCES = f"torch>={MINIMUM[0]}.{MINIMUM[1]}"
NO_TORCH = (
    "torch-act is built against the torch that it will run with: here is none.\n"
    "Install one first: pip install torch==2.13.0"
)


def release(version: str) -> tuple[int, int]:
    """2.13.0+cpu and 2.13.1 are of one release, 2.13."""
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


def check(version: str) -> None:
    if release(version) < MINIMUM:
        raise BuildError(
            f"torch-act needs {FROM_SOURCES}, this environment has torch {version}. "
            "Upgrade it first: pip install --upgrade torch"
        )


def requirement(version: str) -> str:
    """Of a wheel that was built against this torch."""
    major, minor = release(version)
    return f"torch>={major}.{minor},<{major}.{minor + 1}"


def label(version: str, torch_cuda: str | None) -> str:
    """torch2.13.cpu or torch2.14.cu130: `torch_cuda` is None for the CPU kernels alone."""
    major, minor = release(version)
    device = "cpu" if torch_cuda is None else "cu" + torch_cuda.replace(".", "")
    return f"torch{major}.{minor}.{device}"
