"""add_gumbel, the noise of gumbel_softmax: a function of 32 random bits and of what it is added to.

The bits are Philox4x32-10's, computed here a second time. The floor is 1, or the larger term.
"""

from __future__ import annotations

import numpy as np
import torch
from flint import arb, ctx
from torch import Tensor

from torch_act.accuracy.reference import PRECISIONS
from torch_act.accuracy.several.counting import count_at_places
from torch_act.accuracy.several.draw import Draw
from torch_act.accuracy.several.sample import SEED
from torch_act.accuracy.several.table import OperandsRow

# Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3, SC 2011.
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
LOW = np.uint64(0xFFFFFFFF)

STATE = (20240229, 7)  # seed, offset
COUNT = {torch.float32: 1 << 20, torch.float64: 4096}  # ball arithmetic is slow


def measure_noise(dtype: torch.dtype, size: int | None = None) -> list[OperandsRow]:
    """The noise alone, and added to logits."""
    size = size or COUNT[dtype]
    noise = _exact(size) if dtype == torch.float64 else _double(size)
    rows = []
    for order, logits in (
        ("noise", torch.zeros(size, dtype=dtype)),
        ("value", Draw(SEED).normal(5, size).to(dtype)),
    ):
        result = torch.ops.act.add_gumbel(logits, torch.tensor(STATE))
        x = logits.double().numpy()
        total = noise + x
        high = total.astype(np.float64)
        floor = np.maximum(1, np.maximum(np.abs(x), np.abs(noise).astype(np.float64)))
        low = (total - high).astype(np.float64)
        found, *places = count_at_places(result, high, low, floor)
        at, floored_at = ({"logit": float(x[k]), "element": float(k)} for k in places)
        kind = str(dtype).removeprefix("torch.")
        inputs = f"{size} drawn"
        rows.append(
            OperandsRow(
                "gumbel_softmax", "add_gumbel", order, kind, inputs, found, None, at, floored_at
            )
        )
    return rows


def _double(size: int) -> np.ndarray:
    drawn: Tensor = torch.ops.act.add_gumbel(torch.zeros(size).double(), torch.tensor(STATE))
    return drawn.numpy().astype(np.longdouble)


def _exact(size: int) -> np.ndarray:
    """To the 64 bits of long double."""
    found, saved = np.empty(size, dtype=np.longdouble), ctx.prec
    try:
        ctx.prec = PRECISIONS[0]
        for place, word in enumerate(words(size).tolist()):
            u = (arb(word) + arb(0.5)) / arb(2) ** 32
            noise = -(-(1 - u).log()).log()
            high = float(noise)
            found[place] = np.longdouble(high) + np.longdouble(float(noise - high))
    finally:
        ctx.prec = saved
    return found


def words(size: int) -> np.ndarray:
    """The 32 random bits of each element."""
    seed, offset = STATE
    groups = np.arange(-(-size // 4), dtype=np.uint64)
    c = [groups & LOW, groups >> np.uint64(32)]
    c += [np.full_like(groups, part) for part in (offset & 0xFFFFFFFF, offset >> 32)]
    key = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(10):
        first, second = (np.uint64(m) * c[k] for m, k in zip(MULTIPLIERS, (0, 2), strict=True))
        high_first, high_second = first >> np.uint64(32), second >> np.uint64(32)
        c = [
            high_second ^ c[1] ^ np.uint64(key[0]),
            second & LOW,
            high_first ^ c[3] ^ np.uint64(key[1]),
            first & LOW,
        ]
        key = [(k + weyl) & 0xFFFFFFFF for k, weyl in zip(key, WEYL, strict=True)]
    return np.stack(c, 1).ravel()[:size]
