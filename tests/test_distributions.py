"""What is in the archive of sources, and what its and a wheel's metadata say. Nothing is compiled:
`make wheel` builds one and tries it."""

import email
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import torch
import torch_act

ROOT = Path(__file__).parents[1]
RELEASE = ".".join(torch.__version__.split(".")[:2])
OF_THE_REPOSITORY_ALONE = {".ci/run", ".gitignore"}
BUILT = ("_C.cpython-311-x86_64-linux-gnu.so", "_build.py", "lib/libtorch_act.so")
BUILT += ("include/act/ops.h", "share/cmake/TorchAct/TorchActConfig.cmake")


@pytest.fixture(scope="module")
def tracked():
    ended = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if ended.returncode != 0:
        pytest.skip("no git repository, which says what the sources are")
    return {name for name in ended.stdout.splitlines() if (ROOT / name).exists()}


@pytest.fixture(scope="module")
def copy(tmp_path_factory, tracked):
    """Of the sources, since setuptools writes among them, and of what a build leaves there."""
    folder = tmp_path_factory.mktemp("copy")
    for name in tracked:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    for name in BUILT:
        path = folder / "python/torch_act" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def _backend(sources, call, **environment):
    """In a process of its own, as pip does: setuptools changes global state."""
    code = f"import sys; sys.path.insert(0, 'tools/packaging'); import build_backend; {call}"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=sources,
        env={"PATH": "/usr/bin:/bin", "TORCH_ACT_CUDA": "0", **environment},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr


@pytest.fixture(scope="module")
def archive(copy, tmp_path_factory):
    folder = tmp_path_factory.mktemp("archive")
    _backend(copy, f"build_backend.build_sdist({str(folder)!r})")
    (path,) = folder.iterdir()
    return path


def test_the_archive_holds_the_repository(archive, tracked):
    with tarfile.open(archive) as files:
        held = {m.name.partition("/")[2] for m in files.getmembers() if m.isfile()}
    assert tracked - held == OF_THE_REPOSITORY_ALONE
    written = held - tracked
    assert {n for n in written if ".egg-info/" not in n} == {"PKG-INFO", "setup.cfg"}
    assert {"csrc/act/ops.h", "cuda/glu.cu", "tools/packaging/build_backend.py"} <= held


def test_the_archive_needs_no_certain_torch(archive):
    with tarfile.open(archive) as files:
        top = files.getnames()[0].partition("/")[0]
        metadata = email.message_from_bytes(files.extractfile(f"{top}/PKG-INFO").read())
    assert metadata["Version"] == torch_act.__version__
    assert "torch>=2.13" in metadata.get_all("Requires-Dist")


@pytest.fixture(scope="module")
def unpacked(archive, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(archive) as files:
        # Python 3.11.4 and newer; what is unpacked was packed by these tests.
        extraction = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        files.extractall(folder, **extraction)
    (sources,) = folder.iterdir()
    return sources


@pytest.mark.parametrize(("label", "local"), [("0", ""), ("1", f"+torch{RELEASE}.cpu")])
def test_a_wheel_needs_the_torch_that_it_was_built_against(unpacked, tmp_path, label, local):
    call = f"build_backend.prepare_metadata_for_build_wheel({str(tmp_path)!r})"
    _backend(unpacked, call, TORCH_ACT_LABEL=label)
    (path,) = tmp_path.glob("*.dist-info/METADATA")
    metadata = email.message_from_string(path.read_text())
    assert metadata["Version"] == torch_act.__version__ + local
    major, minor = map(int, RELEASE.split("."))
    (requirement,) = (r for r in metadata.get_all("Requires-Dist") if r[:6] in ("torch<", "torch>"))
    assert set(requirement.removeprefix("torch").split(",")) == {
        f">={RELEASE}",
        f"<{major}.{minor + 1}",
    }
