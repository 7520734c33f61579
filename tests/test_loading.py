"""What `import torch_act` says where the library cannot be loaded into the torch that is there."""

import sys
from types import ModuleType

import pytest
import torch
from torch_act._loading import load_library


def _built_against(monkeypatch, version):
    build = ModuleType("torch_act._build")
    build.TORCH_VERSION = version
    monkeypatch.setitem(sys.modules, "torch_act._build", build)


@pytest.mark.parametrize("other", ["2.12.1+cpu", "2.99.0+cu130", "3.13.0"])
def test_another_torch(monkeypatch, other):
    _built_against(monkeypatch, other)
    # Compared before anything is loaded.
    monkeypatch.setitem(sys.modules, "torch_act._C", None)
    expected = rf"built against torch {other.replace('+', '.')}, this is torch {torch.__version__}"
    with pytest.raises(ImportError, match=expected.replace("+", ".")) as raised:
        load_library(torch.__version__)
    assert "pip install --force-reinstall --no-deps --no-cache-dir torch-act" in str(raised.value)


def test_the_same_release(monkeypatch):
    release = ".".join(torch.__version__.split(".")[:2])
    _built_against(monkeypatch, f"{release}.99+cu130")
    assert load_library(torch.__version__) is sys.modules["torch_act._C"]


def test_not_built(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch_act._build", None)
    with pytest.raises(ImportError, match=r"torch_act is not built.*pip install"):
        load_library(torch.__version__)
