"""Bugs put into a copy of the pointwise kernels, one by one: the proof must fail on each.

A proof that passes for wrong kernels, too, is none. One formula is enough, which compiles in
seconds.
"""

import hashlib
import shutil
from functools import cache

import pytest
import torch
from activations import FORMULAS
from pointwise_launchers import DOUBLE_BACKWARD, INPUT, VALUE, PointwiseLaunchers
from pointwise_proof import PATHS, beyond_32_bits, misaligned, strided, vectors_and_tail
from ptxsim import PtxError
from ptxsim.compilation import CACHE, NO_NVCC, ROOT, compile_launchers, nvcc
from ptxsim.runtime import Runtime

pytestmark = pytest.mark.skipif(nvcc() is None, reason=NO_NVCC)

CASE = next(case for case in FORMULAS if case.name == "leaky_relu")
KERNELS = ((VALUE, INPUT), (DOUBLE_BACKWARD, INPUT))
DTYPES = (torch.float32, torch.bfloat16)
SOURCES = ("csrc/act", "cuda")

ELEMENTWISE, OFFSETS, OPERANDS = "cuda/elementwise.cuh", "cuda/offsets.cuh", "cuda/operands.h"
STORAGE = "csrc/act/storage.h"

# What it is, where, what stands there, what instead; and the path that must see it.
BUGS = {
    "the tail is dropped": (
        ELEMENTWISE,
        "+ (parts.head + parts.tail > 0)",
        "",
        vectors_and_tail,
    ),
    "the tail begins one too far": (
        ELEMENTWISE,
        "? 0 : parts.vectors * lanes<Stored>",
        "? 0 : parts.vectors * lanes<Stored> + 1",
        vectors_and_tail,
    ),
    "the tail ends one too far": (
        ELEMENTWISE,
        "if (i >= parts.head + parts.tail) return;",
        "if (i > parts.head + parts.tail) return;",
        vectors_and_tail,
    ),
    "the tail ends one too early": (
        ELEMENTWISE,
        "if (i >= parts.head + parts.tail) return;",
        "if (i + 1 >= parts.head + parts.tail) return;",
        vectors_and_tail,
    ),
    "a vector too many is stored": (
        ELEMENTWISE,
        "if (i >= size) break;\n    Vector<Stored> out;",
        "if (i > size) break;\n    Vector<Stored> out;",
        vectors_and_tail,
    ),
    "a vector too many is loaded": (
        ELEMENTWISE,
        "if (i >= size) break;\n#pragma",
        "if (i > size) break;\n#pragma",
        vectors_and_tail,
    ),
    "the second vector is the first again": (
        ELEMENTWISE,
        "++next) {\n#pragma unroll\n"
        "      for (int k = 0; k < inputs; ++k) in[next - 1][k] = in[next][k];",
        "++next) {",
        vectors_and_tail,
    ),
    "the head is not skipped": (
        ELEMENTWISE,
        "std::int64_t{parts.head} * sizeof(Stored) + first",
        "first",
        misaligned,
    ),
    "operands that lie otherwise are read in vectors": (
        ELEMENTWISE,
        "if (misalignment(k) != misalignment(0)) return false;",
        "",
        misaligned,
    ),
    "the result's strides are taken for all": (
        OFFSETS,
        "static_cast<std::uint32_t>(o.strides[d][k])",
        "static_cast<std::uint32_t>(o.strides[d][0])",
        strided,
    ),
    "a quotient is rounded to the nearest": (
        OFFSETS,
        "(__umulhi(n, magic) + n) >> shift",
        "(__umulhi(n, magic) + n + (1u << shift) / 2) >> shift",
        strided,
    ),
    "a block's last element is left out": (
        ELEMENTWISE,
        "if (first + j * threads_per_block >= end) break;",
        "if (first + j * threads_per_block + 1 >= end) break;",
        strided,
    ),
    "a float is cut off where it must be rounded": (
        STORAGE,
        "cvt.rn.bf16.f32",
        "cvt.rz.bf16.f32",
        vectors_and_tail,
    ),
    "a vector's number is of 32 bits": (
        ELEMENTWISE,
        "std::int64_t{blockIdx.x} * tile;\n  if",
        "blockIdx.x * tile;\n  if",
        beyond_32_bits,
    ),
    "the tail's place is of 32 bits": (
        ELEMENTWISE,
        "? 0 : parts.vectors * lanes<Stored>",
        "? 0 : std::uint32_t(parts.vectors * lanes<Stored>)",
        beyond_32_bits,
    ),
    "an offset is of 32 bits": (
        OPERANDS,
        "if (furthest > INT32_MAX) return false;",
        "",
        beyond_32_bits,
    ),
    "every part begins where the whole does": (
        OPERANDS,
        "for (int k = 0; k < count; ++k) result.data[k] += begin * strides[dim][k];",
        "",
        beyond_32_bits,
    ),
}


def texts():
    """The sources by their place in the repository."""
    paths = [path for folder in SOURCES for path in (ROOT / folder).rglob("*") if path.is_file()]
    return {str(path.relative_to(ROOT)): path.read_text() for path in sorted(paths)}


def launchers_of(sources):
    """Compiled from these texts; their folder is named after what they say."""
    digest = hashlib.sha256(repr(sorted(sources.items())).encode()).hexdigest()[:24]
    folder = CACHE / f"sources-{digest}"
    if not folder.exists():
        being_written = CACHE / f"sources-{digest}-{id(sources)}"
        for name, text in sources.items():
            (being_written / name).parent.mkdir(parents=True, exist_ok=True)
            (being_written / name).write_text(text)
        being_written.rename(folder)
    compiled = compile_launchers(
        [ROOT / "tests" / "launchers" / "one_formula.cu"],
        architectures=("sm_80",),
        include=(folder / "csrc", folder / "cuda"),
    )
    shutil.rmtree(folder, ignore_errors=True)
    return PointwiseLaunchers(Runtime(compiled, "sm_80"))


@cache
def launchers_as_they_are():
    return launchers_of(texts())


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
def test_without_a_bug(path):
    for dtype in DTYPES:
        path(launchers_as_they_are(), CASE, dtype, KERNELS)


@pytest.mark.seeded_bug
@pytest.mark.parametrize("bug", BUGS)
def test_bug_is_seen(bug):
    name, right, wrong, path = BUGS[bug]
    sources = texts()
    assert sources[name].count(right) == 1, "the kernels have changed: put the bug in anew"
    sources[name] = sources[name].replace(right, wrong)
    launchers = launchers_of(sources)
    seen = []
    for dtype in DTYPES:
        try:
            path(launchers, CASE, dtype, KERNELS)
        except (AssertionError, PtxError) as error:
            seen.append(error)
    assert seen
