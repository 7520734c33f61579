"""Tensors laid out otherwise than in row-major order."""

import torch


def strided(x):
    """The values of a tensor of four dimensions in other layouts, by what these are called."""
    sliced = x.new_empty(*x.shape[:-1], 2 * x.shape[-1])[..., ::2]
    shifted = x.new_empty(x.numel() + 1)[1:].view(x.shape)
    return {
        "channels_last": x.contiguous(memory_format=torch.channels_last),
        "transposed": x.transpose(0, 3).contiguous().transpose(0, 3),
        "sliced": sliced.copy_(x),
        "shifted": shifted.copy_(x),
    }


# What views and copies do to the channels of a tensor of four dimensions.
OF_CHANNELS = {
    "channels_last": lambda x: x.to(memory_format=torch.channels_last),
    "transposed": lambda x: x.transpose(2, 3),
    "channels outermost": lambda x: x.transpose(0, 1).contiguous().transpose(0, 1),
    "sliced": lambda x: x[:, :, ::2, 1:],
    "expanded": lambda x: x[:, :, :1, :1].expand(-1, -1, 8, 9),
}
