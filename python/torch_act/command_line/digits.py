"""A small convolutional network that learns digits twice: with torch's activations and with ours.

The images are the 1,797 of scikit-learn, 8 by 8, which come with the package.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType

import torch
from torch import Tensor, nn

import torch_act
from torch_act.catalogue import BY_NAME

BATCH = 64
TEST_IMAGES = 450  # about a quarter


@dataclass(frozen=True)
class Digits:
    """The images, split once for all runs."""

    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor


def load_digits(seed: int) -> Digits:
    """Loads and splits the images."""
    from sklearn.datasets import load_digits as load

    bunch = load()
    images = torch.tensor(bunch.images, dtype=torch.float32)[:, None] / 16  # grey values 0 to 16
    labels = torch.tensor(bunch.target)
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
    train, test = order[TEST_IMAGES:], order[:TEST_IMAGES]
    return Digits(images[train], labels[train], images[test], labels[test])


def network(activations: ModuleType, activation: str, seed: int) -> nn.Module:
    """The network with the activations of torch.nn or torch_act.nn. Same seed, same weights."""
    make = getattr(activations, BY_NAME[activation].modules[0])
    arguments = {"threshold": (0.0, 0.0)}.get(activation, ())  # the others have defaults
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        make(*arguments),
        nn.Conv2d(16, 32, 3, padding=1),
        make(*arguments),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 32, 3, padding=1),
        make(*arguments),
        nn.Flatten(),
        nn.Linear(32 * 4 * 4, 64),
        make(*arguments),
        nn.Linear(64, 10),
        activations.LogSoftmax(dim=1),
    )


@dataclass
class Run:
    """One network in training."""

    model: nn.Module
    optimizer: torch.optim.Optimizer = field(init=False)
    seconds: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=2e-3)

    def gradients(self, images: Tensor, labels: Tensor) -> list[Tensor]:
        """Of the first step, before any weight has changed."""
        loss = nn.functional.nll_loss(self.model(images), labels)
        return list(torch.autograd.grad(loss, list(self.model.parameters())))

    def epoch(self, digits: Digits, seed: int) -> None:
        order = torch.randperm(
            len(digits.train_images), generator=torch.Generator().manual_seed(seed)
        )
        self.model.train()
        start = time.perf_counter()
        for batch in order.split(BATCH):
            self.optimizer.zero_grad()
            log_probabilities = self.model(digits.train_images[batch])
            nn.functional.nll_loss(log_probabilities, digits.train_labels[batch]).backward()
            self.optimizer.step()
        self.seconds.append(time.perf_counter() - start)

    @torch.no_grad()
    def accuracy(self, digits: Digits) -> float:
        self.model.eval()
        guesses = self.model(digits.test_images).argmax(1)
        return float((guesses == digits.test_labels).float().mean())


@dataclass(frozen=True)
class Comparison:
    """What came out of training the two networks."""

    activation: str
    torch_accuracy: float
    our_accuracy: float
    gradient_difference: float | None  # None: the activation is random, so the steps differ anyway
    torch_seconds: float
    our_seconds: float


def compare(
    activation: str, digits: Digits, epochs: int, seed: int, advance: Callable[[], None]
) -> Comparison:
    """Trains both networks, epoch by epoch in turns, on the same batches."""
    theirs = Run(network(torch.nn, activation, seed))
    ours = Run(network(torch_act.nn, activation, seed))
    difference = None
    if activation != "rrelu":
        batch = digits.train_images[:BATCH], digits.train_labels[:BATCH]
        pairs = zip(theirs.gradients(*batch), ours.gradients(*batch), strict=True)
        difference = max((a - b).abs().max().item() for a, b in pairs)
    for epoch in range(epochs):
        for run in (theirs, ours):
            run.epoch(digits, seed + epoch)
            advance()
    return Comparison(
        activation,
        theirs.accuracy(digits),
        ours.accuracy(digits),
        difference,
        statistics.median(theirs.seconds),
        statistics.median(ours.seconds),
    )
