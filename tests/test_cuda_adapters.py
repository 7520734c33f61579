"""The CUDA adapters: from torch's op to the launched kernels, in the simulator, on CPU tensors."""

import pytest
import torch
import torch_act.functional as F
from activations import DTYPES, FORMULAS, same_bits
from ptxsim.compilation import NO_NVCC, ROOT, nvcc

pytestmark = pytest.mark.skipif(nvcc() is None, reason=NO_NVCC)

SHARED = ("channel_parameter.cpp", "checks.cpp", "pointwise_ops.cpp")
act = torch.ops.act
STREAM = 0x57  # torch_stand_in/c10/cuda/CUDAStream.h


all_dtypes = pytest.mark.parametrize(
    "dtype", DTYPES, ids=lambda dtype: str(dtype).removeprefix("torch.")
)


@pytest.fixture(scope="module")
def simulated():
    from ptxsim.adapters import Adapters, SimulatedDevice, compile_adapters

    sources = [*sorted((ROOT / "cuda").glob("*.cpp")), *(ROOT / "csrc" / name for name in SHARED)]
    # One unit holds no kernel: it tells with which flags the extension was compiled.
    units = [u for u in sorted((ROOT / "cuda").glob("*.cu")) if u.stem != "build_information"]
    compiled = compile_adapters(sources, units)
    return SimulatedDevice(Adapters(compiled, "sm_80"))


def on_both(simulated, function, *tensors):
    simulated.adapters.launches.clear()
    simulated.ops.clear()
    with simulated:
        on_device = function(*tensors)
    assert simulated.ops
    assert all(launch.stream == STREAM for launch in simulated.adapters.launches)
    return on_device, function(*tensors)


def layouts(dtype):
    x = torch.randn(24, 40).to(dtype)
    yield x.flatten()[:601]
    yield x.t()
    yield x[::2, 1::3]
    yield x[:, :1].expand(24, 9)
    yield torch.randn(2, 3, 4, 5).to(dtype).to(memory_format=torch.channels_last)
    yield x.new_tensor(0.5)
    yield x[:0]


@all_dtypes
@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_every_op(simulated, case, dtype):
    for x in layouts(dtype):
        got, want = on_both(simulated, case.value, x)
        assert same_bits(got, want)
        assert got.stride() == want.stride()
        assert len(simulated.adapters.launches) == (1 if x.numel() else 0)
        gradient, further = (torch.randn(x.shape).to(dtype) for _ in range(2))
        assert same_bits(*on_both(simulated, case.backward, gradient, x))
        assert same_bits(*on_both(simulated, case.double_backward, further, gradient, x))


@pytest.mark.parametrize("case", FORMULAS[:3], ids=str)
def test_in_place_and_out(simulated, case):
    x = torch.randn(33, 7).t()
    got, want = on_both(simulated, lambda: case.in_place(x.clone()))
    assert same_bits(got, want)
    got, want = on_both(simulated, lambda: case.out(x, torch.empty(40, 7).t()[:, :33]))
    assert same_bits(got, want)


@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_under_autograd(simulated, case):
    def gradients(x):
        x = x.clone().requires_grad_()
        (first,) = torch.autograd.grad(case.value(x).sum(), x, create_graph=True)
        # Where the derivative is constant, no graph leads on from it.
        second = torch.autograd.grad(first.sum(), x, allow_unused=True) if first.grad_fn else ()
        return [first.detach(), *(g for g in second if g is not None)]

    got, want = on_both(simulated, gradients, torch.randn(257))
    assert len(got) == len(want)
    assert all(same_bits(g, w) for g, w in zip(got, want, strict=True))


def test_errors_come_before_any_launch(simulated):
    gelu = torch.ops.act.gelu
    simulated.adapters.launches.clear()
    with simulated:
        with pytest.raises(RuntimeError, match="Long"):
            gelu(torch.arange(4))
        with pytest.raises(RuntimeError, match="dtype"):
            torch.ops.act.silu_backward(torch.ones(4), torch.ones(4, dtype=torch.float64))
        with pytest.raises(RuntimeError, match="out"):
            gelu(torch.ones(4), out=torch.ones(4, dtype=torch.float64))
    assert simulated.adapters.launches == []


# An even size along every dimension, for glu.
def places(dtype):
    x = torch.randn(6, 4, 34).to(dtype)
    yield x
    yield x.transpose(0, 2)
    yield x[:, ::2, 1:-1]
    yield x[..., 1:33].contiguous()
    yield x[:0]


def close(got, want):
    """Sums differ by the order of their additions."""
    eps = torch.finfo(want.dtype).eps
    torch.testing.assert_close(got, want, rtol=4 * eps, atol=4 * eps, equal_nan=True)


