"""Measure the accuracy of one formula header, alone.

    python tools/check_formula.py silu                     # Silu of csrc/act/formulas/silu.h
    python tools/check_formula.py celu --first 0.3         # with a parameter
    python tools/check_formula.py gelu --formula GeluTanh --definition "x*(1+tanh(...))/2"
    python tools/check_formula.py silu --vectorised  # does every loop, per instruction set?
    python tools/check_formula.py silu --stride 1          # all 2^32 floats

Prints, for value (0), derivative (1) and second derivative (2), the largest error in ulp and where
it is: double against ball arithmetic (tests/reference.py), float against the formula in double.
"floored" counts ulp of the exact result or of 0.1, whichever is larger, for the second derivative
where |x| < 4, for the derivative in the intervals of tests/ulp.py: near the zero of a derivative
only that can be small. Exits with 1 where float value or derivative exceed 2 (floored) ulp, double
4, second derivatives 4 and 8, or a NaN is wrong.
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

ONE = "1/(1+exp(-x))"
# As in torch_act.catalogue: (condition, expression); a and b are the parameters.
DEFINITIONS = {
    "sigmoid": [("True", ONE)],
    "silu": [("True", "x/(1+exp(-x))")],
    "tanh": [("True", "tanh(x)")],
    "tanhshrink": [("True", "x-tanh(x)")],
    "softplus": [("x*a > b", "x"), ("True", "(1+exp(a*x)).log()/a")],
    "logsigmoid": [("True", "-(1+exp(-x)).log()")],
    "elu": [("x > 0", "x"), ("True", "a*(exp(x)-1)")],
    "celu": [("(x > 0) if a > 0 else (x >= 0)", "x"), ("True", "a*(exp(x/a)-1)")],
    "selu": [
        ("x > 0", "1.0507009873554804934193349852946*x"),
        ("True", "1.0507009873554804934193349852946*1.6732632423543772848170429916717*(exp(x)-1)"),
    ],
    "mish": [("True", "x*tanh((1+exp(x)).log())")],
    "gelu": [("True", "x*erfc(-x/sqrt(2+0*x))/2")],
}
DEFAULTS = {"softplus": (1.0, 20.0), "elu": (1.0, 0.0), "celu": (1.0, 0.0)}


class Worst(ctypes.Structure):
    _fields_ = [
        ("error", ctypes.c_double),
        ("at", ctypes.c_double),
        ("floored_error", ctypes.c_double),
        ("floored_at", ctypes.c_double),
        ("wrong_nan", ctypes.c_int64),
        ("wrong_sign", ctypes.c_int64),
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
    from ulp import CANCELLING

    return (
        CANCELLING.get((name, ""), CANCELLING.get((name, "none"), (0.0, 0.0)))
        if order == 1
        else (0.0, 0.0)
    )


def check_double(run, name, definition, parameters, stretch, ceiling):
    import torch
    from reference import Reference
    from ulp import error

    points = points_of_double(stretch)
    reference = Reference(definition, dict(zip("ab", parameters, strict=True)))
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


def check_float(library, name, parameters, stride, stretch, ceiling):
    good = True
    for order in range(3):
        worst, start = Worst(-1, 0, -1, 0, 0, 0), time.perf_counter()
        arguments = [ctypes.c_int(order), *map(ctypes.c_double, parameters)]
        library.compare(
            *arguments,
            ctypes.c_uint64(0),
            ctypes.c_uint64(1 << 32),
            ctypes.c_uint64(stride),
            *map(ctypes.c_double, floored_interval(name, order, stretch)),
            ctypes.byref(worst),
        )
        print(
            f"  float  f{chr(39) * order:2} {worst.error:9.3f} ulp at {worst.at:.9g}"
            f"   floored {worst.floored_error:6.3f} at {worst.floored_at:.9g}"
            f"   wrong NaN {worst.wrong_nan}, signs of zero {worst.wrong_sign}"
            f"   ({time.perf_counter() - start:.1f} s)"
        )
        good &= worst.floored_error <= ceiling[order] and worst.wrong_nan == 0
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
    parser.add_argument("--formula")
    parser.add_argument("--definition", help="of the value, in x, a, b; see tests/reference.py")
    parser.add_argument("--first", type=float)
    parser.add_argument("--second", type=float)
    parser.add_argument(
        "--stretch", type=float, default=1.0, help="the scale of x on which something happens"
    )
    parser.add_argument("--stride", type=int, default=397)
    parser.add_argument("--target", default="avx2", choices=TARGETS)
    parser.add_argument("--vectorised", action="store_true")
    parser.add_argument("--no-double", action="store_true")
    parser.add_argument("--no-float", action="store_true")
    options = parser.parse_args()
    formula = options.formula or "".join(part.capitalize() for part in options.name.split("_"))
    if options.vectorised:
        sys.exit(0 if vectorised(options.name, formula) else 1)
    defaults = DEFAULTS.get(options.name, (0.0, 0.0))
    parameters = (
        defaults[0] if options.first is None else options.first,
        defaults[1] if options.second is None else options.second,
    )
    definition = [("True", options.definition)] if options.definition else DEFINITIONS[options.name]
    with tempfile.TemporaryDirectory() as folder:
        path, done = compile_formula(options.name, formula, folder, options.target)
        if done.stderr:
            print(done.stderr)
        if done.returncode:
            sys.exit(1)
        library = ctypes.CDLL(str(path))

        def run(dtype, order, x):
            x = np.ascontiguousarray(x, dtype)
            out = np.empty_like(x)
            function = library.evaluate_float if dtype == np.float32 else library.evaluate_double
            function(
                ctypes.c_int(order),
                *map(ctypes.c_double, parameters),
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
            good &= check_double(
                run, options.name, definition, parameters, options.stretch, (4, 4, 8)
            )
        if not options.no_float:
            good &= check_float(
                library, options.name, parameters, options.stride, options.stretch, (2, 2, 4)
            )
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
