"""Prints requirements of pyproject.toml, to be installed before the package itself.

Usage: requirements.py EXTRA...   (`build` names the build system's own)
"""

import sys
from pathlib import Path

import tomllib

project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
extras = project["project"]["optional-dependencies"] | {
    "build": project["build-system"]["requires"]
}
for extra in sys.argv[1:]:
    for requirement in extras[extra]:
        if not requirement.startswith(project["project"]["name"]):  # another extra of ours
            print(f"'{requirement}'")