def like(x, seed=1):
    return torch.randn(x.shape, generator=torch.Generator().manual_seed(seed)).to(x.dtype)


@all_dtypes
def test_glu(simulated, dtype):
    for x in places(dtype):
        for dim in range(x.dim()):
            if x.shape[dim] % 2:
                continue
            got, want = on_both(simulated, act.glu, x, dim)
            assert same_bits(got, want)
            assert len(simulated.adapters.launches) == (1 if got.numel() else 0)
            assert same_bits(*on_both(simulated, act.glu_backward, like(got), x, dim))
            # Of the right size: what a storage itself grows by is not reported to the simulator.
            out = torch.empty(got.shape[::-1], dtype=dtype).permute(2, 1, 0)
            got, want = on_both(
                simulated, lambda x, dim, out: act.glu(x, dim, out=out).clone(), x, dim, out
            )
            assert same_bits(got, want)


@all_dtypes
@pytest.mark.parametrize("weights", [1, 4])
def test_prelu(simulated, weights, dtype):
    for x in places(dtype):
        weight = like(torch.empty(x.shape[1] if weights > 1 else 1, dtype=dtype), seed=2)
        assert same_bits(*on_both(simulated, act.prelu, x, weight))
        assert same_bits(*on_both(simulated, lambda *t: act.prelu_(t[0].clone(), t[1]), x, weight))
        out = torch.empty(2, *x.shape[::-1], dtype=dtype)[1].permute(2, 1, 0)
        assert same_bits(
            *on_both(simulated, lambda x, w, out: act.prelu(x, w, out=out).clone(), x, weight, out)
        )
        got, want = on_both(simulated, act.prelu_backward, like(x), x, weight)
        assert same_bits(got[0], want[0])
        close(got[1], want[1])


STATE = torch.tensor([-(2**62) - 12345, 2**34 + 5])


@all_dtypes
def test_rrelu_with_a_state(simulated, dtype):
    for x in places(dtype):
        grad = like(x)
        each = [act.rrelu_with_state, lambda x, s: act.rrelu_with_state_(x.clone(), s)]
        each += [lambda x, s: act.rrelu_with_state(x, s, out=torch.empty_like(x.mT).mT)]
        for function in each:
            assert same_bits(*on_both(simulated, function, x, STATE))
        assert same_bits(*on_both(simulated, act.rrelu_backward, grad, x, STATE))
        got, want = on_both(simulated, act.rrelu_with_slopes, x, STATE)
        assert all(same_bits(g, w) for g, w in zip(got, want, strict=True))
        assert same_bits(*on_both(simulated, act.rrelu_backward_from_slopes, grad, want[1]))


def test_rrelu_draws_from_the_generator(simulated):
    """Each call and each part of a batch its own state."""
    x = torch.randn(12, 5)
    with simulated:
        states = torch.stack([act.philox_state(x), act.philox_state(x)])
        of_batch = act.philox_state(x, batch=[3])
    assert of_batch.shape == (3, 2)
    assert len(set(map(tuple, [*states.tolist(), *of_batch.tolist()]))) == 5


@all_dtypes
@pytest.mark.parametrize("member", ["softmax", "log_softmax", "softmin"])
def test_softmax(simulated, member, dtype):
    op, backward = getattr(act, member), getattr(act, f"{member}_backward")
    for x in places(dtype):
        for dim in range(x.dim()):
            got, want = on_both(simulated, op, x, dim)
            close(got, want)
            assert got.stride() == want.stride()
            close(*on_both(simulated, backward, like(x), want, dim, dtype))
            close(
                *on_both(
                    simulated, lambda x, dim: op(x, dim, out=torch.empty_like(x.mT).mT), x, dim
                )
            )
    if dtype.itemsize == 2:
        x = like(torch.empty(5, 33, dtype=dtype))
        got, want = on_both(simulated, lambda x: op(x, 1, dtype=torch.float32), x)
        assert got.dtype == torch.float32
        close(got, want)
        close(*on_both(simulated, backward, like(want), want, 1, dtype))


WITH_GRADIENTS = {
    "glu": lambda x, w: F.glu(x, 1),
    "prelu": F.prelu,
    "rrelu": lambda x, w: act.rrelu_with_state(x, STATE),
    "softmax": lambda x, w: F.softmax(x, 1),
    "log_softmax": lambda x, w: F.log_softmax(x, 1),
    "softmin": lambda x, w: F.softmin(x, 1),
}


