"""The build backend: setuptools, able to see the torch of the environment that pip installs into.

A build in isolation gets an empty environment. Asking for torch there would download a second one
of several GB, possibly of another version than the one that the extension will be loaded into. So
the site-packages of the interpreter that runs pip are appended to the path, behind the build's own.
The archive of sources needs no torch.
"""

import importlib.util
import sys
import sysconfig

from setuptools import build_meta
from setuptools.build_meta import *  # noqa: F403
from torch_release import NO_TORCH


def get_requires_for_build_sdist(config_settings=None):
    return []


def get_requires_for_build_wheel(config_settings=None):
    _find_torch()
    return []


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    _find_torch()
    return build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    _find_torch()
    return build_meta.build_editable(wheel_directory, config_settings, metadata_directory)


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    _find_torch()
    return build_meta.prepare_metadata_for_build_wheel(metadata_directory, config_settings)


get_requires_for_build_editable = get_requires_for_build_wheel
prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def _find_torch():
    for directory in ("purelib", "platlib"):
        path = sysconfig.get_path(directory)
        if path not in sys.path:
            sys.path.append(path)
    if importlib.util.find_spec("torch") is None:
        raise SystemExit(NO_TORCH)
