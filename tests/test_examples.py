"""Every script in examples/ runs as it stands, and ends with what it says it shows."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))

# The last line that each prints; of one that is not here, that it runs.
LAST = {
    "compile": r"fused: at most \d\.\de-\d\d from eager",
    "export": r"without torch_act: aten\.gelu\.default",
    "serve": r"ONNX, swapped and unswapped alike: Gelu, Gelu, Tanh",
    "swap_models": r"each gives what it gave before, to the bit, once ours are taken out again",
    "swap_vit": r"exported with 3 gelu nodes",
    "train": r"torch's modules compute the same with the weights that ours have learned",
}
NEEDS = {
    "serve": ("transformers", "onnxruntime", "onnxscript"),
    "swap_models": ("transformers",),
    "swap_vit": ("transformers",),
}


def test_the_table_names_examples():
    assert LAST.keys() | NEEDS.keys() <= {example.stem for example in EXAMPLES}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_example(example):
    for library in NEEDS.get(example.stem, ()):
        pytest.importorskip(library)
    run = subprocess.run(
        [sys.executable, example], capture_output=True, text=True, timeout=400, env=os.environ
    )
    assert run.returncode == 0, run.stderr
    assert re.fullmatch(LAST.get(example.stem, ".*"), run.stdout.splitlines()[-1])
