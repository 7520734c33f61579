"""The PTX simulator: every formula gives the bits that g++ gives it, NaN's payload excepted."""

import ctypes
from pathlib import Path

import numpy as np
import pytest
from ptxsim.compilation import ARCHITECTURES, NO_NVCC, compile_launchers, nvcc
from ptxsim.runtime import Runtime

pytestmark = pytest.mark.skipif(nvcc() is None, reason=NO_NVCC)

SOURCE = Path(__file__).parent / "ptxsim" / "kernels" / "formulas.cu"
BITS = {np.float32: np.uint32, np.float64: np.uint64}


@pytest.fixture(scope="module")
def compiled():
    return compile_launchers([SOURCE], flags=["-Xcompiler", "-ffp-contract=off"])


def inputs(dtype):
    """Every binade's ends and a few of its numbers, and what is interesting by itself."""
    limits = np.finfo(dtype)
    step = 1 if dtype is np.float32 else 8
    exponents = np.arange(limits.minexp - limits.nmant, limits.maxexp, step)
    binades = np.ldexp(dtype(1), exponents)
    generator = np.random.default_rng(1)
    numbers = np.concatenate(
        [
            binades,
            np.nextafter(binades, dtype(0)),
            binades * generator.uniform(1, 2, len(binades)).astype(dtype),
            generator.uniform(0, 30, 600).astype(dtype),
            np.arange(0, 24, 0.25, dtype),
        ]
    ).astype(dtype)
    special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, limits.max, -limits.max], dtype)
    return np.concatenate([numbers, -numbers, special])


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_formulas_have_the_same_bits(compiled, dtype, architecture):
    runtime = Runtime(compiled, architecture)
    library = runtime.library
    library.formula_name.restype = ctypes.c_char_p
    library.formula_default.restype = ctypes.c_double
    function = library.formulas_float32 if dtype is np.float32 else library.formulas_float64
    x = inputs(dtype)
    differing = {}
    for index in range(library.formula_count()):
        parameters = [ctypes.c_double(library.formula_default(index, p)) for p in (0, 1)]
        on_host = np.empty(3 * len(x), dtype)
        size = ctypes.c_int64(len(x))
        pointers = [ctypes.c_void_p(a.ctypes.data) for a in (x, on_host)]
        function(index, *pointers, size, *parameters, False)
        a, b = runtime.memory.upload(x), runtime.memory.empty(3 * len(x), dtype)
        pointers = [ctypes.c_void_p(a), ctypes.c_void_p(b)]
        runtime.call(function, index, *pointers, size, *parameters, True)
        on_device = runtime.memory.download(b, 3 * len(x), dtype)
        same = on_device.view(BITS[dtype]) == on_host.view(BITS[dtype])
        same |= np.isnan(on_device) & np.isnan(on_host)
        if not same.all():
            name = library.formula_name(index).decode()
            differing[name] = [(x[i // 3], i % 3) for i in np.flatnonzero(~same)[:3]]
    assert len(runtime.launches) == library.formula_count()
    assert differing == {}
