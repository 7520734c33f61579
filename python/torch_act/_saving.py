"""The choice of what ops save for their backward."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from torch_act import _C


@contextmanager
def saved_as(kind: Literal["input", "output", "bits"]) -> Iterator[None]:
    """Within the context, ops called by this thread save their input, output or bits for backward.

    "input" and "output" concern the ops whose output determines the derivative: relu, relu6,
    leaky_relu, elu, celu, selu, sigmoid, tanh, hardtanh, hardsigmoid and threshold (for some of
    them depending on the parameters). All others save their input in any case, and in-place ops
    save their output wherever it suffices. Either way the saved tensor has the same size. rrelu in
    training is described below. "bits"
    concerns the piecewise-linear ops relu, relu6, leaky_relu, hardtanh, hardsigmoid, hardshrink,
    softshrink and threshold, in place or not; the other ops keep their default under it.

    - ``"input"``: gradients are exact functions of the input. That matters for sigmoid and tanh,
      which save their output by default, as torch does: near 1 an output has lost the digits of its
      distance from 1, and the gradient is 0 once it rounds to 1 (bfloat16 sigmoid: from x = 6.25).
    - ``"output"``: backward computes no exponential, and the output, which the next layer often
      keeps as well, is the only tensor kept.
    - ``"bits"``: two bits for each element, four elements to a byte: 1/16 of a float32 tensor. They
      tell which of its two slopes the op has there, or that the input is NaN, so that the gradient
      is the same to the bit. The forward reads its input once more to make them.

    rrelu in training saves the slopes that it has drawn, in float32 for float32 and the half types
    (4 bytes for each element), unless told otherwise: its backward then only multiplies. With
    "input", or "output" where lower >= 0, it saves that tensor, which the layer before or the next
    one often keeps as well, and 16 bytes to draw the slopes again, to the same gradient; so it does
    anyway in float64, where drawing takes no longer than reading, and in place.

    Raises:
        ValueError: for any other ``kind``.

    Example:
        >>> x = torch.tensor(20.0, requires_grad=True)
        >>> torch.autograd.grad(torch_act.functional.sigmoid(x), x)
        (tensor(0.),)
        >>> with torch_act.saved_as("input"):
        ...     y = torch_act.functional.sigmoid(x)
        >>> torch.autograd.grad(y, x)
        (tensor(2.0612e-09),)
    """
    if kind not in ("input", "output", "bits"):
        raise ValueError(f"saved_as: expected 'input', 'output' or 'bits', got {kind!r}")
    previous = _C.set_saved_preference(kind)
    try:
        yield
    finally:
        _C.set_saved_preference(previous)
