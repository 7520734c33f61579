"""The PTX simulator: shifts, logic, bit fields, permutations, against Python's integers."""

import numpy as np
import pytest
from ptxsim.assembly import elementwise
from test_ptxsim_integers import samples, signed

U32 = np.uint32


def words(seed, bits=32):
    return samples("u", bits, seed=seed)


@pytest.mark.parametrize("bits", [16, 32, 64])
def test_shifts(bits):
    a, x = words(0, bits)
    amounts = np.random.default_rng(1).integers(0, bits + 8, len(a)).astype(U32)
    amounts[:3] = 2**31, bits, bits - 1
    mask = (1 << bits) - 1
    pairs = [(p, int(n)) for p, n in zip(a, amounts, strict=True)]
    left = elementwise(f"shl.b{bits} %y, %a, %b;", x, amounts, result=x.dtype.type)
    assert left.tolist() == [(p << min(n, bits)) & mask for p, n in pairs]
    right = elementwise(f"shr.u{bits} %y, %a, %b;", x, amounts, result=x.dtype.type)
    assert right.tolist() == [p >> n for p, n in pairs]
    right = elementwise(f"shr.s{bits} %y, %a, %b;", x, amounts, result=x.dtype.type)
    assert right.tolist() == [(signed(p, bits) >> n) & mask for p, n in pairs]


@pytest.mark.parametrize("direction", ["l", "r"])
@pytest.mark.parametrize("mode", ["wrap", "clamp"])
def test_funnel_shift(direction, mode):
    (a, x), (b, y) = words(0), words(1)
    amounts = np.arange(len(a), dtype=U32) % 40
    code = f"shf.{direction}.{mode}.b32 %y, %a, %b, %c;"
    want = []
    for low, high, n in zip(a, b, amounts.tolist(), strict=True):
        n = n & 31 if mode == "wrap" else min(n, 32)
        both = high << 32 | low
        want.append(((both << n) >> 32 if direction == "l" else both >> n) & 0xFFFFFFFF)
    assert elementwise(code, x, y, amounts, result=U32).tolist() == want


@pytest.mark.parametrize(
    ("table", "function"),
    [
        (0xE8, lambda a, b, c: a & b | a & c | b & c),
        (0x96, lambda a, b, c: a ^ b ^ c),
        (0xCA, lambda a, b, c: a & b | ~a & c),
        (0x01, lambda a, b, c: ~(a | b | c)),
        (0x10, lambda a, b, c: a & ~b & ~c),
    ],
)
def test_logic_of_three(table, function):
    (a, x), (b, y), (c, z) = words(0), words(1), words(2)
    got = elementwise(f"lop3.b32 %y, %a, %b, %c, {table:#x};", x, y, z, result=U32)
    assert got.tolist() == [function(*v) & 0xFFFFFFFF for v in zip(a, b, c, strict=True)]


def test_logic():
    (a, x), (b, y) = words(0), words(1)
    for name, want in {
        "and.b32 %y, %a, %b": [p & q for p, q in zip(a, b, strict=True)],
        "or.b32 %y, %a, %b": [p | q for p, q in zip(a, b, strict=True)],
        "xor.b32 %y, %a, %b": [p ^ q for p, q in zip(a, b, strict=True)],
        "not.b32 %y, %a": [p ^ 0xFFFFFFFF for p in a],
        "cnot.b32 %y, %a": [int(p == 0) for p in a],
    }.items():
        got = elementwise(name + ";", *((x, y) if "%b" in name else (x,)), result=U32)
        assert got.tolist() == want, name


@pytest.mark.parametrize("bits", [32, 64])
def test_counts_and_positions(bits):
    a, x = words(0, bits)
    count = elementwise(f"popc.b{bits} %y, %a;", x, result=U32)
    assert count.tolist() == [p.bit_count() for p in a]
    zeros = elementwise(f"clz.b{bits} %y, %a;", x, result=U32)
    assert zeros.tolist() == [bits - p.bit_length() for p in a]
    highest = elementwise(f"bfind.u{bits} %y, %a;", x, result=U32)
    assert highest.tolist() == [(p.bit_length() - 1) % 2**32 for p in a]
    signs = [s if (s := signed(p, bits)) >= 0 else ~s for p in a]
    highest = elementwise(f"bfind.s{bits} %y, %a;", x, result=U32)
    assert highest.tolist() == [(s.bit_length() - 1) % 2**32 for s in signs]
    mirrored = elementwise(f"brev.b{bits} %y, %a;", x, result=x.dtype.type)
    assert mirrored.tolist() == [int(f"{p:0{bits}b}"[::-1], 2) for p in a]


def extracted(value, start, length, bits, is_signed):
    """As the PTX manual writes it, bit by bit."""
    top = min(start + length - 1, bits - 1)
    sign = (value >> top) & 1 if is_signed and length else 0
    result = 0
    for i in range(bits):
        inside = i < length and start + i < bits
        result |= ((value >> (start + i)) & 1 if inside else sign) << i
    return result


def fields(count, bits):
    generator = np.random.default_rng(3)
    start = generator.integers(0, bits + 6, count).astype(U32)
    length = generator.integers(0, bits + 6, count).astype(U32)
    start[:4], length[:4] = (0, 0, bits - 1, 255), (bits, 0, 1, 255)
    return start, length


@pytest.mark.parametrize("kind", ["u", "s"])
@pytest.mark.parametrize("bits", [32, 64])
def test_extract_field(kind, bits):
    a, x = words(0, bits)
    start, length = fields(len(a), bits)
    got = elementwise(f"bfe.{kind}{bits} %y, %a, %b, %c;", x, start, length, result=x.dtype.type)
    assert got.tolist() == [
        extracted(p, s, n, bits, kind == "s")
        for p, s, n in zip(a, start.tolist(), length.tolist(), strict=True)
    ]


@pytest.mark.parametrize("bits", [32, 64])
def test_insert_field(bits):
    (a, x), (b, y) = words(0, bits), words(1, bits)
    start, length = fields(len(a), bits)
    got = elementwise(f"bfi.b{bits} %y, %a, %b, %c, %d;", x, y, start, length, result=x.dtype.type)
    want = []
    for p, q, s, n in zip(a, b, start.tolist(), length.tolist(), strict=True):
        mask = (((1 << n) - 1) << s) & ((1 << bits) - 1)
        want.append((p << s) & mask | q & ~mask)
    assert got.tolist() == want


def test_permute_bytes():
    (a, x), (b, y) = words(0), words(1)
    selectors = np.random.default_rng(4).integers(0, 1 << 16, len(a)).astype(U32)
    want = []
    for p, q, selector in zip(a, b, selectors.tolist(), strict=True):
        octets = (q << 32 | p).to_bytes(8, "little")
        result = []
        for i in range(4):
            pick = selector >> 4 * i & 15
            byte = octets[pick & 7]
            result.append((255 if byte & 128 else 0) if pick & 8 else byte)
        want.append(int.from_bytes(bytes(result), "little"))
    got = elementwise("prmt.b32 %y, %a, %b, %c;", x, y, selectors, result=U32)
    assert got.tolist() == want
