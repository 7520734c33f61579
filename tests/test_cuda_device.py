"""What only a GPU shows: graphs, streams, several devices, memory, and the CPU's bits."""

import re
import warnings
from contextlib import contextmanager

import pytest
import torch
from activations import CASES, COMPUTED_IN, DTYPES, FORMULAS, HALF_DTYPES, same_bits
from operators import OVERLOADS, arguments
from samples import sample

pytestmark = pytest.mark.cuda

act = torch.ops.act
TWO_DEVICES = pytest.mark.skipif(torch.cuda.device_count() < 2, reason="there is one CUDA device")


def _moved(overload, device="cuda"):
    """Arguments of an op on a device, its out= tensor among them."""
    positional, keywords = arguments(overload)
    to = torch.utils._pytree.tree_map_only
    return to(torch.Tensor, lambda t: t.to(device), (positional, keywords))


def _results(result):
    return result if isinstance(result, tuple) else (result,)


def _draws(overload):
    """Whether another call gives another result: the state of rrelu is drawn."""
    return torch.Tag.nondeterministic_seeded in overload.tags


every_op = pytest.mark.parametrize("overload", OVERLOADS, ids=str)
every_case = pytest.mark.parametrize("case", CASES, ids=str)


def _copied(arguments):
    return torch.utils._pytree.tree_map_only(torch.Tensor, torch.clone, arguments)


@every_op
def test_is_what_the_cpu_gives(overload):
    positional, keywords = arguments(overload)
    expected = overload(*positional, **keywords)
    positional, keywords = _moved(overload)
    if overload in (act.philox_state.default, act.gumbel_softmax.default):
        assert overload(*positional, **keywords).device.type == "cuda"
        return
    found = overload(*positional, **keywords)
    for a, b in zip(_results(found), _results(expected), strict=True):
        torch.testing.assert_close(a.cpu(), b, rtol=1e-6, atol=1e-7)


