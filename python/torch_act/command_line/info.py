"""`info`: versions, build and instruction set."""

from rich.console import Console
from rich.table import Table

from torch_act.command_line.machine import versions


def info() -> None:
    """Print versions, how the library was built, and which instruction set runs."""
    table = Table(show_header=False, box=None)
    for name, value in versions().items():
        table.add_row(name, value)
    Console().print(table)
