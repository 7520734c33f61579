"""The devices that the suite runs on, and why one of them is missing.

A test with an argument `device` runs on each device of `--devices`, by default on the CPU and on
CUDA. Where a device is missing, one skipped entry for each such test stands for all its cases.
"""

import pytest
from torch_act.command_line import device as devices


def why_missing(device):
    """The reason for which nothing can run on `device` here; None where it can."""
    return None if device == "stand_in" else devices.why_missing(device)


def skip_stand_in(device, reason):
    """For what torch itself offers on the devices it knows alone."""
    if device == "stand_in":
        pytest.skip(reason)


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
