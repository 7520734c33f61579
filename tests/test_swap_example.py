"""examples/swap_vit.py runs, where transformers is there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def test_swap_vit():
    pytest.importorskip("transformers")
    example = Path(__file__).parents[1] / "examples" / "swap_vit.py"
    run = subprocess.run(
        [sys.executable, example], capture_output=True, text=True, timeout=300, env=os.environ
    )
    assert run.returncode == 0, run.stderr
    assert "3 exchanged, 0 left" in run.stdout
    assert run.stdout.splitlines()[-1] == "exported with 3 gelu nodes"
