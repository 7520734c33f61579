"""What the tests of the masked softmax family share."""

import pytest
import torch
import torch_act  # noqa: F401

MEMBERS = ["softmax", "log_softmax", "softmin"]
member = pytest.mark.parametrize("name", MEMBERS)


def op(name):
    return getattr(torch.ops.act, "masked_" + name)


def absent(name):
    return -torch.inf if name == "log_softmax" else 0.0


def filled(name, x, mask):
    """What takes no part, as an input of the unmasked op says it."""
    return x.masked_fill(~mask, torch.inf if name == "softmin" else -torch.inf)


def case(shape, dtype, device, seed=0, kept=0.6):
    """An input with NaN and infinities where the mask is False, and at least one element a row."""
    generator = torch.Generator().manual_seed(seed)
    x = (5 * torch.randn(shape, generator=generator, dtype=torch.float64)).to(dtype)
    mask = torch.rand(shape, generator=generator) < kept
    mask[..., 0] = True
    if mask.dim() > 1:
        mask[0] = True
    rubbish = torch.tensor([torch.nan, torch.inf, -torch.inf, 1e4], dtype=dtype)
    return torch.where(mask, x, rubbish.repeat(x.numel())[: x.numel()].view(shape)).to(
        device
    ), mask.to(device)
