"""The PTX simulator: cvt, comparisons, selects, moves and 16-bit floats."""

import math
import operator
from fractions import Fraction

import numpy as np
import pytest
from ptxsim.assembly import elementwise
from test_ptxsim_floats import F32, F64, U32, U64, exact, floats, rounded, same_bits

U16, F16 = np.uint16, np.float16
ALL = np.arange(1 << 16, dtype=U16)


def bfloat16(bits):
    return (bits.astype(U32) << U32(16)).view(F32)


def nearest_bfloat16(value):
    """Of a Fraction: the nearest of its neighbours, by their distances."""
    below = int(np.array([rounded(value, F32, "rz")], F32).view(U32)[0]) >> 16
    candidates = [c for c in (below - 1, below, below + 1) if c >= 0 and c >> 15 == below >> 15]

    def distance(bits):
        if bits & 0x7FFF == 0x7F80:  # infinity stands for 2^128 here
            number = Fraction(2) ** 128 * (-1 if bits >> 15 else 1)
        else:
            number = Fraction(float(bfloat16(np.array([bits], U16))[0]))
        return abs(number - value), bits & 1

    return min((c for c in candidates if c & 0x7FFF <= 0x7F80), key=distance)


def test_half_types_widen_exactly():
    got = elementwise("cvt.f32.f16 %y, %a;", ALL, result=F32)
    want = ALL.view(F16).astype(F32)
    assert np.array_equal(got, want, equal_nan=True)
    assert np.array_equal(np.signbit(got[got == 0]), np.signbit(want[want == 0]))
    got = elementwise("cvt.f32.bf16 %y, %a;", ALL, result=F32)
    assert np.array_equal(got.view(U32), ALL.astype(U32) << U32(16))


def test_float32_to_float16():
    x = np.concatenate([floats(F32, 4000, 3), ALL.view(F16)[:0x7C00].astype(F32)])
    up = np.nextafter(ALL.view(F16)[:0x7BFF].astype(F32), F32(np.inf))
    middle = (ALL.view(F16)[:0x7BFF].astype(F64) + ALL.view(F16)[1:0x7C00].astype(F64)) / 2
    x = np.concatenate([x, up, -up, middle.astype(F32), np.array([65519.99, 65520], F32)])
    got = elementwise("cvt.rn.f16.f32 %y, %a;", x, result=U16)
    # By the grid: halves below 2^-14 are multiples of 2^-24, above they have 11 digits.
    magnitude = np.abs(x.astype(F64))
    _, exponent = np.frexp(np.maximum(magnitude, 2.0**-14))
    unit = np.ldexp(1.0, exponent - 11)
    want = np.copysign(np.rint(magnitude / unit) * unit, x)
    want[np.abs(want) >= 65520] *= np.inf
    with np.errstate(over="ignore"):
        assert np.array_equal(got, want.astype(F16).view(U16))
    assert elementwise("cvt.rn.f16.f32 %y, %a;", np.array([np.nan], F32), result=U16) == [0x7FFF]


def test_float32_to_bfloat16():
    x = floats(F32, 3000, 4)
    x[:500] = (x[:500].view(U32) & U32(0xFFFF0000) | U32(0x8000)).view(F32)  # ties
    x = np.where(np.isfinite(x), x, F32(1))
    got = elementwise("cvt.rn.bf16.f32 %y, %a;", x, result=U16)
    want = [nearest_bfloat16(v) for v in exact(x)]
    assert np.array_equal(got[x != 0], np.array(want, U16)[x != 0])
    assert elementwise("cvt.rn.bf16.f32 %y, %a;", np.array([-np.nan], F32), result=U16) == [0x7FFF]


def test_float64_to_bfloat16_rounds_once():
    # Half way between two bfloat16, and a hair to either side that float32 doesn't hold.
    ties = np.arange(1, 200, 2) / 256 + 1
    x = np.concatenate([ties * (1 + k * 2.0**-40) for k in (-1, 0, 1)])
    got = elementwise("cvt.rn.bf16.f64 %y, %a;", x, result=U16)
    assert got.tolist() == [nearest_bfloat16(v) for v in exact(x)]


