"""`python -m torch_act`: benchmark, demo, gallery and build information."""

import sys

TOOLS = {
    "typer",
    "rich",
    "matplotlib",
    "sklearn",
    "numpy",
    "flint",
    "latex2mathml",
}  # the extra `tools`


def main() -> None:
    try:
        from torch_act.command_line import app

        app(prog_name="python -m torch_act")
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in TOOLS:
            raise
        sys.exit(f"This command needs the package {package}: pip install 'torch-act[tools]'")


if __name__ == "__main__":
    main()
