"""`python -m torch_act`: benchmark, demo, gallery, doctor and more."""

import sys

# What the extra `tools` brings.
TOOLS = ("typer", "rich", "matplotlib", "sklearn", "numpy", "flint", "latex2mathml")


def main() -> None:
    try:
        from torch_act.command_line import app

        app(prog_name="python -m torch_act")
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in TOOLS:
            raise
        if sys.argv[1:2] in (["doctor"], ["info"]):  # which tells what is missing
            from torch_act.doctor import report

            sys.exit(report(json="--json" in sys.argv))
        sys.exit(f"This command needs the package {package}: pip install 'torch-act[tools]'")


if __name__ == "__main__":
    main()
