"""All finite float32 numbers on one axis: signed, logarithmic, with room where functions change."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Floats = NDArray[np.float64]

# log2|x| and where it is drawn, outwards from 0: the tails of exp and of the normal distribution
# lie in the nine binades from 1/4 to 128, which have half of the axis.
BINADES = (-149.0, -20.0, -2.0, 7.0, 128.0)
POSITIONS = (0.0, 1.0, 1.8, 5.0, 6.4)
REACH = POSITIONS[-1]

TICKS = {1e-5: "10⁻⁵", 1.0: "1", 10.0: "10", 100.0: "100", 1e38: "10³⁸"}

PLACES = 480  # along the axis
NUMBERS = 64  # in each place


def position(x: Floats | float) -> Floats:
    """Where `x` is drawn."""
    magnitude = np.maximum(np.abs(np.asarray(x, dtype=np.float64)), 2.0 ** BINADES[0])
    drawn: Floats = np.sign(x) * np.interp(np.log2(magnitude), BINADES, POSITIONS)
    return drawn


def numbers() -> tuple[Floats, Tensor]:
    """The centres of the places, and NUMBERS float32 numbers spread over each of them."""
    edges = np.linspace(-REACH, REACH, PLACES + 1)
    within = (np.arange(NUMBERS) + 0.5) / NUMBERS
    at = edges[:-1, None] + within * (edges[1:] - edges[:-1])[:, None]
    magnitude = np.exp2(np.interp(np.abs(at), POSITIONS, BINADES))
    finite = np.minimum(magnitude, np.finfo(np.float32).max)
    return (edges[:-1] + edges[1:]) / 2, torch.from_numpy(np.sign(at) * finite).float()


def ticks() -> tuple[list[float], list[str]]:
    """Positions and labels, from left to right."""
    labelled = list(TICKS.items())
    left = [(-x, f"−{name}") for x, name in reversed(labelled)]
    every = [*left, (0.0, "0"), *labelled]
    return [float(position(x)) for x, _ in every], [name for _, name in every]
