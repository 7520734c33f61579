"""rrelu's CUDA kernels, run in the simulator, against the CPU's with the same Philox state: bit for
bit; and the states that are drawn from torch's CUDA generator."""

import ctypes
import math

import pytest
import simulated
import torch
from activations import COMPUTED_IN, DTYPES
from ptxsim.compilation import ARCHITECTURES
from simulated import STORAGE, Device, assert_same_bits, guarded, samples

pytestmark = simulated.needs_nvcc
RRELU = ("rrelu.cu", "rrelu_slopes.cu", "rrelu.cpp")
PHILOX_STATE = ("philox_state.cu", "philox_state.cpp")
VALUE, BACKWARD, VALUE_AND_SLOPES = range(3)
KINDS = {"value": VALUE, "backward": BACKWARD, "value and slopes": VALUE_AND_SLOPES}
LOWER, UPPER = 0.125, 1 / 3


class DenseRrelu(ctypes.Structure):
    _fields_ = (("operand", ctypes.c_void_p * 3), ("size", ctypes.c_int64))


class RandomSlopes(ctypes.Structure):
    _fields_ = (
        ("lower", ctypes.c_double),
        ("upper", ctypes.c_double),
        ("states", ctypes.c_void_p),
        ("elements_per_state", ctypes.c_int64),
    )


class GeneratorState(ctypes.Structure):
    _fields_ = (
        ("seed", ctypes.c_uint64),
        ("offset", ctypes.c_uint64),
        ("seed_at_replay", ctypes.c_void_p),
        ("offset_at_replay", ctypes.c_void_p),
    )


# (layout, shape, how many leading dimensions have states of their own)
DENSE = {
    "vectors": (simulated.contiguous, (3, 5, 64), 0),
    "a tail": (simulated.contiguous, (3, 5, 67), 0),
    "misaligned": (simulated.misaligned, (3, 5, 64), 0),
    "states of whole vectors": (simulated.contiguous, (3, 2, 40), 1),
    "states of odd size": (simulated.contiguous, (5, 4, 9), 2),
    "states of one element": (simulated.contiguous, (7, 3), 2),
    "one element": (simulated.contiguous, (1,), 0),
}
STRIDED = {
    "gaps": (simulated.with_gaps, (4, 5, 17), 0),
    "channels last": (simulated.channels_last, (2, 16, 5, 6), 0),
    "transposed": (simulated.transposed, (9, 6, 10), 0),
    "rows apart": (simulated.rows_apart, (4, 5, 17), 0),
    "states": (simulated.transposed, (5, 3, 10), 1),
}


def _states(shape):
    """(seed, offset) with all 64 bits in use."""
    generator = torch.Generator().manual_seed(1)
    return torch.randint(-(2**63), 2**63 - 1, (*shape, 2), generator=generator)


def _slopes(x, states):
    """What the CPU multiplies a gradient by."""
    wide = COMPUTED_IN[x.dtype]
    ones = torch.ones(x.shape, dtype=wide)
    return torch.ops.act.rrelu_backward(ones, x.to(wide), states, LOWER, UPPER)


def _run(compiled, architecture, case, dtype, kind):
    make, shape, batch_dims = case
    device = Device(compiled, architecture)
    x = samples(make(shape, dtype))
    states = _states(shape[:batch_dims])
    each = x.numel() // math.prod(shape[:batch_dims])
    slopes = RandomSlopes(LOWER, UPPER, device.address(states), each)
    results = [guarded(make(shape, dtype))]
    if kind == VALUE:
        tensors = [*results, x]
        expected = [torch.ops.act.rrelu_with_state(x, states, LOWER, UPPER)]
    elif kind == BACKWARD:
        grad_output = samples(make(shape, dtype), seed=1)
        tensors = [*results, grad_output, x]
        expected = [torch.ops.act.rrelu_backward(grad_output, x, states, LOWER, UPPER)]
    else:
        results.append(guarded(make(shape, COMPUTED_IN[dtype])))
        tensors = [*results, x]
        expected = [
            torch.ops.act.rrelu_with_state(x, states, LOWER, UPPER),
            _slopes(x, states),
        ]
    if x.is_contiguous():
        addresses = [device.address(tensor) for tensor in tensors]
        data = DenseRrelu((ctypes.c_void_p * 3)(*addresses), x.numel())
        device.launch("launch_rrelu_dense", kind, STORAGE[dtype], data, slopes)
    else:
        operands = _with_places(device, tensors, x)
        origin = ctypes.c_void_p(operands.data[len(tensors)])
        device.launch("launch_rrelu", kind, STORAGE[dtype], operands, origin, slopes)
    for result, wanted in zip(results, expected, strict=True):
        assert_same_bits(result, wanted)
    return device.runtime.launches


