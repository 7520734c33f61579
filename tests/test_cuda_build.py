"""What a build with CUDA kernels holds, as far as a machine without a GPU can tell."""

import re
import subprocess
import sys

import pytest
import torch
import torch_act

INFO = torch_act._C.build_info()
with_cuda = pytest.mark.skipif(INFO["cuda"] is None, reason="built without CUDA kernels")


def _ops_of(key):
    registered = torch._C._dispatch_get_registrations_for_dispatch_key(key)
    return {name for name in registered if name.startswith("act::")}


@with_cuda
def test_every_op_of_the_cpu_is_one_of_cuda():
    assert len(_ops_of("CPU")) > 100
    assert _ops_of("CPU") - _ops_of("CUDA") == set()


@with_cuda
def test_build_information():
    assert INFO["cuda"].split(".")[0] == torch.version.cuda.split(".")[0]
    assert re.fullmatch(r"((sm|compute)_\d+[af]? ?)+|[\w.+ ]+", INFO["architectures"])


@pytest.mark.skipif(INFO["cuda"] is not None, reason="built with CUDA kernels")
def test_no_kernels_are_claimed_where_none_were_built():
    assert "architectures" not in INFO
    # In a process of its own: this one may hold those of the simulator.
    program = (
        "import torch, torch_act;"
        "print(*torch._C._dispatch_get_registrations_for_dispatch_key('CUDA'), sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "act::" not in done.stdout
