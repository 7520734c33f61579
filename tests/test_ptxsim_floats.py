"""The PTX simulator: float32 and float64 arithmetic, against exact rational numbers."""

from fractions import Fraction

import numpy as np
import pytest
from ptxsim.assembly import elementwise
from ptxsim.errors import Unsupported
from ptxsim.rounding import fma32, fma64

F32, F64, U32, U64 = np.float32, np.float64, np.uint32, np.uint64
NAN32 = 0x7FFFFFFF
FORMATS = {F32: (24, -149, U32), F64: (53, -1074, U64)}


def rounded(value, dtype, mode="rn"):
    """A Fraction to the dtype, by integers only; the sign of zero is the caller's."""
    digits, lowest, _ = FORMATS[dtype]
    if value == 0:
        return dtype(0)
    sign, magnitude = (-1 if value < 0 else 1), abs(value)
    exponent = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
    if magnitude < Fraction(2) ** exponent:
        exponent -= 1
    unit = max(exponent - digits + 1, lowest)
    scaled = magnitude / Fraction(2) ** unit
    whole, rest = divmod(scaled.numerator, scaled.denominator)
    rest = Fraction(rest, scaled.denominator)
    up = {
        "rn": rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole & 1 == 1),
        "rz": False,
        "rp": rest > 0 and sign > 0,
        "rm": rest > 0 and sign < 0,
    }[mode]
    whole += up
    if whole.bit_length() + unit > 1 - lowest - digits + 2:  # beyond the largest number
        largest = mode == "rz" or (mode, sign) in (("rp", -1), ("rm", 1))
        return sign * (np.finfo(dtype).max if largest else dtype(np.inf))
    return dtype(np.ldexp(F64(sign * whole), unit))  # exact


def floats(dtype, count, seed):
    """All magnitudes, ties of all kinds, and few enough digits that products cancel."""
    generator = np.random.default_rng(seed)
    bits = FORMATS[dtype][2]
    raw = generator.integers(0, np.iinfo(bits).max, count, dtype=bits, endpoint=True)
    values = raw.view(dtype)
    values = np.where(np.isfinite(values), values, dtype(1.5))
    near = np.ldexp(generator.integers(-64, 64, count), generator.integers(-8, 8, count))
    near = near.astype(dtype)
    near[::3] *= dtype(1 + np.finfo(dtype).eps)
    return np.where(np.arange(count) % 2 == 0, near, values)


def same_bits(got, want):
    bits = FORMATS[got.dtype.type][2]
    return np.array_equal(got.view(bits), np.asarray(want, got.dtype).view(bits))


def exact(values):
    return [Fraction(float(value)) for value in values]


@pytest.mark.parametrize("dtype", [F32, F64])
@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "fma"])
def test_rounds_once(name, dtype):
    a, b, c = (floats(dtype, 3000, seed) for seed in range(3))
    b[b == 0] = 1
    with np.errstate(over="ignore"):
        c[::5] = -(a[::5] * b[::5])  # the sum is what the product alone rounds away
    function = {
        "add": lambda a, b, c: a + b,
        "sub": lambda a, b, c: a - b,
        "mul": lambda a, b, c: a * b,
        "div": lambda a, b, c: a / b,
        "fma": lambda a, b, c: a * b + c,
    }[name]
    finite = np.isfinite(c)
    a, b, c = a[finite], b[finite], c[finite]
    sources = (a, b, c) if name == "fma" else (a, b)
    kind = "f32" if dtype is F32 else "f64"
    rounding = "" if name in ("add", "sub", "mul") else ".rn"
    operands = "%a, %b, %c" if name == "fma" else "%a, %b"
    got = elementwise(f"{name}{rounding}.{kind} %y, {operands};", *sources, result=dtype)
    want = [rounded(function(*v), dtype) for v in zip(exact(a), exact(b), exact(c), strict=True)]
    assert np.array_equal(got, np.array(want, dtype))


@pytest.mark.parametrize("mode", ["rn", "rz", "rm", "rp"])
@pytest.mark.parametrize("name", ["add", "mul", "fma"])
def test_directed_roundings(name, mode):
    a, b, c = (floats(F32, 2000, seed) for seed in range(3))
    operands = "%a, %b, %c" if name == "fma" else "%a, %b"
    sources = (a, b, c) if name == "fma" else (a, b)
    got = elementwise(f"{name}.{mode}.f32 %y, {operands};", *sources, result=F32)
    function = {"add": lambda a, b, c: a + b, "mul": lambda a, b, c: a * b}.get(
        name, lambda a, b, c: a * b + c
    )
    want = [
        rounded(function(*v), F32, mode) for v in zip(exact(a), exact(b), exact(c), strict=True)
    ]
    assert np.array_equal(got, np.array(want, F32))


def test_fma_where_a_double_would_round_twice():
    # (1 + ε)(1 - ε) = 1 - ε²: half a unit of c, less a hair that no double beside c holds.
    up, down = 1 + 2.0**-23, 1 - 2.0**-23
    for c, half in ((1 + 2.0**-23, 2.0**-12), (2.0**-127 + 2.0**-149, 2.0**-75)):
        for sign in (1, -1):
            factors = [sign * up * half, down * half, c]
            x, y, z = (np.array([value], F32) for value in factors)
            want = rounded(exact(x)[0] * exact(y)[0] + exact(z)[0], F32)
            assert fma32(x, y, z)[0] == want
            assert F32(F64(x[0]) * F64(y[0]) + F64(z[0])) != want