def _capture(function):
    """A graph of one call, after warm-up calls on a side stream, and what the call returned."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(2):
            function()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = function()
    return graph, result


@every_op
def test_in_a_graph(overload):
    """Captured with some numbers, replayed with others."""
    positional, keywords = _moved(overload)
    original = _copied((positional, keywords))
    graph, result = _capture(lambda: overload(*positional, **keywords))
    leaves = torch.utils._pytree.tree_leaves((positional, keywords))
    written = torch.utils._pytree.tree_leaves(original)
    others = [t.flip(0) if torch.is_tensor(t) and t.is_floating_point() else t for t in written]
    for tensor, other in zip(leaves, others, strict=True):
        if torch.is_tensor(tensor):
            tensor.copy_(other)
    graph.replay()
    if _draws(overload):
        return  # test_rrelu_draws_anew_at_each_replay
    spec = torch.utils._pytree.tree_structure((positional, keywords))
    positional, keywords = torch.utils._pytree.tree_unflatten(others, spec)
    for a, b in zip(_results(result), _results(overload(*positional, **keywords)), strict=True):
        assert torch.equal(a, b)


def test_rrelu_draws_anew_at_each_replay():
    x = torch.full((1000,), -1.0, device="cuda", requires_grad=True)

    def step():
        y = act.rrelu(x, 0.1, 0.9, True)
        return y.detach(), torch.autograd.grad(y.sum(), x)[0]

    graph, (y, gradient) = _capture(step)
    seen = []
    for _ in range(3):
        graph.replay()
        assert torch.equal(gradient, -y), "the backward must have the slopes of its forward"
        seen.append(y.clone())
    assert not torch.equal(seen[0], seen[1])
    assert not torch.equal(seen[1], seen[2])
    torch.cuda.manual_seed(5)
    graph.replay()
    first = y.clone()
    torch.cuda.manual_seed(5)
    graph.replay()
    assert torch.equal(y, first)


def test_training_in_a_graph():
    """Forward and backward of the ops with kernels of their own, in one graph."""
    x = torch.randn(64, 96, device="cuda", requires_grad=True)
    weight = torch.rand(96, device="cuda", requires_grad=True)

    def step():
        y = act.softmax(act.prelu(x, weight), 1) + act.log_softmax(act.gelu(x), 0)
        return torch.autograd.grad(act.glu(y, 1).square().sum(), (x, weight))

    graph, gradients = _capture(step)
    with torch.no_grad():
        x.copy_(torch.randn_like(x))
    graph.replay()
    for a, b in zip(gradients, step(), strict=True):
        assert torch.equal(a, b)


@contextmanager
def _no_synchronisation():
    """A call that waits for the device is an error."""
    before = torch.cuda.get_sync_debug_mode()
    try:
        with warnings.catch_warnings(action="ignore"):  # torch warns of the mode, a prototype
            torch.cuda.set_sync_debug_mode("error")
        yield
    finally:
        torch.cuda.set_sync_debug_mode(before)


@every_op
def test_on_a_side_stream_without_synchronisation(overload):
    """The op reads what its own stream is still busy to write, and no other stream waits."""
    positional, keywords = _moved(overload)
    values = _copied((positional, keywords))
    expected = overload(*(_copied(positional)), **_copied(keywords))
    sources = torch.utils._pytree.tree_leaves(values)
    targets = torch.utils._pytree.tree_leaves((positional, keywords))
    pairs = [(t, s) for t, s in zip(targets, sources, strict=True) if torch.is_tensor(t)]
    for tensor, _ in pairs:
        tensor.zero_()
    torch.cuda.synchronize()
    stream = torch.cuda.Stream()
    with _no_synchronisation(), torch.cuda.stream(stream):
        torch.cuda._sleep(20_000_000)
        for tensor, source in pairs:
            tensor.copy_(source)
        result = overload(*positional, **keywords)
        assert not stream.query(), "the call waited for the device"
    stream.synchronize()
    if not _draws(overload):
        for a, b in zip(_results(result), _results(expected), strict=True):
            assert torch.equal(a, b)


@TWO_DEVICES
@every_op
def test_on_a_device_that_is_not_the_current_one(overload):
    positional, keywords = arguments(overload)
    if _draws(overload):
        positional, keywords = _moved(overload, "cuda:1")
        assert overload(*positional, **keywords).device == torch.device("cuda:1")
        return
    expected = overload(*positional, **keywords)
    positional, keywords = _moved(overload, "cuda:1")
    with torch.cuda.device(0):
        found = overload(*positional, **keywords)
        assert torch.cuda.current_device() == 0
    for a, b in zip(_results(found), _results(expected), strict=True):
        assert a.device == torch.device("cuda:1")
        torch.testing.assert_close(a.cpu(), b, rtol=1e-6, atol=1e-7)


@every_op
def test_allocates_nothing_but_its_results(overload):
    positional, keywords = _moved(overload)
    overload(*positional, **keywords)
    torch.cuda.synchronize()
    count = "allocation.all.allocated"
    before = torch.cuda.memory_stats()[count]
    result = overload(*positional, **keywords)
    made = torch.cuda.memory_stats()[count] - before
    # The partial sums of prelu's weight, and what the drawing of a state in training takes.
    # The partial sums of a parameter; what gumbel_softmax is composed of.
    sums = ("prelu_backward", "bias_act_backward", "star_relu_backward", "xielu_backward")
    scratch = 1 if any(name in str(overload) for name in (*sums, "snake_backward")) else 0
    scratch += 2 if "gumbel_softmax" in str(overload) else 0
    assert made <= (0 if overload._schema.is_mutable else len(_results(result))) + scratch


@every_op
def test_tensors_on_two_devices(overload):
    """Refused by name before anything is launched or written."""
    positional, keywords = _moved(overload)
    tensors = [t for t in (*positional, *keywords.values()) if torch.is_tensor(t)]
    name = re.match("act::(leaky_relu|log_softmax|[a-z0-9]+)", overload._schema.name)
    for moved in tensors[1:]:

        def given(t, moved=moved):
            return t.cpu() if t is moved else t

        arguments = [*map(given, positional), *map(given, keywords.values())]
        before = _copied(arguments)
        others = dict(zip(keywords, arguments[len(positional) :], strict=True))
        with pytest.raises(RuntimeError, match=rf"{name[0]}.* on (the device of |cuda)"):
            overload(*arguments[: len(positional)], **others)
        for a, b in zip(arguments, before, strict=True):
            assert not torch.is_tensor(a) or torch.equal(a, b)


def test_generator_of_another_device():
    x = torch.randn(3, device="cuda")
    with pytest.raises(RuntimeError, match=r"(?i)generator.*(cuda|cpu)"):
        act.rrelu(x, 0.1, 0.2, True, generator=torch.Generator())


def test_mixed_dtypes_and_unsupported_ones():
    x = torch.randn(4, 6, device="cuda")
    for call in (
        lambda: act.gelu_backward(x.half(), x),
        lambda: act.softmax_backward(x.half(), x, 1, torch.float32),
        lambda: act.prelu(x, torch.rand(1, device="cuda", dtype=torch.float64)),
        lambda: act.glu_backward(x[:, :3].bfloat16(), x, 1),
        lambda: act.silu(x, out=torch.empty_like(x, dtype=torch.float64)),
    ):
        with pytest.raises(RuntimeError, match=r"act::\w+: expected .*dtype"):
            call()
    for dtype in (torch.int32, torch.complex64, torch.float8_e4m3fn, torch.bool):
        with pytest.raises(RuntimeError, match=r"act::gelu: expected a tensor of torch.float32"):
            act.gelu(x.to(dtype))
    torch.cuda.synchronize()


def _orders(case):
    """Value, both derivatives, and those from the output where the op has them."""
    yield case.value
    yield case.derivative
    yield case.second_derivative
    if case.output_gives_gradient:
        yield lambda x: case.backward(torch.ones_like(x), x, is_result=True)
        yield lambda x: case.double_backward(
            torch.ones_like(x), torch.ones_like(x), x, is_result=True
        )


@every_case
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_bits_are_the_cpus(case, dtype):
    """On a sample of every binade, the special numbers, and in float32 65,536 more of each."""
    x = torch.from_numpy(sample(case, dtype)).to(dtype)
    special = torch.tensor([torch.nan, torch.inf, -torch.inf, 0.0, -0.0], dtype=dtype)
    x = torch.cat([x, special])
    if dtype == torch.float32:
        # One number of each 256 neighbours, from the least to the largest, of both signs.
        strata = torch.arange(-(2**31), 2**31, 256) + torch.randint(256, (2**24,))
        x = torch.cat([x, strata.to(torch.int32).view(torch.float32)])
    for function in _orders(case):
        assert same_bits(function(x.cuda()).cpu(), function(x))


@every_case
@pytest.mark.parametrize("dtype", HALF_DTYPES, ids=str)
def test_bits_of_every_half_are_the_cpus(case, dtype):
    x = torch.arange(-32768, 32768, dtype=torch.int32).to(torch.int16).view(dtype)
    for function in _orders(case):
        assert same_bits(function(x.cuda()).cpu(), function(x))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_bits_of_prelu_and_glu_are_the_cpus(dtype):
    x, g = torch.randn(2, 40, 66, dtype=COMPUTED_IN[dtype]).mul(4).to(dtype)
    weight = torch.linspace(-0.5, 1.5, 66, dtype=COMPUTED_IN[dtype]).to(dtype)
    there = [t.cuda() for t in (x, g, weight)]
    assert same_bits(act.prelu(there[0], there[2]).cpu(), act.prelu(x, weight))
    ours, theirs = (
        act.prelu_backward(there[1], there[0], there[2]),
        act.prelu_backward(g, x, weight),
    )
    assert same_bits(ours[0].cpu(), theirs[0])
    torch.testing.assert_close(ours[1].cpu(), theirs[1])
    assert same_bits(act.glu(there[0], 1).cpu(), act.glu(x, 1))
    half = g[:, :33].contiguous()
    assert same_bits(act.glu_backward(half.cuda(), there[0], 1).cpu(), act.glu_backward(half, x, 1))


BEYOND = 2**31 + 4097  # elements: no 32-bit index reaches the last


def _needs(gigabytes):
    free = torch.cuda.mem_get_info()[0] / 2**30
    if free < gigabytes:
        pytest.skip(f"needs {gigabytes} GiB of GPU memory, {free:.0f} are free")


@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_more_elements_than_32_bits_count(case):
    _needs(22)
    x = torch.zeros(BEYOND, dtype=torch.float16, device="cuda")
    tail = torch.linspace(-5, 5, 8000).half()
    x[-8000:] = tail.cuda()
    y = case.value(x)
    assert same_bits(y[-8000:].cpu(), case.value(tail))
    assert same_bits(y[:8].cpu(), case.value(torch.zeros(8, dtype=torch.float16)))
    del y
    assert same_bits(case.derivative(x)[-8000:].cpu(), case.derivative(tail))
    # Strided: the offsets in bytes, and not the number of elements, are what does not fit.
    few = x[:: 2**18]
    few.copy_(torch.linspace(-5, 5, len(few)))
    assert same_bits(case.value(few).cpu(), case.value(few.cpu()))


def test_softmax_of_more_elements_than_32_bits_count():
    _needs(22)
    x = torch.zeros(2**16 + 1, 2**15, dtype=torch.float16, device="cuda")
    x[-1] = torch.linspace(-5, 5, 2**15).half().cuda()
    for name in ("softmax", "log_softmax", "softmin"):
        last = getattr(act, name)(x, 1)[-1].clone()
        expected = getattr(act, name)(x[-1].cpu(), 0)
        torch.testing.assert_close(last.cpu(), expected, rtol=2e-3, atol=1e-6)


def test_tensors_from_two_streams_in_the_backward():
    """The gradient is computed on the stream of the forward."""
    x = torch.randn(1000, device="cuda", requires_grad=True)
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        y = act.mish(x)
    torch.cuda.current_stream().wait_stream(stream)
    (gradient,) = torch.autograd.grad(y.sum(), x)
    expected = act.mish_backward(torch.ones(1000), x.detach().cpu())
    assert same_bits(gradient.cpu() + 0, expected + 0)
