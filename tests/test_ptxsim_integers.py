"""The PTX simulator: integer arithmetic, against Python's integers."""

import numpy as np
import pytest
from ptxsim.assembly import elementwise


def signed(value, bits):
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def samples(kind, bits, count=400, seed=0):
    """Edges and random numbers of every magnitude, as Python's integers and as an array."""
    generator = np.random.default_rng(seed)
    shifts = generator.integers(0, bits, count)
    raw = [int(generator.integers(0, 2**63)) << 1 | int(s & 1) for s in shifts]
    values = [(r & ((1 << bits) - 1)) >> int(s) for r, s in zip(raw, shifts, strict=True)]
    edges = [0, 1, 2, (1 << bits) - 1, (1 << bits) - 2, 1 << (bits - 1), (1 << (bits - 1)) - 1]
    values[:49] = [e for e in edges for _ in edges] if seed == 0 else edges * 7
    array = np.array(values, f"u{bits // 8}")
    if kind == "s":
        values = [signed(v, bits) for v in values]
    return values, array


def truncated(a, b):
    """Towards zero."""
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


OPERATIONS = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul.lo": lambda a, b: a * b,
    "min": min,
    "max": max,
    "div": lambda a, b: -1 if b == 0 else truncated(a, b),
    "rem": lambda a, b: a if b == 0 else a - b * truncated(a, b),
}


@pytest.mark.parametrize("kind", ["u", "s"])
@pytest.mark.parametrize("bits", [16, 32, 64])
@pytest.mark.parametrize("name", OPERATIONS)
def test_arithmetic(name, kind, bits):
    (a, x), (b, y) = samples(kind, bits), samples(kind, bits, seed=1)
    got = elementwise(f"{name}.{kind}{bits} %y, %a, %b;", x, y, result=x.dtype.type)
    want = [OPERATIONS[name](p, q) % (1 << bits) for p, q in zip(a, b, strict=True)]
    assert got.tolist() == want


@pytest.mark.parametrize("kind", ["u", "s"])
@pytest.mark.parametrize("bits", [16, 32, 64])
def test_high_half_of_the_product(kind, bits):
    (a, x), (b, y) = samples(kind, bits), samples(kind, bits, seed=1)
    got = elementwise(f"mul.hi.{kind}{bits} %y, %a, %b;", x, y, result=x.dtype.type)
    assert got.tolist() == [(p * q >> bits) % (1 << bits) for p, q in zip(a, b, strict=True)]


@pytest.mark.parametrize("kind", ["u", "s"])
@pytest.mark.parametrize("bits", [16, 32])
def test_wide_product_and_sum(kind, bits):
    (a, x), (b, y) = samples(kind, bits), samples(kind, bits, seed=1)
    c, z = samples(kind, 2 * bits, seed=2)
    got = elementwise(f"mad.wide.{kind}{bits} %y, %a, %b, %c;", x, y, z, result=z.dtype.type)
    want = [(p * q + r) % (1 << 2 * bits) for p, q, r in zip(a, b, c, strict=True)]
    assert got.tolist() == want


@pytest.mark.parametrize(("name", "shift"), [("mad.lo", 0), ("mad.hi", 32)])
def test_product_and_sum(name, shift):
    (a, x), (b, y), (c, z) = (samples("s", 32, seed=seed) for seed in range(3))
    got = elementwise(f"{name}.s32 %y, %a, %b, %c;", x, y, z, result=np.uint32)
    want = [((p * q >> shift) + r) % 2**32 for p, q, r in zip(a, b, c, strict=True)]
    assert got.tolist() == want


@pytest.mark.parametrize("bits", [16, 32, 64])
def test_negation_and_absolute_value(bits):
    a, x = samples("s", bits)
    negated = elementwise(f"neg.s{bits} %y, %a;", x, result=x.dtype.type)
    assert negated.tolist() == [-p % (1 << bits) for p in a]
    absolute = elementwise(f"abs.s{bits} %y, %a;", x, result=x.dtype.type)
    assert absolute.tolist() == [abs(p) % (1 << bits) for p in a]


def test_sum_of_absolute_difference():
    (a, x), (b, y), (c, z) = (samples("u", 32, seed=seed) for seed in range(3))
    got = elementwise("sad.u32 %y, %a, %b, %c;", x, y, z, result=np.uint32)
    want = [(r + abs(p - q)) % 2**32 for p, q, r in zip(a, b, c, strict=True)]
    assert got.tolist() == want