def _with_places(device, tensors, x):
    """The tensors, and an operand whose strides are those of row-major order. Its memory isn't
    there: to read it would be a fault."""
    strides = [[s * tensor.element_size() for s in tensor.stride()] for tensor in tensors]
    strides.append([s * x.element_size() for s in torch.empty(x.shape, device="meta").stride()])
    addresses = [*map(device.address, tensors), 0x7000_0000_0000]
    return simulated.operands_of(addresses, x.shape, strides)


@pytest.fixture(scope="module")
def launchers():
    return simulated.launchers(*RRELU, *PHILOX_STATE)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", DENSE)
def test_same_bits_as_the_cpu(launchers, case, kind, dtype, architecture):
    (launch,) = _run(launchers, architecture, DENSE[case], dtype, KINDS[kind])
    make, shape, batch_dims = DENSE[case]
    whole_states = math.prod(shape[batch_dims:]) % (16 // dtype.itemsize) == 0
    vectors = make is simulated.contiguous and (batch_dims == 0 or whole_states)
    assert ("Lb1E" if vectors else "Lb0E") in launch.name


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", STRIDED)
def test_strided(launchers, case, kind, dtype, architecture):
    _run(launchers, architecture, STRIDED[case], dtype, KINDS[kind])


def _run_from_slopes(compiled, architecture, case, dtype):
    make, shape, _ = case
    device = Device(compiled, architecture)
    grad_output = samples(make(shape, dtype))
    slopes = make(shape, COMPUTED_IN[dtype]).uniform_(LOWER, UPPER)
    result = guarded(make(shape, dtype))
    operands = device.operands(result, grad_output, slopes)
    device.launch("launch_rrelu_backward_from_slopes", STORAGE[dtype], operands)
    assert_same_bits(result, (grad_output.to(slopes.dtype) * slopes).to(dtype))
    return device.runtime.launches


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", DENSE | STRIDED)
def test_backward_from_slopes(launchers, case, dtype, architecture):
    (launch,) = _run_from_slopes(launchers, architecture, (DENSE | STRIDED)[case], dtype)
    dense = (case in DENSE and case != "misaligned") or case in ("channels last", "transposed")
    assert ("dense_slopes" if dense or case == "states" else "strided_slopes") in launch.name


def _run_beyond_32_bits(compiled, architecture, strided):
    """The last of more than 2³¹ elements."""
    device = Device(compiled, architecture)
    dtype, last = torch.bfloat16, 12
    size = 2**31 + 4 * 128 * 8 + last
    states = _states(())
    slopes = RandomSlopes(LOWER, UPPER, device.address(states), size)
    x, result = device.reserve(size, dtype), device.reserve(size, dtype)
    values = device.part(x, size - last, last, dtype).copy_(-torch.ones(last))
    device.runtime.choose_blocks = simulated.last_blocks
    if strided:
        operands = simulated.operands_of([result, x, 0x7000_0000_0000], (size,), [[2]] * 3)
        origin = ctypes.c_void_p(0x7000_0000_0000)
        device.launch("launch_rrelu", VALUE, STORAGE[dtype], operands, origin, slopes)
    else:
        data = DenseRrelu((ctypes.c_void_p * 3)(result, x, None), size)
        device.launch("launch_rrelu_dense", VALUE, STORAGE[dtype], data, slopes)
    # The CPU's slopes at these places, of a tensor that has no other elements in memory.
    whole = torch.full((1,), -1.0, dtype=dtype).expand(size)
    expected = _last_values(whole, states, last)
    assert_same_bits(device.part(result, size - last, last, dtype).clone(), expected)
    assert values.eq(-1).all()


def _last_values(whole, states, last):
    """By Philox written out once more: the word of a place, and the slope that it gives."""
    seed, offset = (int(word) & (2**64 - 1) for word in states)
    values = []
    for place in range(len(whole) - last, len(whole)):
        word = _philox(place // 4, offset, seed)[place % 4]
        lower, upper = torch.tensor([LOWER, UPPER], dtype=torch.float32).double().tolist()
        width = torch.tensor(upper - lower, dtype=torch.float64).float().double().item()
        values.append(-((word >> 8) * 2.0**-24 * width + lower))
    return torch.tensor(values, dtype=torch.float64).float().to(whole.dtype)


def _philox(group, offset, seed):
    mask = 2**32 - 1
    counter = [group & mask, group >> 32, offset & mask, offset >> 32]
    key = [seed & mask, seed >> 32]
    for _ in range(10):
        first, second = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [
            (second >> 32) ^ counter[1] ^ key[0],
            second & mask,
            (first >> 32) ^ counter[3] ^ key[1],
            first & mask,
        ]
        key = [(key[0] + 0x9E3779B9) & mask, (key[1] + 0xBB67AE85) & mask]
    return counter


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("strided", [False, True], ids=["dense", "strided"])
def test_places_beyond_32_bits(launchers, strided, architecture):
    _run_beyond_32_bits(launchers, architecture, strided)


def _draw(compiled, architecture, count, seed, offset, captured):
    device = Device(compiled, architecture)
    states = guarded_states = torch.full((count, 2), -7)
    if captured:
        # The graph's seed and offset are read when it is replayed, the offset within it is known.
        at_replay = torch.tensor([seed, offset - 8])
        address = device.address(at_replay)
        generator = GeneratorState(0, 8, address, address + 8)
    else:
        generator = GeneratorState(seed, offset, None, None)
    address = ctypes.c_void_p(device.address(guarded_states))
    device.launch("launch_draw_philox_states", generator, address, ctypes.c_int64(count))
    words = _philox(offset // 4, 2**64 - 1, seed)
    drawn = torch.tensor([words[0], words[1]]).to(torch.uint32).view(torch.int64)
    assert torch.equal(states[:, 0], drawn.expand(count))
    assert torch.equal(states[:, 1], torch.arange(count))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("captured", [False, True], ids=["at once", "in a graph"])
@pytest.mark.parametrize("count", [1, 300])
def test_states_from_the_generator(launchers, count, captured, architecture):
    _draw(launchers, architecture, count, 0x0123_4567_89AB_CDEF, 2**33 + 44, captured)


def test_more_states_than_threads(launchers):
    # Two turns of each thread of the largest grid.
    _draw(launchers, "sm_80", 1024 * 256 + 77, 5, 12, False)


BUGS = {
    "a dropped tail": ("rrelu.cu", "if (each - place >= size) {", "if (each - place >= 1) {"),
    "the last element forgotten": ("rrelu.cu", "i < each; ++i) {", "i + 1 < each; ++i) {"),
    "the next group's words": (
        "rrelu.cu",
        "static_cast<std::uint64_t>(place + i) / group_size",
        "static_cast<std::uint64_t>(place + i) / group_size + 1",
    ),
    "words in another order": (
        "rrelu.cu",
        "formula.slope(words.word[k])",
        "formula.slope(words.word[3 - k])",
    ),
    "the first state for all": (
        "rrelu.cu",
        "= each == data.size ? 0 : thread / threads_per_state",
        "= 0 * threads_per_state",
    ),
    "places of the memory": (
        "rrelu.cu",
        "first_place + offset[operands] / sizeof(Stored)",
        "first_place + offset[0] / sizeof(Stored)",
    ),
    "vectors from any address": ("rrelu.cu", "vectors &= begins_pack(data.operand[k]);", ""),
    "one thread too many": (
        "rrelu.cu",
        "if (index >= data.size) return;",
        "if (index > data.size) return;",
    ),
    "32-bit overflow": (
        "rrelu.cu",
        "const std::int64_t place = (thread - sample * threads_per_state) * size;",
        "const std::int64_t place = std::int32_t(thread - sample * threads_per_state) * size;",
    ),
    "the part's first place forgotten": (
        "rrelu.cu",
        "const std::uint64_t place = first_place + ",
        "const std::uint64_t place = ",
    ),
    "the tail of a gradient dropped": ("rrelu_slopes.cu", "i < size; ++i)", "i < size - 1; ++i)"),
    "slopes of another vector": (
        "rrelu_slopes.cu",
        "Pack<T, lanes<T>>::load(slopes + first + i)",
        "Pack<T, lanes<T>>::load(slopes + first)",
    ),
    "gaps taken for none": ("rrelu_slopes.cu", "if (o.dims > 1) return false;", ""),
    "the graph's own offset forgotten": (
        "philox_state.cu",
        "generator.offset += ",
        "generator.offset = ",
    ),
    "one state only": ("philox_state.cu", "k < count; k += step", "k < 1; k += step"),
    "a wrong stride of the grid": (
        "philox_state.cu",
        "std::int64_t(gridDim.x) * threads;",
        "std::int64_t(gridDim.x) * threads * 2;",
    ),
}


@pytest.mark.seeded_bug
@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_is_seen(bug):
    if BUGS[bug][0] == "philox_state.cu":
        compiled = simulated.launchers_with_bug(PHILOX_STATE, *BUGS[bug])
        with pytest.raises(simulated.SEEN):  # noqa: PT012
            _draw(compiled, "sm_80", 300, 5, 12, True)
            _draw(compiled, "sm_80", 1024 * 256 + 77, 5, 12, False)
        return
    compiled = simulated.launchers_with_bug(RRELU, *BUGS[bug])
    with pytest.raises(simulated.SEEN):  # noqa: PT012
        for case in [*DENSE.values(), *STRIDED.values()]:
            for kind in KINDS.values():
                _run(compiled, "sm_80", case, torch.float32, kind)
            _run_from_slopes(compiled, "sm_80", case, torch.bfloat16)
        _run_beyond_32_bits(compiled, "sm_80", False)
        _run_beyond_32_bits(compiled, "sm_80", True)
