"""What each process of test_distributed.py does to train a network that has all modules."""

import copy

import torch
from networks import images, network
from sharding import Checks
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import distribute_tensor
from torch.distributed.tensor.parallel import (
    ColwiseParallel,
    RowwiseParallel,
    parallelize_module,
)
from torch.nn.parallel import DistributedDataParallel

BATCH = 4


def whole(parameter):
    return parameter.full_tensor() if hasattr(parameter, "full_tensor") else parameter


def trained(model, x, steps=2):
    """The network after steps of gradient descent. In evaluation, so that rrelu draws nothing."""
    model.eval()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(steps):
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()
    return model


def compare(checks, name, wrapper, world_size):
    rank, x = torch.distributed.get_rank(), images(BATCH)
    with checks.case(name):
        expected = trained(network(), x)
        part = x.chunk(world_size)[rank]
        result = trained(wrapper(network()), part)
        parameters = [whole(parameter) for parameter in result.parameters()]
        for mine, single in zip(parameters, expected.parameters(), strict=True):
            assert not torch.equal(mine, torch.zeros_like(mine))
            torch.testing.assert_close(mine, single)
        with torch.no_grad():
            torch.testing.assert_close(result(part), expected(part))


def drawing(checks, name, wrapper, world_size):
    """In training the slopes of rrelu differ from rank to rank, the parameters may not."""
    with checks.case(name, "with random slopes"):
        torch.manual_seed(torch.distributed.get_rank())
        model = wrapper(network()).train()
        model(images(BATCH)).sum().backward()
        for parameter in model.parameters():
            mine = whole(parameter.grad)
            assert mine.isfinite().all()
            everywhere = [torch.empty_like(mine) for _ in range(world_size)]
            torch.distributed.all_gather(everywhere, mine)
            assert all(torch.equal(other, mine) for other in everywhere)


def sharded(model):
    for layer in model:
        fully_shard(layer)
    return fully_shard(model)


def parallel_layers(checks, world_size):
    """Tensor parallelism: each layer's first weight by columns, its second by rows."""
    mesh = init_device_mesh("cpu", (world_size,))
    x = images(BATCH)
    for layer in network().eval():
        with checks.case("tensor parallel", type(layer.act).__name__):
            # Along the features, which are sharded, glu and softmax would gather.
            single = copy.deepcopy(layer)
            plan = {
                "before": ColwiseParallel(use_local_output=False),
                "behind": RowwiseParallel(),
            }
            split = parallelize_module(layer, mesh, plan)
            for parameter in split.act.parameters():  # prelu's weight, replicated
                assert parameter.numel() == 1
            split.act.apply(lambda module: replicate(module, mesh))
            result, expected = split(x), single(x)
            torch.testing.assert_close(result, expected)
            result.square().sum().backward()
            expected.square().sum().backward()
            pairs = zip(split.parameters(), single.parameters(), strict=True)
            for mine, theirs in pairs:
                torch.testing.assert_close(whole(mine.grad), theirs.grad)


def replicate(module, mesh):
    for name, parameter in list(module.named_parameters(recurse=False)):
        shared = distribute_tensor(parameter.data, mesh)
        module.register_parameter(name, torch.nn.Parameter(shared))


def train_all(world_size):
    checks = Checks()
    for name, wrapper in (("ddp", DistributedDataParallel), ("fsdp2", sharded)):
        compare(checks, name, wrapper, world_size)
        drawing(checks, name, wrapper, world_size)
    parallel_layers(checks, world_size)
    return checks
