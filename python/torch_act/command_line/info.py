"""`info`: versions, build and instruction set."""

from rich.console import Console
from rich.table import Table

from torch_act.command_line.device import describe
from torch_act.command_line.machine import versions


def info() -> None:
    """Print versions, how the library was built, which instruction set runs, and on which GPU."""
    table = Table(show_header=False, box=None)
    for name, value in {**versions(), "CUDA device": describe()}.items():
        table.add_row(name, value)
    Console().print(table)
