"""What the kernels execute: vectors in every loop, and no more instructions than are kept."""

import platform
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))

from instructions import counts, vectorised

pytestmark = [
    pytest.mark.skipif(platform.machine() != "x86_64", reason="reads instructions of x86-64"),
    pytest.mark.skipif(shutil.which("g++") is None, reason="compiles the kernels: no g++"),
]


@pytest.fixture(scope="module")
def stepped():
    if shutil.which("objdump") is None:
        pytest.skip("reads the disassembly: no objdump (binutils)")
    return vectorised.cells()


@pytest.mark.parametrize("instruction_set", ["avx2", "avx512"])
def test_loops_are_vectorised(instruction_set, stepped):
    own = [cell for cell in stepped if cell.instruction_set == instruction_set]
    if not own:
        pytest.skip(f"this processor has no {instruction_set}")
    assert len(own) > 300
    faults = {cell.name: found for cell in own if (found := list(cell.faults()))}
    assert not faults


@pytest.mark.parametrize(
    ("instruction", "scalar"),
    [
        ("vfmadd132ss", True),
        ("addss", True),
        ("vdivsd", True),
        ("vucomiss", True),
        ("cvttss2si", True),
        ("imul", True),
        ("fmul", True),
        ("mulps", False),
        ("vmulpd", False),
        ("vpmuludq", False),
        ("vmovss", False),
        ("add", False),
    ],
)
def test_what_counts_as_scalar(instruction, scalar):
    assert bool(vectorised.SCALAR.fullmatch(instruction)) == scalar


@pytest.mark.parametrize(
    ("instructions", "outside", "fault"),
    [
        (["vmulps %ymm1,%ymm2,%ymm3", "vaddss %xmm1,%xmm2,%xmm3"], 0, "scalar: vaddss"),
        (["vmulps %xmm1,%xmm2,%xmm3"], 0, "no %ymm register"),
        (["vmulps %ymm1,%ymm2,%ymm3", "call 401130 <fmaf@plt>"], 0, "a call: call"),
        (["vmulps %ymm1,%ymm2,%ymm3"], 64, "64 instructions of another library"),
    ],
    ids=["scalar", "half a vector", "call", "outside"],
)
def test_faults_are_found(instructions, outside, fault):
    (found,) = vectorised.Cell("avx2/relu/value/float32", instructions, outside).faults()
    assert found.startswith(fault)


@pytest.fixture(scope="module")
def counted():
    if reason := counts.why_not():
        pytest.skip(f"cannot count: {reason}")
    kept, here = counts.Kept(), counts.environment()
    if kept.environment != here:
        pytest.skip(f"benchmarks/instructions.json was made with {kept.environment}, not {here}")
    return kept, counts.count()


def test_no_count_has_grown(counted):
    """Where it was meant: `python tools/instructions --update`."""
    kept, now = counted
    assert [str(change) for change in counts.grown(kept.changes(now))] == []


def test_every_kernel_is_kept(counted):
    kept, now = counted
    assert now.keys() == kept.counts.keys()


def test_growth_is_found(tmp_path):
    before = {"avx2/relu/value": {"float32": 1000, "float64": 1000}}
    counts.write(before, tmp_path / "kept.json")
    kept = counts.Kept(tmp_path / "kept.json")
    now = {"avx2/relu/value": {"float32": 1049, "float64": 1051}, "avx2/new/value": {"float32": 1}}
    changes = kept.changes(now)
    assert len(changes) == 2
    (change,) = counts.grown(changes)
    assert str(change) == "avx2/relu/value/float64: 1000 to 1051, +5.1 %"
