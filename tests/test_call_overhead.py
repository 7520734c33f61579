"""A call on 64 elements executes no more instructions than torch's: function, module and op."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))

from instructions import calls_page, counts
from instructions.calls import WAYS, overheads


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
    assert [str(call) for call in calls if call.slower] == []


def test_page():
    found = [
        calls_page.Overhead("softmax module without grad", 1014, 1000),
        calls_page.Overhead("gelu-tanh op with grad", 1100, 1000),
    ]
    text = calls_page.page(found, {"torch": "2"})
    assert [call.slower for call in found] == [False, True]
    assert "- torch: 2\n" in text
    assert "| gelu-tanh |  |  |  |  |  | **1.100** |\n" in text
    assert "| softmax |  |  | **1.014** |  |  |  |\n" in text
    assert "- softmax module without grad: looks its temperature up" in text
    assert "- gelu-tanh op with grad: not known" in text
