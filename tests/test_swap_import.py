"""What swaps is imported when it is first used."""

import subprocess
import sys


def test_importing_the_package_does_not_import_them():
    """Who does not swap does not wait for it."""
    code = "import sys, torch_act; print([m for m in sys.modules if m.startswith('torch_act.sw')])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
