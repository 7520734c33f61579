"""Where a measurement or a test can run: the CPU, or a CUDA device that is there."""

import torch

import torch_act  # noqa: F401  (registers the operators)


def why_missing(device: str) -> str | None:
    """The reason for which our kernels cannot run on `device` here; None where they can."""
    if torch.device(device).type != "cuda":
        return None
    if torch.version.cuda is None:
        return "torch is a CPU build"
    if not torch.cuda.is_available():
        return "no CUDA device is visible"
    if (torch.device(device).index or 0) >= torch.cuda.device_count():
        return f"there is no {device}: {torch.cuda.device_count()} visible"
    if not torch._C._dispatch_has_kernel_for_dispatch_key("act::relu", "CUDA"):
        return "torch_act was built without CUDA"
    return None


def describe(device: str = "cuda") -> str:
    """The CUDA device in words, or why there is none."""
    if not torch.cuda.is_available():
        return f"none: {why_missing(device)}"
    properties = torch.cuda.get_device_properties(torch.device(device))
    words = (
        f"{properties.name}, compute capability {properties.major}.{properties.minor}, "
        f"{properties.multi_processor_count} multiprocessors, "
        f"{properties.total_memory / 2**30:.0f} GiB"
    )
    reason = why_missing(device)
    return f"{words}; not used: {reason}" if reason else words