def test_pairs_take_the_first_source_as_the_upper_half():
    a, b = np.array([1.0, 2.0], F32), np.array([0.5, -0.25], F32)
    got = elementwise("cvt.rn.f16x2.f32 %y, %a, %b;", a, b, result=U32)
    assert got.view(F16).tolist() == [0.5, 1.0, -0.25, 2.0]
    got = elementwise("cvt.rn.bf16x2.f32 %y, %a, %b;", a, b, result=U32)
    assert bfloat16(got.view(U16)).tolist() == [0.5, 1.0, -0.25, 2.0]


def test_between_float32_and_float64():
    x = floats(F64, 3000, 5)
    x[::3] = floats(F32, 1000, 6).astype(F64) * (1 + 2.0**-24)  # ties and near them
    for mode in ("rn", "rz", "rm", "rp"):
        got = elementwise(f"cvt.{mode}.f32.f64 %y, %a;", x, result=F32)
        want = [rounded(v, F32, mode) for v in exact(x)]
        assert np.array_equal(got, np.array(want, F32)), mode
    y = floats(F32, 1000, 6)
    assert same_bits(elementwise("cvt.f64.f32 %y, %a;", y, result=F64), y.astype(F64))


INTEGRAL = {
    "rni": lambda v: round(v),
    "rzi": math.trunc,
    "rmi": math.floor,
    "rpi": math.ceil,
}


@pytest.mark.parametrize("mode", INTEGRAL)
@pytest.mark.parametrize("kind", ["u8", "s8", "u16", "s16", "u32", "s32", "u64", "s64"])
@pytest.mark.parametrize("dtype", [F32, F64])
def test_float_to_integer_saturates(dtype, kind, mode):
    x = floats(dtype, 600, 8)
    x[:8] = [0.5, -0.5, 1.5, 2.5, -2.5, 127.5, -128.5, 255.5]
    bits = int(kind[1:])
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if kind[0] == "s" else (0, 2**bits - 1)
    source = "f32" if dtype is F32 else "f64"
    # A register has at least 16 bits; a byte comes out extended.
    result = {8: U16, 16: U16, 32: U32, 64: U64}[bits]
    got = elementwise(f"cvt.{mode}.{kind}.{source} %y, %a;", x, result=result)
    want = [min(max(INTEGRAL[mode](v), low), high) for v in exact(x)]
    assert got.tolist() == [v % (1 << max(bits, 16)) for v in want]


def test_nan_to_integer():
    nan32, nan64 = np.array([np.nan], F32), np.array([np.nan], F64)
    assert elementwise("cvt.rzi.s32.f32 %y, %a;", nan32, result=U32) == [0]
    assert elementwise("cvt.rzi.s64.f32 %y, %a;", nan32, result=U64) == [1 << 63]
    assert elementwise("cvt.rzi.s32.f64 %y, %a;", nan64, result=U32) == [1 << 31]
    assert elementwise("cvt.rzi.s64.f64 %y, %a;", nan64, result=U64) == [1 << 63]


def test_integer_to_float():
    values = [0, 1, 2**24 + 1, 2**24 + 3, 2**31 - 1, 2**31, 2**32 - 1]
    x = np.array(values, U32)
    signed = [v - 2**32 if v >= 2**31 else v for v in values]
    for mode in ("rn", "rz", "rm", "rp"):
        got = elementwise(f"cvt.{mode}.f32.u32 %y, %a;", x, result=F32)
        assert got.tolist() == [rounded(Fraction(v), F32, mode) for v in values]
        got = elementwise(f"cvt.{mode}.f32.s32 %y, %a;", x, result=F32)
        assert got.tolist() == [rounded(Fraction(v), F32, mode) for v in signed]
    wide = [2**53 + 1, 2**53 + 3, 2**64 - 1, 2**40 + 2**16 + 1]
    got = elementwise("cvt.rn.f64.u64 %y, %a;", np.array(wide, U64), result=F64)
    assert got.tolist() == [rounded(Fraction(v), F64) for v in wide]
    got = elementwise("cvt.rn.f32.u64 %y, %a;", np.array(wide, U64), result=F32)
    assert got.tolist() == [rounded(Fraction(v), F32) for v in wide]


