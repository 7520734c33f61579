"""What the tests of gated activations and of bias and activation share."""

import math

import torch
from activations import COMPUTED_IN, FORMULAS


def activation_of(case):
    """The activation's name and parameters, as the fused ops take them."""
    entry = {"activation": case.name, "parameters": []}
    if case.variant is not None:
        entry["activation"] = f"{case.name}_{case.variant}"
    else:
        entry["parameters"] = [float(value) for _, value in case.parameters]
    return entry


def samples(shape, dtype, seed=0):
    """Normal numbers, and one in nine that is special."""
    generator = torch.Generator().manual_seed(seed)
    x = 4 * torch.randn(shape, generator=generator, dtype=torch.float64)
    special = torch.tensor([0.0, -0.0, math.inf, -math.inf, math.nan, 1e-40, -100.0])
    where = torch.randperm(x.numel(), generator=generator)[: x.numel() // 9]
    x.view(-1)[where] = special[torch.arange(len(where)) % len(special)].double()
    return x.to(dtype)


SMOOTH = [c for c in FORMULAS if c.name in ("silu", "gelu", "elu", "softplus", "tanh", "sigmoid")]


def widened(*tensors):
    """As kernels compute: half types in float32."""
    return [t.to(COMPUTED_IN[t.dtype]) for t in tensors]


class SavedBytes:
    """The bytes of the tensors that autograd saves within, each storage once."""

    def __enter__(self):
        self.storages = {}
        self.hooks = torch.autograd.graph.saved_tensors_hooks(self._pack, lambda tensor: tensor)
        self.hooks.__enter__()
        return self

    def _pack(self, tensor):
        storage = tensor.untyped_storage()
        self.storages[storage.data_ptr()] = storage.nbytes()
        return tensor

    def __exit__(self, *error):
        self.hooks.__exit__(*error)

    @property
    def total(self):
        return sum(self.storages.values())
