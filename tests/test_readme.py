"""The README's Python, block after block in one process, as somebody would paste it."""

import re
import subprocess
import sys
from pathlib import Path

import torch

README = Path(__file__).resolve().parents[1] / "README.md"


def test_the_blocks_run():
    blocks = re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.M | re.S)
    assert len(blocks) >= 4
    torch.manual_seed(0)
    scope: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(README), "exec"), scope)


def test_the_command_of_the_installation_runs():
    (code,) = re.findall(r'^python -c "(.*)"$', README.read_text(), re.M)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert re.fullmatch(r"tensor\(\[.*\]\)\n", run.stdout)
