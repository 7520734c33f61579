"""How a benchmark's input lies in memory."""

from enum import Enum

import torch
from torch import Tensor

from torch_act.command_line.calls import Call

ROW = 1024  # elements along the last dimension, which is the one of softmax and glu


class Layout(str, Enum):
    contiguous = "contiguous"
    channels_last = "channels_last"
    stride_2 = "stride-2"
    transposed = "transposed"
    broadcast_weight = "broadcast weight"  # prelu's, one for each channel of contiguous images

    @property
    def channels(self) -> bool:
        """Whether the input is a batch of images."""
        return self in (Layout.channels_last, Layout.broadcast_weight)

    def suits(self, call: Call, size: int) -> bool:
        """Whether there is such an input for the op, and it is another one than contiguous."""
        if self == Layout.broadcast_weight and call.entry.name != "prelu":
            return False
        if self == Layout.transposed:
            return size % 64 == 0
        return not self.channels or size % 64 == 0


def image_shape(size: int) -> tuple[int, int, int, int]:
    """Batch, channels, height and width of so many elements, a multiple of 64."""
    channels = 64 if size % 4096 == 0 else 4
    side = next(s for s in (32, 16, 8, 4, 2, 1) if size % (channels * s * s) == 0)
    return size // (channels * side * side), channels, side, side


def make_input(size: int, dtype: torch.dtype, layout: Layout, device: torch.device) -> Tensor:
    """Normal numbers of standard deviation 3, the same for every layout of one shape."""
    generator = torch.Generator(device).manual_seed(0)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, device=device).mul_(3).to(dtype)

    shape = (size // ROW, ROW) if size % ROW == 0 else (size,)
    if layout == Layout.channels_last:
        return normal(*image_shape(size)).to(memory_format=torch.channels_last)
    if layout == Layout.broadcast_weight:
        return normal(*image_shape(size))
    if layout == Layout.stride_2:
        return normal(*shape[:-1], 2 * shape[-1])[..., ::2]
    if layout == Layout.transposed:
        rows, columns = shape if len(shape) == 2 else (size // 8, 8)
        return normal(columns, rows).t()
    return normal(*shape)


def normal_like(output: Tensor) -> Tensor:
    """The same numbers again and again: to draw 64M takes longer than to time what reads them."""
    drawn = min(output.numel(), 2**20)
    numbers = torch.randn(drawn, device=output.device).to(output.dtype)
    every = numbers.repeat(-(-output.numel() // drawn))[: output.numel()]
    return torch.empty_like(output).copy_(every.view(output.shape))


def clone(tensor: Tensor) -> Tensor:
    """With the same strides, gaps included."""
    size = 1 + sum((n - 1) * s for n, s in zip(tensor.shape, tensor.stride(), strict=True))
    copy = tensor.new_empty(size).as_strided(tensor.shape, tensor.stride())
    return copy.copy_(tensor)
