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


class Missing(pytest.Item):
    """What a test would be on a device that is not there: skipped, with the reason."""

    def __init__(self, *, reason, **keywords):
        super().__init__(**keywords)
        self.reason = reason

    def runtest(self):
        pytest.skip(self.reason)

    def reportinfo(self):
        return self.path, None, self.name


def _devices_of(item, devices):
    """The devices that a test can be asked to run on, or None where it asks for none."""
    if "device" in getattr(item, "fixturenames", ()):
        return devices
    if item.get_closest_marker("cuda"):
        return [device for device in devices if device.startswith("cuda")][:1]
    return None


def choose(items, devices):
    """The tests that run on `devices`: the others go, of the impossible ones one entry remains."""
    missing = {device: why_missing(device) for device in devices if why_missing(device)}
    chosen, entries = [], {}  # the same order in every process of pytest-xdist
    for item in items:
        wanted = _devices_of(item, devices)
        if wanted is None:  # a test of the CPU
            chosen += [item] if "cpu" in devices else []
            continue
        if item.get_closest_marker("cuda") is None or any(d not in missing for d in wanted):
            chosen.append(item)
        for device in [device for device in wanted if device in missing]:
            entries[item.function, device] = Missing.from_parent(
                item.parent, name=f"{item.originalname}[{device}]", reason=missing[device]
            )
    return chosen + list(entries.values())