@pytest.mark.parametrize("name", WITH_GRADIENTS)
def test_gradients(simulated, name):
    def gradients(x, weight):
        inputs = [t.clone().requires_grad_() for t in (x, weight)]
        y = WITH_GRADIENTS[name](*inputs)
        first = torch.autograd.grad(y, inputs, like(y), create_graph=True, allow_unused=True)
        first = [g for g in first if g is not None]
        total = sum((g * like(g, seed=3)).sum() for g in first)
        second = torch.autograd.grad(total, inputs, allow_unused=True) if total.grad_fn else ()
        return [y.detach(), *(g.detach() for g in (*first, *second) if g is not None)]

    got, want = on_both(simulated, gradients, torch.randn(6, 8, 3), torch.randn(8))
    assert len(got) == len(want) > 1
    for g, w in zip(got, want, strict=True):
        torch.testing.assert_close(g, w, rtol=1e-5, atol=1e-6)


@all_dtypes
@pytest.mark.parametrize("layout", ["first", "second", "interleaved"])
def test_gated(simulated, layout, dtype):
    keywords = {"activation": "gelu_tanh", "layout": layout}
    for x in places(dtype):
        got, want = on_both(simulated, lambda x: act.gated(x, **keywords), x)
        assert same_bits(got, want)
        assert got.stride() == want.stride()
        g = like(got)
        got, want = on_both(simulated, lambda g, x: act.gated_backward(g, x, **keywords), g, x)
        assert same_bits(got, want)


@all_dtypes
def test_gated_pair(simulated, dtype):
    for x in layouts(dtype):
        other, g = like(x), like(x, 2)
        got, want = on_both(
            simulated, lambda *t: act.gated_pair(*t, "elu", parameters=[0.5]), x, other
        )
        assert same_bits(got, want)
        pairs = on_both(simulated, lambda *t: act.gated_pair_backward(*t, "elu"), g, x, other)
        assert all(same_bits(a, b) for a, b in zip(*pairs, strict=True))


@all_dtypes
@pytest.mark.parametrize("activation", ["gelu", "relu"])
def test_bias_act(simulated, activation, dtype):
    for x in layouts(dtype):
        for dim in range(x.dim()):
            # Dense: a copy that torch makes is no write that the simulator sees.
            bias, g = torch.randn(x.shape[dim]).to(dtype), like(x)

            def value(x, bias, dim=dim):
                return act.bias_act(x, bias, activation, dim=dim)

            got, want = on_both(simulated, value, x, bias)
            assert same_bits(got, want)
            assert got.stride() == want.stride()

            def backward(*tensors, dim=dim):
                return act.bias_act_backward(*tensors, activation, dim=dim)

            got, want = on_both(simulated, backward, g, x, bias)
            assert same_bits(got[0], want[0])
            close(got[1], want[1])
            if activation == "relu" and x.numel():
                y = value(x, bias)

                def from_output(*tensors, dim=dim):
                    return act.bias_act_backward(*tensors, activation, dim=dim, is_result=True)

                got, want = on_both(simulated, from_output, g, y, bias)
                assert same_bits(got[0], want[0])
                close(got[1], want[1])


REFUSED = {
    "a gate of an odd size": (lambda x: act.gated(x, "silu", dim=1), "even"),
    "an activation that is none": (lambda x: act.gated(x, "swish", dim=0), "swish"),
    "two shapes of a gate": (lambda x: act.gated_pair(x, x[:1], "silu"), "shape"),
    "a bias of another size": (lambda x: act.bias_act(x, torch.ones(7), "silu"), "bias"),
    "glu of an odd size": (lambda x: act.glu(x, 1), "even"),
    "glu of integers": (lambda x: act.glu(x.long(), 0), "Long"),
    "glu's out": (lambda x: act.glu(x, 0, out=x.double()), "out"),
    "prelu of two dtypes": (lambda x: act.prelu(x, torch.ones(1).double()), "dtype"),
    "prelu's weights": (lambda x: act.prelu(x, torch.ones(2)), "weight"),
    "rrelu's state": (lambda x: act.rrelu_with_state(x, torch.ones(2)), "state"),
    "rrelu's bounds": (lambda x: act.rrelu_with_state(x, STATE, 2, 1), "lower"),
    "softmax's dim": (lambda x: act.softmax(x, 2), "dim"),
    "softmax of integers": (lambda x: act.softmax(x.long(), 0), "Long"),
    "softmax's out": (lambda x: act.softmax(x, 0, out=x.double()), "out"),
    "softmax's gradient": (
        lambda x: act.softmax_backward(x.double(), x, 0, torch.float32),
        "dtype",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused_before_any_launch(simulated, what):
    call, message = REFUSED[what]
    simulated.adapters.launches.clear()
    with simulated, pytest.raises((RuntimeError, IndexError, ValueError), match=message):
        call(torch.ones(4, 3))
    assert simulated.adapters.launches == []
