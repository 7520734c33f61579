"""A network that contains each module of torch_act.nn once, whatever the catalogue lists."""

import inspect

import torch
import torch_act
from activations import same_bits
from torch_act.catalogue import BY_NAME, CATALOGUE

MODULES = [(entry.name, module) for entry in CATALOGUE for module in entry.modules]
WIDTH = 8


def activation(name, module, **arguments):
    """A module with the catalogue's first parameters where its constructor has no default."""
    constructor = getattr(torch_act.nn, module)
    known = {"dim": 1, "num_parameters": 1, **BY_NAME[name].parameter_sets[0]}
    signature = inspect.signature(constructor).parameters.values()
    required = {
        parameter.name: known[parameter.name]
        for parameter in signature
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        and parameter.default in (parameter.empty, None)
        and parameter.name in known
    }
    return constructor(**{**required, **arguments})


class Layer(torch.nn.Module):
    """A linear layer before an activation, and one behind it."""

    def __init__(self, act):
        super().__init__()
        narrow = isinstance(act, torch.nn.GLU)
        self.before = torch.nn.Linear(WIDTH, WIDTH)
        self.act = act
        self.behind = torch.nn.Linear(WIDTH // 2 if narrow else WIDTH, WIDTH)

    def forward(self, x):
        # A tenth: squares grow without bound from layer to layer.
        return x + 0.1 * self.behind(self.act(self.before(x)))


def network(modules=MODULES):
    """All activations, or these, one after the other. Its input: `images(batch)`."""
    torch.manual_seed(20240229)
    return torch.nn.Sequential(*(Layer(activation(name, module)) for name, module in modules))


def images(batch):
    return torch.randn(batch, 3, 4, WIDTH, generator=torch.Generator().manual_seed(1))


def gradients(model, run):
    """Of a fixed loss, with rrelu's slopes drawn from a fixed seed."""
    torch.manual_seed(5)
    model.zero_grad()
    x = images(2).requires_grad_()
    run(x).square().sum().backward()
    return [x.grad, *(parameter.grad.clone() for parameter in model.parameters())]


def equal(many, others):
    return all(same_bits(one, other) for one, other in zip(many, others, strict=True))
