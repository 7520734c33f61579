"""A call on 64 elements executes no more instructions than torch's: function, module and op."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))

from instructions import counts
from instructions.calls import WAYS, overheads

# Where the allocator finds its memory and which strings collide differs from run to run.
NOISE = 0.015

# The bound is missed by so much, and why.
MISSED = {
    # Of the function without gradient; measured 18 %, of log_softmax 8 %.
    "softmax": (0.20, "the largest element and the sum of each row are kept apart, for accuracy"),
    "log_softmax": (0.10, "as softmax"),
}


@pytest.fixture(scope="module")
def measured_calls():
    if reason := counts.why_not():
        pytest.skip(f"cannot count: {reason}")
    if shutil.which("g++") is None:
        pytest.skip("compiles what starts and stops the count: no g++")
    return overheads()


@pytest.mark.parametrize("way", WAYS)
def test_no_slower_than_torch(way, measured_calls, measured):
    own = [call for call in measured_calls if f" {way} " in call.call]
    assert len(own) >= 2 * (20 if way == "op" else 28)
    for call in own:
        measured(f"instructions of a call by those of torch's, {way}", call.call, call.ratio)
    slower = [
        str(call)
        for call in own
        if call.ratio > 1 + MISSED.get(call.call.split()[0], (0, ""))[0] + NOISE
    ]
    assert slower == []
