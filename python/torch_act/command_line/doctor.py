"""`doctor`: what this installation is, what is missing, and what to do about it."""

from typing import Annotated

import typer

from torch_act.doctor import report


def doctor(
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Print versions, build, instruction set, threads, CUDA, extras, and what to do about them.

    The exit status is 1 where something is broken: marked ✗, with what puts it right.
    """
    raise typer.Exit(report(json=json))
