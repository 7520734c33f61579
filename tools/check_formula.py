"""Measure the accuracy of one formula header, alone.

    python tools/check_formula.py silu                     # Silu of csrc/act/formulas/silu.h
    python tools/check_formula.py celu --first 0.3         # with a parameter
    python tools/check_formula.py gelu_tanh                # of a variant
    python tools/check_formula.py silu --vectorised  # does every loop, per instruction set?
    python tools/check_formula.py silu --stride 1          # all 2^32 floats

Needs the header and the catalogue's entry, not the built library. Prints, for value (0), derivative
(1) and second derivative (2), the largest error in ulp and where it is: double against ball
arithmetic (torch_act/accuracy/reference.py), float against the formula in double.
"floored" counts ulp of the exact result or of 0.1, whichever is larger, for the second derivative
where |x| < 4, for the derivative in the intervals of torch_act/accuracy/ulp.py: near the zero of a
derivative only that can be small. Exits with 1 where float value or derivative exceed 2 (floored)
ulp, double 4, second derivatives 4 and 8, or a result is of a wrong kind.
"""

import argparse
import ctypes
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
sys.path.append(str(ROOT / "python" / "torch_act"))  # the package itself needs the built library

from catalogue import BY_NAME  # noqa: E402

FLAGS = [
    "-std=c++20",
    "-O3",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-ffp-contract=off",
    "-Wall",
    "-Wextra",
    "-fPIC",
]
BLOCK = 1 << 16  # floats at a time
TARGETS = {
    "avx2": ["-mavx2", "-mfma", "-mf16c"],
    "avx512": [
        "-mavx512f",
        "-mavx512bw",
        "-mavx512dq",
        "-mavx512vl",
        "-mfma",
        "-mf16c",
        "-mprefer-vector-width=512",
    ],
}


class Counts(ctypes.Structure):
    """act::accuracy::Errors."""

    _fields_ = [
        ("counted", ctypes.c_int64),
        ("correctly_rounded", ctypes.c_int64),
        ("wrong_kind", ctypes.c_int64),
        ("wrong_sign", ctypes.c_int64),
        ("worst", ctypes.c_double),
        ("worst_at", ctypes.c_float),
        ("worst_floored", ctypes.c_double),
        ("worst_floored_at", ctypes.c_float),
    ]


def compile_formula(name, formula, folder, target="avx2", extra=()):
    library = Path(folder) / f"{formula}.so"
    command = [
        "g++",
        *FLAGS,
        *TARGETS[target],
        *extra,
        "-I",
        str(ROOT / "csrc"),
        "-shared",
        "-o",
        str(library),
    ]
    command += [
        f'-DFORMULA_HEADER="act/formulas/{name}.h"',
        f"-DFORMULA={formula}",
        str(ROOT / "tools/check_formula.cpp"),
    ]
    return library, subprocess.run(command, capture_output=True, text=True, check=False)


def vectorised(name, formula):
    """The loops of `evaluate` that stayed scalar, for each target."""
    lines = (ROOT / "tools/check_formula.cpp").read_text().splitlines()
    loops = [k for k, line in enumerate(lines, 1) if "out[i] = formula." in line]
    clean = True
    with tempfile.TemporaryDirectory() as folder:
        for target in TARGETS:
            _, done = compile_formula(name, formula, folder, target, ["-fopt-info-vec"])
            if done.returncode:
                sys.exit(done.stderr)
            found = [
                int(m)
                for m in re.findall(
                    r"check_formula\.cpp:(\d+):\d+: optimized: loop vectorized", done.stderr
                )
            ]
            counts = {k: found.count(k) for k in loops}
            print(f"{formula} {target}: loops vectorised, by source line: {counts}")
            clean &= all(counts[k] >= 2 for k in loops[:3])  # float and double
    return clean


def catalogued(name):
    """The entry and the default parameters of an op, or of <op>_<variant>."""
    op, _, variant = (name, "", None) if name in BY_NAME else name.rpartition("_")
    sets = BY_NAME[op].parameter_sets
    return BY_NAME[op], next(p for p in sets if variant is None or variant in p.values())


def points_of_double(stretch=1.0, count=20000):
    generator = np.random.default_rng(7)
    share = count // 10
    exponents = generator.integers(-1074, 199, share)
    magnitudes = np.concatenate(
        [
            np.ldexp(1 + generator.random(share), exponents),
            np.ldexp(1 + generator.random(share), generator.integers(-60, 10, share)),
            stretch * generator.uniform(0, 1, 3 * share),
            stretch * generator.uniform(0, 45, 3 * share),
            stretch * generator.uniform(0, 800, share),
            stretch * generator.uniform(690, 760, share),
        ]
    )
    return np.unique(magnitudes * generator.choice([-1.0, 1.0], len(magnitudes)))


def floored_interval(name, order, stretch):
    """Where the floor of 0.1 counts: for the derivative as in the tests, for f'' around 0."""
    if order == 2:
        return -4 * stretch, 4 * stretch
    from accuracy.ulp import CANCELLING

    entry, parameters = catalogued(name)
    variant = parameters.get(entry.variant_argument, "")
    return CANCELLING.get((entry.name, variant), (0.0, 0.0)) if order == 1 else (0.0, 0.0)


