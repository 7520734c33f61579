"""Runs the commands of a page and writes into it what they print.

    python tools/transcript.py docs/first-hour.md

Of each block ```console the lines that begin with "$ " are commands, each run by bash at the root
of the sources, in the order of the page; what stands between them is replaced by their output,
standard error excepted. A command that fails ends the run, and the page stays as it was. Paths of
this machine become relative ones.
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.M | re.S)


class CommandFailed(Exception):
    """What ran, and what it said."""


def output(command: str) -> str:
    """What the command prints, without the colours and paths of this machine."""
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "110",
        "NO_COLOR": "1",
        "PYTHONWARNINGS": "ignore",
    }
    run = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    if run.returncode != 0:
        raise CommandFailed(f"$ {command}\n{run.stdout}{run.stderr}status {run.returncode}")
    text = run.stdout.replace(f"{ROOT}/", "").replace(str(Path.home()), "~")
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def commands(block: str) -> list[str]:
    """A command goes on in the next line after a backslash, or where that begins with "> "."""
    found: list[str] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append(line[2:])
        elif found and line.startswith("> "):
            found[-1] += "\n" + line[2:]
    return found


def rerun(page: str) -> str:
    """The page with what its commands print now."""

    def block(match: re.Match[str]) -> str:
        text = ""
        for command in commands(match[0]):
            print(f"$ {command}", flush=True)
            text += "$ " + command.replace("\n", "\n> ") + "\n" + output(command)
        return text

    return BLOCK.sub(block, page)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="+", type=Path)
    for page in parser.parse_args().pages:
        try:
            page.write_text(rerun(page.read_text()))
        except CommandFailed as failure:
            sys.exit(f"{page}: {failure}")


if __name__ == "__main__":
    main()
