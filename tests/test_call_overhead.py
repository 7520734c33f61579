"""A call on 64 elements executes no more instructions than torch's: function, module and op."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))

from instructions import counts
from instructions.calls import WAYS, overheads

# Of two runs on one machine: 0.2 % of a call at most, where the stack and the library lie.
NOISE = 0.003


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
    assert [str(call) for call in calls if call.ratio > 1 + NOISE] == []
