"""What is in the archive of sources, and what its and a wheel's metadata say. Nothing is compiled:
`make wheel` builds one and tries it."""

import email
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import torch
import torch_act

ROOT = Path(__file__).parents[1]
PACKAGING = ROOT / "tools/packaging"
RELEASE = ".".join(torch.__version__.split(".")[:2])


def _backend(call, cwd=ROOT, **environment):
    """In a process of its own, as pip does: setuptools changes global state."""
    code = f"import sys; sys.path.insert(0, {str(PACKAGING)!r}); import build_backend; {call}"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "TORCH_ACT_CUDA": "0", **environment},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sdist")
    _backend(f"build_backend.build_sdist({str(folder)!r})")
    (path,) = folder.iterdir()
    return path


def _tracked():
    ended = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if ended.returncode != 0:
        pytest.skip("no git repository, which says what the sources are")
    return {name for name in ended.stdout.splitlines() if (ROOT / name).exists()}


def test_the_archive_holds_the_repository(archive):
    with tarfile.open(archive) as files:
        held = {m.name.partition("/")[2] for m in files.getmembers() if m.isfile()}
    written = {name for name in held if ".egg-info/" in name} | {"PKG-INFO", "setup.cfg"}
    of_the_repository_alone = {".ci/run", ".gitignore"}
    assert _tracked() - held == of_the_repository_alone
    # Not yet under version control is no mistake; what a build writes would be.
    assert [n for n in held - _tracked() - written if n.endswith((".so", ".o", "_build.py"))] == []
    assert {"csrc/act/ops.h", "cuda/glu.cu", "tools/packaging/build_backend.py"} <= held


def test_the_archive_needs_no_certain_torch(archive):
    with tarfile.open(archive) as files:
        (member,) = (
            m for m in files.getmembers() if m.name.count("/") == 1 and "PKG-INFO" in m.name
        )
        metadata = email.message_from_bytes(files.extractfile(member).read())
    assert metadata["Version"] == torch_act.__version__
    assert "torch>=2.13" in metadata.get_all("Requires-Dist")


@pytest.mark.parametrize(("label", "local"), [("0", ""), ("1", f"+torch{RELEASE}.cpu")])
def test_a_wheel_needs_the_torch_that_it_was_built_against(tmp_path, label, local):
    call = f"build_backend.prepare_metadata_for_build_wheel({str(tmp_path)!r})"
    _backend(call, TORCH_ACT_LABEL=label)
    (path,) = tmp_path.glob("*.dist-info/METADATA")
    metadata = email.message_from_string(path.read_text())
    assert metadata["Version"] == torch_act.__version__ + local
    major, minor = map(int, RELEASE.split("."))
    (requirement,) = (r for r in metadata.get_all("Requires-Dist") if r.startswith("torch"))
    assert set(requirement.removeprefix("torch").split(",")) == {
        f">={RELEASE}",
        f"<{major}.{minor + 1}",
    }
