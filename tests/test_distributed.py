"""Several processes, over gloo: sharded tensors, DistributedDataParallel and FSDP2."""

import datetime
import os
import subprocess
import sys

import pytest
import torch

if not torch.distributed.is_available():
    pytest.skip("this torch is built without torch.distributed", allow_module_level=True)

import sharding
import training


def _run(rank, function, world_size, rendezvous, results):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    store = torch.distributed.FileStore(rendezvous, world_size)
    # Ranks that disagree about what to send wait for each other: not for half an hour.
    limit = datetime.timedelta(minutes=3)
    torch.distributed.init_process_group(
        "gloo", store=store, rank=rank, world_size=world_size, timeout=limit
    )
    try:
        checks = function(world_size)
        torch.save((checks.count, checks.failures), f"{results}/{rank}")
        torch.distributed.barrier()  # gloo aborts a process that leaves others waiting
    finally:
        torch.distributed.destroy_process_group()
    # A thread of gloo's or autograd's that lets go of its last tensor while the interpreter ends
    # aborts the process (pytorch/pytorch#190489): what was to be checked is saved.
    os._exit(0)


def in_processes(function, world_size, folder):
    """Runs function(world_size), which returns Checks, in so many processes."""
    arguments = (function, world_size, str(folder / "rendezvous"), str(folder))
    torch.multiprocessing.spawn(_run, arguments, nprocs=world_size)
    for rank in range(world_size):
        count, failures = torch.load(folder / str(rank))
        assert count > 0
        assert not failures, f"rank {rank}: {len(failures)} of {count}\n" + "\n".join(failures)


@pytest.mark.parametrize("world_size", [2, 4])
def test_sharded_tensors(world_size, tmp_path):
    in_processes(sharding.check_all, world_size, tmp_path)


def test_training(tmp_path):
    in_processes(training.train_all, 2, tmp_path)


REGISTERED = "torch.ops.act.gelu.default in DTensor._op_dispatcher.sharding_propagator"
REGISTERED += ".op_single_dim_strategy_funcs"


@pytest.mark.parametrize(
    "program",
    [
        "import sys, torch_act; assert 'torch.distributed.tensor' not in sys.modules",
        "from torch.distributed.tensor import DTensor; import torch, torch_act; assert "
        + REGISTERED,
        "import torch, torch_act; from torch.distributed.tensor import DTensor; "
        f"assert not {REGISTERED}; import torch_act.distributed; assert {REGISTERED}",
    ],
    ids=["not imported", "imported before", "imported later"],
)
def test_when_strategies_are_registered(program):
    subprocess.run([sys.executable, "-c", program], check=True)
