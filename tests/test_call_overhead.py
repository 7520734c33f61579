"""A call on 64 elements executes no more instructions than torch's: function, module and op."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))

from instructions import counts
from instructions.calls import WAYS, overheads

# Two runs differ by 0.2 % of a call at most, by where the stack and the libraries lie.
NOISE = 0.005

# The bound is missed by so much, and why.
MISSED = {
    "softmax module without grad": (
        0.015,
        "looks its temperature up, which modules are slow at",
    ),
}


# One test for all ways, so that one process measures.
def test_no_slower_than_torch(measured):
    if reason := counts.why_not():
        pytest.skip(f"cannot count: {reason}")
    if shutil.which("g++") is None:
        pytest.skip("compiles what starts and stops the count: no g++")
    calls = overheads()
    for way in WAYS:
        own = [call for call in calls if f" {way} " in call.call]
        assert len(own) >= 2 * (20 if way == "op" else 28)
        for call in own:
            measured(f"instructions of a call by those of torch's, {way}", call.call, call.ratio)
    slower = _slower(calls)
    # On a busy machine a run has been seen in which the modules' calls, torch's too, took 4 % more.
    assert not slower or not slower & _slower(overheads())


def _slower(calls):
    return {call.call for call in calls if call.ratio > 1 + MISSED.get(call.call, (0,))[0] + NOISE}