def check_double(run, name, definition, parameters, stretch, ceiling):
    import torch
    from accuracy.reference import Reference
    from accuracy.ulp import error

    points = points_of_double(stretch)
    reference = Reference(definition, parameters)
    exact = reference.at(points, 5e-324)
    good = True
    for order in range(3):
        result = run(np.float64, order, points)
        plain = error(result, exact.high[order], exact.low[order], torch.float64)
        low, high = floored_interval(name, order, stretch)
        floor = np.where((points > low) & (points < high), 0.1, 0.0)
        floored = error(result, exact.high[order], exact.low[order], torch.float64, floor)
        worst, worst_floored = plain.argmax(), floored.argmax()
        print(
            f"  double f{chr(39) * order:2} {plain[worst]:9.3f} ulp at {points[worst]:.17g}"
            f"   floored {floored[worst_floored]:6.3f} at {points[worst_floored]:.17g}"
        )
        good &= bool(floored[worst_floored] <= ceiling[order])
        special = run(np.float64, order, np.array([np.nan, -np.nan]))
        good &= bool(np.isnan(special).all())
    return good


def check_float(run, library, name, parameters, stride, stretch, ceiling):
    from accuracy.errors import Errors

    library.measure_errors.restype = Counts
    # The float formula computes with parameters rounded to float.
    rounded = tuple(map(float, np.float32(parameters)))
    good = True
    for order in range(3):
        total, start = Errors(), time.perf_counter()
        interval = [ctypes.c_double(x) for x in floored_interval(name, order, stretch)]
        for begin in range(0, 1 << 32, BLOCK * stride):
            patterns = np.arange(begin, min(begin + BLOCK * stride, 1 << 32), stride, np.uint32)
            x = patterns.view(np.float32)
            with np.errstate(invalid="ignore"):  # signalling NaNs
                exact = run(np.float64, order, x.astype(np.float64), rounded)
            arrays = (x, run(np.float32, order, x), exact)
            pointers = [a.ctypes.data_as(ctypes.c_void_p) for a in arrays]
            found = library.measure_errors(
                *pointers, ctypes.c_int64(len(x)), *interval, ctypes.c_double(0.1)
            )
            total.add(Errors(**{field: getattr(found, field) for field, _ in found._fields_}))
        print(
            f"  float  f{chr(39) * order:2} {total.worst:9.3f} ulp at {total.worst_at:.9g}"
            f"   floored {total.worst_floored:6.3f} at {total.worst_floored_at:.9g}"
            f"   of a wrong kind {total.wrong_kind}, wrong signs {total.wrong_sign}"
            f"   ({time.perf_counter() - start:.1f} s)"
        )
        good &= total.worst_floored <= ceiling[order] and total.wrong_kind == 0
    return good


def nanoseconds(library, order, parameters):
    """Per float, in cache."""
    x = np.random.default_rng(0).normal(0, 3, 4096).astype(np.float32)
    out = np.empty_like(x)
    library.nanoseconds.restype = ctypes.c_double
    pointers = [a.ctypes.data_as(ctypes.c_void_p) for a in (x, out)]
    scalars = [ctypes.c_int(order), *map(ctypes.c_double, parameters)]
    return library.nanoseconds(*scalars, *pointers, ctypes.c_int64(len(x)))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name")
    parser.add_argument("--first", type=float, help="the first parameter")
    parser.add_argument("--second", type=float, help="the second one")
    parser.add_argument(
        "--stretch", type=float, default=1.0, help="the scale of x on which something happens"
    )
    parser.add_argument("--stride", type=int, default=397)
    parser.add_argument("--target", default="avx2", choices=TARGETS)
    parser.add_argument("--vectorised", action="store_true")
    parser.add_argument("--no-double", action="store_true")
    parser.add_argument("--no-float", action="store_true")
    options = parser.parse_args()
    formula = "".join(part.capitalize() for part in options.name.split("_"))
    if options.vectorised:
        sys.exit(0 if vectorised(options.name, formula) else 1)
    entry, defaults = catalogued(options.name)
    definition, numbers = entry.definition(defaults), entry.numbers_of(defaults)
    given = dict(zip(numbers, (options.first, options.second), strict=False))
    numbers |= {name: value for name, value in given.items() if value is not None}
    parameters = (*numbers.values(), 0.0, 0.0)[:2]
    with tempfile.TemporaryDirectory() as folder:
        path, done = compile_formula(options.name, formula, folder, options.target)
        if done.stderr:
            print(done.stderr)
        if done.returncode:
            sys.exit(1)
        library = ctypes.CDLL(str(path))

        def run(dtype, order, x, used=parameters):
            x = np.ascontiguousarray(x, dtype)
            out = np.empty_like(x)
            function = library.evaluate_float if dtype == np.float32 else library.evaluate_double
            function(
                ctypes.c_int(order),
                *map(ctypes.c_double, used),
                x.ctypes.data_as(ctypes.c_void_p),
                out.ctypes.data_as(ctypes.c_void_p),
                ctypes.c_int64(len(x)),
            )
            return out

        times = " ".join(f"{nanoseconds(library, order, parameters):.3f}" for order in range(3))
        print(f"{formula} {parameters}: {times} ns per float for f, f', f'' ({options.target})")
        specials = np.array([0.0, -0.0, np.inf, -np.inf, np.nan])
        for dtype in (np.float32, np.float64):
            rows = "; ".join(
                " ".join(f"{v:g}" for v in run(dtype, order, specials)) for order in range(3)
            )
            print(f"  at 0, -0, inf, -inf, nan: {rows}")
        good = True
        if not options.no_double:
            good &= check_double(run, options.name, definition, numbers, options.stretch, (4, 4, 8))
        if not options.no_float:
            good &= check_float(
                run, library, options.name, parameters, options.stride, options.stretch, (2, 2, 4)
            )
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
