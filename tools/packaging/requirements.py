"""Prints the requirements of extras of pyproject.toml, so that they can be installed before the package.

Usage: requirements.py EXTRA...   (`build` names the build system's own)
"""

import sys
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
extras = project["project"]["optional-dependencies"] | {"build": project["build-system"]["requires"]}
for extra in sys.argv[1:]:
    for requirement in extras[extra]:
        print(f"'{requirement}'")
