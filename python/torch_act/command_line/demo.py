"""`demo`: trains a network with torch's activations and with ours, then draws the gallery."""

from pathlib import Path
from typing import Annotated

import torch
import typer
from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from torch_act.catalogue import BY_NAME
from torch_act.command_line.digits import Comparison, compare, load_digits
from torch_act.command_line.gallery import draw_overview
from torch_act.command_line.machine import versions

ACTIVATIONS = "relu,leaky_relu,prelu,rrelu,elu,selu,gelu,silu,mish,hardswish,softplus,tanh"


def demo(
    epochs: Annotated[int, typer.Option(min=1)] = 15,
    seed: Annotated[int, typer.Option()] = 0,
    activations: Annotated[str, typer.Option(help="Names, separated by commas.")] = ACTIVATIONS,
    output: Annotated[Path, typer.Option(help="Folder for gallery.png.")] = Path("build/demo"),
) -> None:
    """Train a small convolutional network on digits with each activation, torch's and ours.

    The two networks start from the same weights and see the same batches. Prints for each
    activation both test accuracies, the largest difference between the gradients of the first step,
    and the time of an epoch.
    """
    names = _names(activations)
    console = Console()
    for name, value in versions().items():
        console.print(f"[bold]{name}[/bold]: {value}", highlight=False)
    digits = load_digits(seed)
    console.print(
        f"{len(digits.train_images)} images to learn from, {len(digits.test_images)} to test with, "
        f"{epochs} epochs",
        highlight=False,
    )
    comparisons = []
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("", total=2 * epochs * len(names))
        for name in names:
            progress.update(task, description=name)
            comparisons.append(compare(name, digits, epochs, seed, lambda: progress.advance(task)))
    console.print(_table(comparisons))
    console.print(f"gallery: {draw_overview(output / 'gallery.png')}", highlight=False)


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    known = [
        name
        for name, entry in BY_NAME.items()
        if entry.pieces and hasattr(torch.nn, entry.modules[0])
    ]
    if unknown := [name for name in names if name not in known]:
        raise typer.BadParameter(f"{', '.join(unknown)}: choose from {', '.join(known)}")
    return names


def _table(comparisons: list[Comparison]) -> Table:
    table = Table(box=box.SIMPLE, padding=0)
    table.add_column("activation")
    for title in (
        "accuracy\ntorch.nn",
        "accuracy\ntorch_act.nn",
        "first gradients\ndiffer by",
        "epoch\ntorch.nn",
        "epoch\ntorch_act.nn",
    ):
        table.add_column(title, justify="right", no_wrap=True)
    for c in comparisons:
        difference = c.gradient_difference
        table.add_row(
            c.activation,
            f"{c.torch_accuracy:.1%}",
            f"{c.our_accuracy:.1%}",
            "(random)" if difference is None else f"{difference:.1e}",
            f"{c.torch_seconds * 1000:.0f} ms",
            f"{c.our_seconds * 1000:.0f} ms",
        )
    return table