def test_fma64_at_the_ends_of_the_range():
    generator = np.random.default_rng(5)
    a = np.ldexp(generator.uniform(1, 2, 3000), generator.integers(-1074, 1023, 3000))
    b = np.ldexp(generator.uniform(1, 2, 3000), generator.integers(-1074, 1023, 3000))
    c = np.ldexp(generator.uniform(-2, -1, 3000), generator.integers(-1074, 1023, 3000))
    b[::2] = np.ldexp(generator.uniform(1, 2, 1500), -np.frexp(a[::2])[1] - 1040)
    with np.errstate(all="ignore"):
        got = fma64(a, b, c)
    want = [rounded(x * y + z, F64) for x, y, z in zip(exact(a), exact(b), exact(c), strict=True)]
    assert np.array_equal(got, np.array(want))


def test_square_root_and_reciprocal():
    a = np.abs(floats(F32, 2000, 7))
    a[a == 0] = 1
    got = elementwise("sqrt.rn.f32 %y, %a;", a, result=F32)
    # A root of 24 bits is never so near to a tie that a double's rounding could cross it.
    assert np.array_equal(got, np.sqrt(a.astype(F64)).astype(F32))
    got = elementwise("rcp.rn.f32 %y, %a;", a, result=F32)
    assert np.array_equal(got, np.array([rounded(1 / v, F32) for v in exact(a)], F32))


@pytest.mark.parametrize(
    "code",
    [
        "add.f32 %y, %a, %b;",
        "mul.f32 %y, %a, %b;",
        "fma.rn.f32 %y, %a, %b, %a;",
        "div.rn.f32 %y, %a, %b;",
        "min.f32 %y, %a, %a;",
        "max.NaN.f32 %y, %a, %b;",
    ],
)
def test_nan_is_canonical(code):
    payload = np.array([0xFFC12345, 0x7FC00001, 0x7F800001], U32).view(F32)
    got = elementwise(code, payload, np.array([1, 2, 3], F32), result=U32)
    assert set(got.tolist()) == {NAN32}


def test_invalid_operations_give_the_canonical_nan():
    got = elementwise("sub.f32 %y, %a, %a;", np.array([np.inf, -np.inf], F32), result=U32)
    assert set(got.tolist()) == {NAN32}
    got = elementwise("sqrt.rn.f32 %y, %a;", np.array([-1, -np.inf], F32), result=U32)
    assert set(got.tolist()) == {NAN32}


def test_sign_instructions_keep_a_nan_s_payload():
    payload = np.array([0xFFC12345, 0x7FC00001], U32)
    assert elementwise("neg.f32 %y, %a;", payload, result=U32).tolist() == [0x7FC12345, 0xFFC00001]
    assert elementwise("abs.f32 %y, %a;", payload, result=U32).tolist() == [0x7FC12345, 0x7FC00001]
    signs = np.array([0x80000000, 0], U32)
    got = elementwise("copysign.f32 %y, %b, %a;", payload, signs, result=U32)
    assert got.tolist() == [0xFFC12345, 0x7FC00001]


def test_minimum_and_maximum():
    cases = [(0.0, -0.0), (-0.0, 0.0), (1.0, 2.0), (np.nan, 1.0), (1.0, np.nan), (-np.inf, np.inf)]
    a, b = (np.array(column, F32) for column in zip(*cases, strict=True))
    low = elementwise("min.f32 %y, %a, %b;", a, b, result=F32)
    assert same_bits(low, [-0.0, -0.0, 1.0, 1.0, 1.0, -np.inf])
    high = elementwise("max.f32 %y, %a, %b;", a, b, result=F32)
    assert same_bits(high, [0.0, 0.0, 2.0, 1.0, 1.0, np.inf])


def test_subnormals_stay_unless_flushed():
    tiny = np.array([2.0**-149, -(2.0**-140), 2.0**-126], F32)
    kept = elementwise("add.f32 %y, %a, %a;", tiny, result=F32)
    assert same_bits(kept, 2 * tiny)
    flushed = elementwise("mul.ftz.f32 %y, %a, 0f3F800000;", tiny, result=F32)
    assert same_bits(flushed, [0.0, -0.0, 2.0**-126])


def test_saturation():
    a = np.array([-1, 0.25, 3, np.nan, np.inf], F32)
    got = elementwise("add.sat.f32 %y, %a, 0f00000000;", a, result=F32)
    assert same_bits(got, [0, 0.25, 1, 0, 1])


@pytest.mark.parametrize(
    "code",
    [
        "ex2.approx.ftz.f32 %y, %a;",
        "rcp.approx.f32 %y, %a;",
        "div.full.f32 %y, %a, %a;",
        "sqrt.approx.f32 %y, %a;",
        "tanh.approx.f32 %y, %a;",
    ],
)
def test_approximations_are_refused_by_name(code):
    with pytest.raises(Unsupported, match=code.split()[0].replace(".", r"\.")):
        elementwise(code, np.ones(1, F32), result=F32)
