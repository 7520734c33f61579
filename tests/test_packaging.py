"""Which toolkit a build takes and what it says when something is missing, with toolkits that are
only scripts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "tools/packaging"))

from cuda_toolkit import (
    BuildError,
    Toolkit,
    choose_architectures,
    choose_toolkit,
    find_toolkit,
)


def _make_toolkit(home: Path, release: str) -> Path:
    """An nvcc that says no more than its release and its home; the latter only when asked."""
    nvcc = home / "bin/nvcc"
    nvcc.parent.mkdir(parents=True)
    nvcc.write_text(
        "#!/bin/sh\n"
        'case "$1" in\n'
        f'--version) echo "Cuda compilation tools, release {release}, V{release}.1" ;;\n'
        f"--dryrun) echo '#$ _HERE_={home}/bin'; echo '#$ TOP={home}/bin/..' ;;\n"
        "esac\n"
    )
    nvcc.chmod(0o755)
    return nvcc


@pytest.mark.parametrize("variable", ["CUDA_HOME", "CUDA_PATH"])
def test_a_toolkit_is_found_by_its_variable(tmp_path, variable):
    _make_toolkit(tmp_path / "cuda", "13.2")
    _make_toolkit(tmp_path / "other", "12.8")
    environment = {variable: str(tmp_path / "cuda"), "PATH": str(tmp_path / "other/bin")}
    assert find_toolkit(environment) == Toolkit(tmp_path / "cuda", "13.2")


def test_a_toolkit_is_found_on_the_path(tmp_path):
    _make_toolkit(tmp_path / "cuda", "12.8")
    assert find_toolkit({"PATH": str(tmp_path / "cuda/bin")}) == Toolkit(tmp_path / "cuda", "12.8")


@pytest.mark.parametrize("kind", ["link", "script"])
def test_the_home_is_the_toolkits_though_nvcc_on_the_path_is_not(tmp_path, kind):
    nvcc = _make_toolkit(tmp_path / "cuda", "13.0")
    elsewhere = tmp_path / "bin/nvcc"
    elsewhere.parent.mkdir()
    if kind == "link":
        elsewhere.symlink_to(nvcc)
    else:
        elsewhere.write_text(f'#!/bin/sh\nexec {nvcc} "$@"\n')
        elsewhere.chmod(0o755)
    assert find_toolkit({"PATH": str(elsewhere.parent)}) == Toolkit(tmp_path / "cuda", "13.0")


def test_a_home_without_nvcc_is_an_error(tmp_path):
    with pytest.raises(BuildError, match=r"CUDA_HOME .* no .*bin/nvcc"):
        find_toolkit({"CUDA_HOME": str(tmp_path)})


CUDA_13 = Toolkit(Path("/toolkit"), "13.0")
CUDA_TORCH = ("2.14.1+cu132", "13.2")
CPU_TORCH = ("2.13.0+cpu", None)


@pytest.mark.parametrize("wanted", [None, "", "0", "1"])
def test_the_kernels_are_built_where_torch_and_nvcc_are_there(wanted):
    expected = None if wanted == "0" else CUDA_13
    assert choose_toolkit(*CUDA_TORCH, wanted, lambda: CUDA_13) == expected


def test_otherwise_the_cpu_kernels_alone(capsys):
    assert choose_toolkit(*CUDA_TORCH, None, lambda: None) is None
    assert "no nvcc" in capsys.readouterr().err


@pytest.mark.parametrize(("torch", "wanted"), [(CPU_TORCH, None), (CUDA_TORCH, "0")])
def test_no_toolkit_is_sought_where_none_is_needed(torch, wanted):
    assert choose_toolkit(*torch, wanted, lambda: pytest.fail("sought")) is None


def test_asked_for_they_must_be_possible():
    with pytest.raises(BuildError, match=r"TORCH_ACT_CUDA=1 .* torch 2\.13\.0\+cpu has no CUDA"):
        choose_toolkit(*CPU_TORCH, "1", lambda: CUDA_13)
    with pytest.raises(BuildError, match=r"CUDA 13\.2, .* no nvcc.*TORCH_ACT_CUDA=1"):
        choose_toolkit(*CUDA_TORCH, "1", lambda: None)
    with pytest.raises(BuildError, match="0 or 1, got 'yes'"):
        choose_toolkit(*CUDA_TORCH, "yes", lambda: CUDA_13)


@pytest.mark.parametrize("wanted", [None, "1"])
def test_another_major_version_is_an_error(wanted):
    expected = r"CUDA 13\.2, but the toolkit in /toolkit is 12\.8.*TORCH_ACT_CUDA=0"
    with pytest.raises(BuildError, match=expected):
        choose_toolkit(*CUDA_TORCH, wanted, lambda: Toolkit(Path("/toolkit"), "12.8"))


def test_the_default_architectures_come_from_one_ptx():
    chosen = choose_architectures(None, 0)
    code = "[sm_80,sm_90,sm_100,sm_120,compute_80]"
    assert chosen.flags == ("-gencode", f"arch=compute_80,code={code}")
    assert chosen.names == "sm_80 sm_90 sm_100 sm_120 compute_80"
    assert choose_architectures(" ", 0) == chosen


@pytest.mark.parametrize("listed", ["9.0+PTX", "8.0;9.0", "8.0 9.0", "Hopper"])
def test_a_list_is_left_to_torch(listed):
    chosen = choose_architectures(listed, 0)
    assert chosen.flags == ()
    assert chosen.names == listed.replace(";", " ")


def test_native_needs_a_gpu():
    with pytest.raises(BuildError, match=r"TORCH_CUDA_ARCH_LIST=native .* none"):
        choose_architectures("native", 0)
    assert choose_architectures("native", 1).flags == ()


SETUP = Path(__file__).parents[1] / "setup.py"


def test_setup_ends_before_it_compiles(tmp_path):
    # In a folder without sources: had it got further, it would have found none.
    ended = subprocess.run(
        [sys.executable, SETUP, "build_ext"],
        cwd=tmp_path,
        env={**os.environ, "TORCH_ACT_CUDA": "maybe"},
        capture_output=True,
        text=True,
    )
    assert ended.returncode != 0
    assert "expected TORCH_ACT_CUDA to be 0 or 1, got 'maybe'" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert list(tmp_path.iterdir()) == []