def test_between_integers():
    x = np.array([0, 1, 0x7F, 0x80, 0xFF, 0x1234, 0x8000, 0xFFFFFF80, 0x80000000], U32)
    for code, want in {
        "cvt.s32.s8": lambda v: ((v & 0xFF) ^ 0x80) - 0x80,
        "cvt.u32.u8": lambda v: v & 0xFF,
        "cvt.s32.s16": lambda v: ((v & 0xFFFF) ^ 0x8000) - 0x8000,
        "cvt.u32.u16": lambda v: v & 0xFFFF,
        "cvt.sat.u32.s32": lambda v: v if v < 1 << 31 else 0,
        "cvt.sat.s32.u32": lambda v: min(v, 2**31 - 1),
    }.items():
        got = elementwise(f"{code} %y, %a;", x, result=U32)
        assert got.tolist() == [want(v) % 2**32 for v in x.tolist()], code
    got = elementwise("cvt.s64.s32 %y, %a;", x, result=U64)
    assert got.tolist() == [((v ^ 1 << 31) - (1 << 31)) % 2**64 for v in x.tolist()]


COMPARISONS = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}


@pytest.mark.parametrize("name", COMPARISONS)
def test_float_comparisons(name):
    values = [np.nan, -np.inf, -1.0, -0.0, 0.0, 1.0, np.inf]
    a, b = (np.array(grid, F32).reshape(-1) for grid in np.meshgrid(values, values))
    unordered = np.isnan(a) | np.isnan(b)
    code = "setp.{}.f32 %p1, %a, %b; selp.u32 %y, 1, 0, %p1;"
    ordered = elementwise(code.format(name), a, b, result=U32)
    truth = np.array([COMPARISONS[name](p, q) for p, q in zip(a, b, strict=True)])
    assert np.array_equal(ordered, truth & ~unordered)
    either = elementwise(code.format(name + "u"), a, b, result=U32)
    assert np.array_equal(either, truth | unordered)
    assert np.array_equal(elementwise(code.format("nan"), a, b, result=U32), unordered)
    assert np.array_equal(elementwise(code.format("num"), a, b, result=U32), ~unordered)


@pytest.mark.parametrize("kind", ["u32", "s32", "s64", "u64"])
@pytest.mark.parametrize("name", COMPARISONS)
def test_integer_comparisons(name, kind):
    bits = int(kind[1:])
    values = [0, 1, (1 << bits) - 1, 1 << (bits - 1)]
    a, b = (grid.reshape(-1) for grid in np.meshgrid(*[np.array(values, f"u{bits // 8}")] * 2))
    code = f"setp.{name}.{kind} %p1, %a, %b; selp.u32 %y, 1, 0, %p1;"
    x, y = (v.view(f"{'i' if kind[0] == 's' else 'u'}{bits // 8}").tolist() for v in (a, b))
    want = [int(COMPARISONS[name](p, q)) for p, q in zip(x, y, strict=True)]
    assert elementwise(code, a, b, result=U32).tolist() == want


def test_combined_and_double_predicates():
    a = np.arange(8, dtype=U32)
    code = """setp.lt.u32 %p1, %a, 5;
    setp.gt.and.u32 %p2|%p3, %a, 2, %p1;
    selp.u32 %r2, 1, 0, %p2; selp.u32 %r3, 2, 0, %p3; add.u32 %y, %r2, %r3;"""
    # %p3: (not a > 2) and a < 5
    assert elementwise(code, a, result=U32).tolist() == [2, 2, 2, 1, 1, 0, 0, 0]


