"""What the tests of torch.compile share: programs of every activation, and how they are trained."""

import torch
from activations import same_bits
from torch_act.command_line.calls import calls

HOWS = ("kernels", "decompositions")
# Traces as Inductor does, our decompositions included, and runs the traced graph without it.
TRACED = "aot_eager_decomp_partition"
CALLS = [call for call in calls(training=True) if call.label != "rrelu"]


def same(ours, theirs):
    for a, b in zip(ours, theirs, strict=True):
        assert a.stride() == b.stride()
        assert same_bits(a, b)


def every_activation(call_of=lambda call: call.ours):
    return [(call_of(call), len(call.further_inputs(torch.zeros(())))) for call in CALLS]


def forward(functions):
    return lambda x, *weights: [f(x, *weights[:1] * further) for f, further in functions]


def train(program, x, *weights):
    leaves = [t.detach().requires_grad_() for t in (x, *weights)]
    results = program(*leaves)
    generator = torch.Generator().manual_seed(1)
    upstream = [torch.randn(y.shape, generator=generator).to(y.device, y.dtype) for y in results]
    return results, torch.autograd.grad(results, leaves, upstream)
