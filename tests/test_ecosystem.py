"""What PyTorch users do with networks: checkpoint them, copy and save them, share them."""

import copy
import functools
import io

import pytest
import torch
import torch_act
from activations import FORMULAS, same_bits
from networks import MODULES, equal, gradients, images, network
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.checkpoint import (
    CheckpointPolicy,
    checkpoint,
    create_selective_checkpoint_contexts,
)
from torch_act.catalogue import CATALOGUE

# What a network with all modules executes: in training rrelu draws a state and the slopes from it.
EXECUTED = {name for name, _ in MODULES} - {"rrelu"} | {"philox_state", "rrelu_with_slopes"}


@pytest.mark.parametrize("use_reentrant", [True, False])
def test_checkpoint(use_reentrant):
    model = network()

    def run(x):
        for part in model:
            x = checkpoint(part, x, use_reentrant=use_reentrant)
        return x

    assert equal(gradients(model, run), gradients(model, model))


class Count(TorchDispatchMode):
    """Counts the forward ops of ours that are executed."""

    def __init__(self):
        super().__init__()
        self.executed = []

    def __torch_dispatch__(self, op, types, args=(), kwargs=None):
        if op.namespace == "act" and "backward" not in str(op):
            self.executed.append(op)
        return op(*args, **(kwargs or {}))


@pytest.mark.parametrize("save", [True, False])
def test_selective_checkpoint(save):
    """Ops whose results are kept do not run again."""
    model = network()

    def policy(context, op, *args, **kwargs):
        keep = save and op.namespace == "act"
        return CheckpointPolicy.MUST_SAVE if keep else CheckpointPolicy.PREFER_RECOMPUTE

    contexts = functools.partial(create_selective_checkpoint_contexts, policy)

    def run(x):
        return checkpoint(model, x, use_reentrant=False, context_fn=contexts)

    y = run(images(2).requires_grad_())
    with Count() as again:
        y.square().sum().backward()
    names = {op._schema.name.removeprefix("act::") for op in again.executed}
    assert names == (set() if save else EXECUTED)
    assert equal(gradients(model, run), gradients(model, model))


def test_network_is_copied_and_saved():
    model, file = network().eval(), io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    twin = copy.deepcopy(model)
    for parameter in twin.parameters():
        torch.nn.init.zeros_(parameter)
    assert not torch.equal(twin(images(2)), model(images(2)))
    twin.load_state_dict(torch.load(file))
    assert torch.equal(twin(images(2)), model(images(2)))


def test_weights_only():
    """A module in a file is loaded without arbitrary code where its class is declared safe."""
    file = io.BytesIO()
    torch.save(torch_act.nn.GELU(approximate="tanh"), file)
    file.seek(0)
    with torch.serialization.safe_globals([torch_act.nn.GELU, set]):
        assert torch.load(file).approximate == "tanh"


def _write(model, tensors, answers):
    torch.set_num_threads(1)
    for case, tensor in zip(FORMULAS, tensors, strict=True):
        case.in_place(tensor)
    with torch.no_grad():
        answers.copy_(model.eval()(images(2)))
        for parameter in model.parameters():
            parameter.mul_(2)


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_multiprocessing(method):
    """Another process works in the memory of this one."""
    model, x = network().share_memory(), torch.randn(3, 5)
    expected = model.eval()(images(2)).detach()
    doubled = [2 * parameter.detach() for parameter in model.parameters()]
    shared = [x.clone().share_memory_() for _ in FORMULAS]
    answers = torch.empty_like(expected).share_memory_()
    process = torch.multiprocessing.get_context(method).Process(
        target=_write, args=(model, shared, answers)
    )
    process.start()
    process.join(120)
    assert process.exitcode == 0
    assert torch.equal(answers, expected)
    for case, tensor in zip(FORMULAS, shared, strict=True):
        assert same_bits(tensor, case.value(x)), case
    assert equal([parameter.detach() for parameter in model.parameters()], doubled)


def test_functional_call():
    model, other = network().eval(), network().eval()
    for parameter in other.parameters():
        parameter.detach().mul_(1 + 0.1 * torch.randn_like(parameter))
    parameters = {name: p.detach() for name, p in other.named_parameters()}
    call = functools.partial(torch.func.functional_call, model)
    assert torch.equal(call(parameters, (images(2),)), other(images(2)))
    grads = torch.func.grad(lambda p: call(p, (images(2),)).square().sum())(parameters)
    expected = gradients(other, other)[1:]
    assert equal(grads.values(), expected)


def test_every_op_is_tested():
    assert {name for name, _ in MODULES} == {entry.name for entry in CATALOGUE}
