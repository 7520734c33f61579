"""Comparisons and the selects that use them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..dtypes import DTYPES, FLOAT_TYPES, HALF_TYPES, U32, Array, Binary
from ..operands import Operands, Step
from ..rounding import flush
from ..threads import Threads
from .halves import decode_half
from .registry import opcode

_ORDERED: dict[str, Binary] = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}
_INTEGER: dict[str, Binary] = {
    **_ORDERED,
    **{"lo": np.less, "ls": np.less_equal, "hi": np.greater, "hs": np.greater_equal},
}
_COMBINE: dict[str, Binary] = {
    "and": np.logical_and,
    "or": np.logical_or,
    "xor": np.logical_xor,
}


def _float_comparison(name: str) -> Binary | None:
    """With a NaN, an ordered comparison is false, an unordered one (name + "u") is true."""

    def unordered(a: Array, b: Array) -> Array:
        return (a != a) | (b != b)

    if name == "num":
        return lambda a, b: ~unordered(a, b)
    if name == "nan":
        return unordered
    if name == "ne":
        return lambda a, b: (a != b) & ~unordered(a, b)
    if name in _ORDERED:
        return _ORDERED[name]
    if name == "neu":
        return np.not_equal
    if name.endswith("u") and name[:-1] in _ORDERED:
        ordered = _ORDERED[name[:-1]]
        return lambda a, b: ordered(a, b) | unordered(a, b)
    return None


def _comparison(operands: Operands) -> Callable[[Threads], Array]:
    name, type_name = operands.modifiers[0], operands.type
    is_float = type_name in FLOAT_TYPES or type_name in HALF_TYPES
    compare = _float_comparison(name) if is_float else _INTEGER.get(name)
    if compare is None:
        raise operands.unsupported()
    first, second = (operands.source(index, operands.dtype) for index in (1, 2))
    half, flushes = type_name in HALF_TYPES, operands.has("ftz")

    def compared(threads: Threads) -> Array:
        a, b = first(threads), second(threads)
        if half:
            a, b = decode_half(a, type_name), decode_half(b, type_name)
        if flushes:
            a, b = flush(a), flush(b)
        return compare(a, b)

    return compared


@opcode("setp")
def set_predicate(operands: Operands) -> Step:
    """p|q: q is the comparison's contrary; both combined with a further predicate, if given."""
    operands.only(operands.modifiers[0], *_COMBINE, "ftz")
    compared = _comparison(operands)
    combine = next((_COMBINE[m] for m in operands.modifiers[1:] if m in _COMBINE), None)
    also = operands.source(3, np.bool_) if combine else None
    writes = [operands.write(name) for name in operands.texts[0].split("|")]

    def step(threads: Threads) -> None:
        truth = compared(threads)
        values: tuple[Array, ...] = (truth,) if len(writes) == 1 else (truth, ~truth)
        if combine is not None and also is not None:
            values = tuple(combine(value, also(threads)) for value in values)
        for write, value in zip(writes, values, strict=True):
            write(threads, value)

    return step


@opcode("set")
def set_number(operands: Operands) -> Step:
    operands.only(operands.modifiers[0], "ftz")
    compared, write = _comparison(operands), operands.destination()
    result_type = operands.modifiers[-2]
    if result_type not in ("f32", "u32", "s32"):
        raise operands.unsupported()
    true = np.array([1.0], np.float32) if result_type == "f32" else np.array([0xFFFFFFFF], U32)
    return lambda threads: write(threads, np.where(compared(threads), true, true.dtype.type(0)))


@opcode("selp")
def select(operands: Operands) -> Step:
    operands.only()
    write = operands.destination()
    first, second = (operands.source(index, operands.dtype) for index in (1, 2))
    predicate = operands.source(3, np.bool_)

    def step(threads: Threads) -> None:
        write(threads, np.where(predicate(threads), first(threads), second(threads)))

    return step


@opcode("slct")
def select_by_sign(operands: Operands) -> Step:
    operands.only("ftz")
    value_type, sign_type = (name for name in operands.modifiers if name in DTYPES)
    write = operands.destination()
    first, second = (operands.source(index, DTYPES[value_type]) for index in (1, 2))
    sign = operands.source(3, DTYPES[sign_type])

    def step(threads: Threads) -> None:
        write(threads, np.where(sign(threads) >= 0, first(threads), second(threads)))

    return step


@opcode("testp", types=FLOAT_TYPES)
def test_property(operands: Operands) -> Step:
    tests: dict[str, Callable[[Array], Array]] = {
        "finite": np.isfinite,
        "infinite": np.isinf,
        "notanumber": np.isnan,
        "number": lambda a: ~np.isnan(a),
    }
    name = operands.one_of(*tests)
    write, value = operands.destination(), operands.source(1, operands.dtype)
    return lambda threads: write(threads, tests[name](value(threads)))
