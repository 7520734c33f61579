"""The devices that the suite runs on, and why one of them is missing.

A test with an argument `device` runs on each device of `--devices`, by default on the CPU and on
CUDA. Where a device is missing, one skipped entry for each such test stands for all its cases.
"""

import pytest
import torch
import torch_act  # noqa: F401  (registers the operators)


def why_missing(device):
    """The reason for which nothing can run on `device` here; None where it can."""
    if not device.startswith("cuda"):
        return None
    if torch.version.cuda is None:
        return "torch is a CPU build"
    if not torch.cuda.is_available():
        return "no CUDA device is visible"
    if not torch._C._dispatch_has_kernel_for_dispatch_key("act::relu", "CUDA"):
        return "torch_act was built without CUDA"
    return None


def for_devices(item):
    """Whether a test is one of those that a device other than the CPU runs."""
    return "device" in getattr(item, "fixturenames", ()) or item.get_closest_marker("cuda")


class Missing(pytest.Item):
    """What a test would be on a device that is not there: skipped, with the reason."""

    def __init__(self, *, reason, **keywords):
        super().__init__(**keywords)
        self.reason = reason

    def runtest(self):
        pytest.skip(self.reason)

    def reportinfo(self):
        return self.path, None, self.name


def missing_tests(items, device):
    """One entry for each test function among `items` that takes a device."""
    reason, seen = why_missing(device), set()
    for item in items:
        function = getattr(item, "function", None)
        if "device" not in getattr(item, "fixturenames", ()) or function in seen:
            continue
        seen.add(function)
        yield Missing.from_parent(item.parent, name=f"{item.originalname}[{device}]", reason=reason)
