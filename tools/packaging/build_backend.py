"""The build backend: setuptools, able to see the torch of the environment that pip installs into.

A build in isolation gets an empty environment. Asking for torch there would download a second one
of several GB, possibly of another version than the one that the extension will be loaded into. So
the site-packages of the interpreter that runs pip are appended to the path, behind the build's own.
"""

import importlib.util
import sys
import sysconfig

from setuptools.build_meta import *  # noqa: F403

for directory in ("purelib", "platlib"):
    path = sysconfig.get_path(directory)
    if path not in sys.path:
        sys.path.append(path)

if importlib.util.find_spec("torch") is None:
    raise SystemExit(
        "torch-act is built against the torch that it will run with: here is none.\n"
        "Install one first: pip install torch==2.13.0"
    )
