"""The examples in the docstrings of what swaps run as they stand there."""

import doctest
import importlib
import subprocess
import sys

import pytest
import torch
import torch_act


@pytest.mark.parametrize("module", ["comparison", "exchange", "routing"])
def test_examples(module):
    module = importlib.import_module(f"torch_act.swapping.{module}")
    tests = doctest.DocTestFinder().find(module, globs={"torch": torch, "torch_act": torch_act})
    tests = [test for test in tests if test.examples]
    assert tests
    for test in tests:
        result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test)
        assert result.failed == 0, test.name


def test_importing_the_package_does_not_import_them():
    """Who does not swap does not wait for it."""
    code = "import sys, torch_act; print([m for m in sys.modules if m.startswith('torch_act.sw')])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
