"""Kernels on the CPU share large tensors among torch's threads: compiled without OpenMP,
at::parallel_for says nothing and runs in one."""

import sys
import time
from pathlib import Path

import pytest
import torch
import torch_act.functional as act
from torch_act import saved_as

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

ROWS, COLUMNS = 512, 1024
SECONDS = 0.3


def _data():
    return torch.randn(ROWS, COLUMNS, generator=torch.Generator().manual_seed(1))


def _calls(function, *inputs):
    return lambda: function(*inputs)


def _gradients(function, *inputs):
    inputs = [x.clone().requires_grad_() for x in inputs]
    output = function(*inputs)
    gradient = torch.ones_like(output)
    return lambda: torch.autograd.grad(output, inputs, gradient, retain_graph=True)


def _gradients_from_bits(x):
    with saved_as("bits"):
        return _gradients(act.relu6, x)


CASES = {
    "dense": lambda x: _calls(act.tanh, x),
    "half type": lambda x: _calls(act.tanh, x.bfloat16()),
    "transposed": lambda x: _calls(act.tanh, torch.stack([x, x], -1)[..., 0].t()),
    "backward": lambda x: _gradients(act.mish, x),
    "rows": lambda x: _calls(act.softmax, x, -1),
    "columns": lambda x: _calls(act.softmax, x, 0),
    "rows, backward": lambda x: _gradients(lambda x: act.softmax(x, -1), x),
    "masked rows": lambda x: _calls(lambda x: act.softmax(x, -1, mask=x > 0), x),
    "halves": lambda x: _calls(act.glu, x),
    "bias": lambda x: _calls(lambda x: act.bias_act(x, x[0], "gelu"), x),
    "noise": lambda x: _calls(lambda x: act.rrelu(x, training=True), x),
    "gradient of a weight": lambda x: _gradients(act.prelu, x, x[0]),
    "gradients of parameters": lambda x: _gradients(act.star_relu, x, x[0, :1], x[0, :1]),
    "from bits": _gradients_from_bits,
}


def _seconds_of_threads():
    """Of processor time, of every thread of this process."""
    seconds = {}
    for path in Path("/proc/self/task").iterdir():
        user, system = (path / "stat").read_text().rpartition(")")[2].split()[11:13]
        seconds[path.name] = (int(user) + int(system)) / 100
    return seconds


@pytest.mark.parametrize("case", CASES)
def test_two_threads_work(case):
    torch.set_num_threads(2)
    call = CASES[case](_data())
    call()
    before, end = _seconds_of_threads(), time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        call()
    after = _seconds_of_threads()
    worked = sorted(after[thread] - before.get(thread, 0) for thread in after)
    assert worked[-2] > worked[-1] / 3, f"seconds of each thread: {worked}"
