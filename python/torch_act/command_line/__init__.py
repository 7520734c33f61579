"""The command line: a file for each command, and one for each idea behind them."""

import typer

from torch_act.command_line.bench import bench
from torch_act.command_line.capabilities import capabilities
from torch_act.command_line.certify import certify
from torch_act.command_line.demo import demo
from torch_act.command_line.doctor import doctor
from torch_act.command_line.gallery import gallery

app = typer.Typer(
    help="Activation functions for PyTorch.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(bench)
app.command()(capabilities)
app.command()(certify)
app.command()(demo)
app.command()(doctor)
app.command("info", hidden=True)(doctor)  # its former name
app.command()(gallery)
