"""Decompositions of what a Philox state makes: the numbers of csrc/act/elementary/philox.h, bit for
bit, in int64, of which Inductor has all that they take.

Drawing the state itself, which changes a generator, is no arithmetic.
"""

import math

import torch
from torch import Tensor

from torch_act._decompositions.arithmetic import computed_in
from torch_act._decompositions.layout import laid_out_like
from torch_act._decompositions.several import slope_at, sloped

WORD = 2**32 - 1  # all bits of a word
MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
KEY_INCREMENTS = 0x9E3779B9, 0xBB67AE85


def add_gumbel(self: Tensor, philox_state: Tensor) -> Tensor:
    return (self + _gumbel(random_words(philox_state, self), self.dtype)).contiguous()


def _gumbel(words: Tensor, dtype: torch.dtype) -> Tensor:
    """-ln(-ln(1 - u)), u = (word + 1/2)/2^32, from the end that is nearer: elementary/gumbel.h."""
    upper = words > WORD // 2
    distance = torch.where(upper, WORD - words, words).to(dtype) * 2.0**-32 + 2.0**-33
    rest = torch.where(upper, distance, 1.0 - distance)
    lost = torch.where(upper, 0.0, (1.0 - rest) - distance)
    return -torch.log(-(torch.log(rest) + lost / rest))


def random_words(philox_state: Tensor, like: Tensor) -> Tensor:
    """32 random bits for each element: one state for all, or one for each index of the leading
    dimensions. Four elements share a block of the generator."""
    batch = philox_state.shape[:-1]
    each = math.prod(like.shape[len(batch) :])
    groups = torch.arange((each + 3) // 4, device=like.device)
    seed, offset = philox_state[..., :1], philox_state[..., 1:]
    words = torch.stack(_philox(groups, seed, offset), -1).flatten(-2)
    return words.narrow(-1, 0, each).reshape(like.shape)


def _philox(group: Tensor, seed: Tensor, offset: Tensor) -> list[Tensor]:
    group = group.expand(torch.broadcast_shapes(group.shape, seed.shape))
    c0, c1, c2, c3 = group & WORD, group >> 32, offset & WORD, (offset >> 32) & WORD
    key0, key1 = seed & WORD, (seed >> 32) & WORD
    for _ in range(10):
        (high0, low0), (high1, low1) = map(_product, (c0, c2), MULTIPLIERS)
        c0, c1, c2, c3 = high1 ^ c1 ^ key0, low1, high0 ^ c3 ^ key1, low0
        key0, key1 = (key0 + KEY_INCREMENTS[0]) & WORD, (key1 + KEY_INCREMENTS[1]) & WORD
    return [c0, c1, c2, c3]


def _product(word: Tensor, multiplier: int) -> tuple[Tensor, Tensor]:
    """The high and the low word of a product. It does not fit in int64; that with the multiplier
    less 2^32, which is negative, does, and has the same low word."""
    product = word * (multiplier - 2**32)
    return (product >> 32) + word, product & WORD


def rrelu_with_state(self: Tensor, philox_state: Tensor, lower: float, upper: float) -> Tensor:
    slopes = _slopes(philox_state, self, lower, upper)
    return laid_out_like(sloped(self.to(slopes.dtype), slopes).to(self.dtype), self)


def rrelu_with_slopes(
    self: Tensor, philox_state: Tensor, lower: float, upper: float
) -> tuple[Tensor, Tensor]:
    slopes = _slopes(philox_state, self, lower, upper)
    x = self.to(slopes.dtype)
    return (
        laid_out_like(sloped(x, slopes).to(self.dtype), self),
        laid_out_like(slope_at(x, slopes), self),
    )


def rrelu_backward(
    grad_output: Tensor,
    self_or_result: Tensor,
    philox_state: Tensor,
    lower: float,
    upper: float,
    is_result: bool,
) -> Tensor:
    """The output has the sign of the input."""
    saved = self_or_result
    slopes = _slopes(philox_state, saved, lower, upper)
    gradient = grad_output.to(slopes.dtype) * slope_at(saved.to(slopes.dtype), slopes)
    return laid_out_like(gradient.to(saved.dtype), saved)


def _slopes(philox_state: Tensor, like: Tensor, lower: float, upper: float) -> Tensor:
    """Uniform in [lower, upper), from the upper 24 bits."""
    number = computed_in(like.dtype)
    least = number.rounded(float(lower))
    width = number.rounded(number.rounded(float(upper)) - least)
    uniform = (random_words(philox_state, like) >> 8).to(number.dtype) * 2.0**-24
    product = number.product(uniform, width)
    total = number.sum(least, product.high)
    return total.high + (total.low + product.low)