def test_predicate_logic_and_guards():
    a = np.arange(8, dtype=U32)
    code = """setp.lt.u32 %p1, %a, 4; setp.ge.u32 %p2, %a, 2; and.pred %p3, %p1, %p2;
    not.pred %p4, %p3; mov.u32 %y, 7; @%p3 mov.u32 %y, 1; @!%p4 add.u32 %y, %y, 1;"""
    assert elementwise(code, a, result=U32).tolist() == [7, 7, 2, 2, 7, 7, 7, 7]


def test_selects_by_sign_and_properties():
    a = np.array([-1.0, -0.0, np.nan, np.inf], F32)
    got = elementwise("slct.u32.f32 %y, 1, 2, %a;", a, result=U32)
    assert got.tolist() == [2, 1, 2, 1]
    got = elementwise("testp.finite.f32 %p1, %a; selp.u32 %y, 1, 0, %p1;", a, result=U32)
    assert got.tolist() == [1, 1, 0, 0]


def test_vectors_packed_and_taken_apart():
    a = np.array([0x1122334455667788], U64)
    code = "mov.b64 {%r2, %r3}, %a; mov.b64 %y, {%r3, %r2};"
    assert elementwise(code, a, result=U64).tolist() == [0x5566778811223344]
    code = "mov.b64 {%h1, %h2, %h3, %h4}, %a; mov.b32 %y, {%h4, %h1};"
    assert elementwise(code, a, result=U32).tolist() == [0x77881122]


@pytest.mark.parametrize("kind", ["f16", "bf16"])
@pytest.mark.parametrize("name", ["add", "sub", "mul", "fma", "min", "max"])
def test_half_arithmetic_rounds_once(name, kind):
    generator = np.random.default_rng(9)
    widen = (
        (lambda u: u.view(F16).astype(F64))
        if kind == "f16"
        else (lambda u: bfloat16(u).astype(F64))
    )
    infinite = 0x7C00 if kind == "f16" else 0x7F80
    finite = ALL[ALL & infinite != infinite]
    a, b, c = (generator.choice(finite, 3000) for _ in range(3))
    sources, operands = ((a, b, c), "%a, %b, %c") if name == "fma" else ((a, b), "%a, %b")
    rounding = ".rn" if name == "fma" else ""
    got = elementwise(f"{name}{rounding}.{kind} %y, {operands};", *sources, result=U16)
    function = {
        "add": lambda a, b, c: a + b,
        "sub": lambda a, b, c: a - b,
        "mul": lambda a, b, c: a * b,
        "fma": lambda a, b, c: a * b + c,
        "min": lambda a, b, c: min(a, b),
        "max": lambda a, b, c: max(a, b),
    }[name]
    columns = zip(*(exact(widen(v)) for v in (a, b, c)), strict=True)
    for bits, value in zip(got, (function(*v) for v in columns), strict=True):
        if kind == "bf16":
            want = nearest_bfloat16(value) if value else 0
        else:
            with np.errstate(over="ignore"):
                # To odd in double by hand, then once to half.
                nearest = rounded(value, F64)
                if exact([nearest])[0] != value and not nearest.view(U64) & U64(1):
                    other = np.inf if value > exact([nearest])[0] else -np.inf
                    nearest = np.nextafter(nearest, other)
                want = int(nearest.astype(F16).view(U16))
        assert int(bits) == want or bits & 0x7FFF == want & 0x7FFF == 0


def test_half_pairs_are_two_halves():
    a = np.array([0x3C004000], U32)  # 2 and 1
    got = elementwise("add.f16x2 %y, %a, %a;", a, result=U32)
    assert got.view(F16).tolist() == [4.0, 2.0]
    got = elementwise("neg.f16x2 %y, %a;", a, result=U32)
    assert got.view(F16).tolist() == [-2.0, -1.0]
