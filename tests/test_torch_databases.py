"""PyTorch's own test databases, run through our operators and modules.

op_db and module_db ship inside torch's wheel: sample inputs, references and error inputs of every
function. Nothing of them is left out but what is named here with its reason.
"""

import pytest
import torch
import torch_act.functional as F
import torch_act.nn
from torch.testing._internal.common_methods_invocations import op_db
from torch.testing._internal.common_modules import module_db
from torch_act.catalogue import BY_NAME

DTYPES = (torch.float32, torch.float64, torch.bfloat16, torch.float16)


def _left_out(info):
    # Ours are functions of real numbers; and torch.masked is a package of its own around softmax.
    return info.variant_test_name == "complex" or info.name.startswith("masked.")


OPS = [info for info in op_db if info.name.split(".")[-1] in BY_NAME and not _left_out(info)]
MODULES = [info for info in module_db if info.module_cls.__name__ in torch_act.nn.__all__]

on_ops = pytest.mark.parametrize(
    "info", OPS, ids=lambda i: f"{i.name}{'-' if i.variant_test_name else ''}{i.variant_test_name}"
)
on_dtypes = pytest.mark.parametrize("dtype", DTYPES, ids=str)


def _ours(info):
    return getattr(F, info.name.split(".")[-1])


def _supported(info, dtype, device):
    # rrelu of float16 is one that torch lacks: there is nothing to compare it with.
    return dtype in info.supported_dtypes(torch.device(device).type)


def _is_random(sample):
    return bool(sample.kwargs.get("training"))


# torch rounds the steps of a composed function, we the result.
HALF = {
    torch.bfloat16: {"rtol": 2**-6, "atol": 2**-6},
    torch.float16: {"rtol": 2**-9, "atol": 2**-9},
}


def _assert_close(ours, theirs, where_theirs_counts, dtype):
    theirs = torch.where(where_theirs_counts, theirs, ours.detach())
    torch.testing.assert_close(ours, theirs, equal_nan=True, **HALF.get(dtype, {}))


def _has_limit(info):
    """Whether ours is, on purpose, the limit at ±inf where torch's is NaN."""
    return any(d.name == "limit" for d in BY_NAME[info.name.split(".")[-1]].differences)


def _leaf(tensor):
    return tensor.detach().clone(memory_format=torch.preserve_format).requires_grad_()


@on_dtypes
@on_ops
def test_samples(info, dtype, device):
    """Values and gradients at all of torch's sample inputs."""
    if not _supported(info, dtype, device):
        assert info.name.endswith("rrelu")
        return
    count = 0
    for sample in info.sample_inputs(device, dtype, requires_grad=True):
        if _is_random(sample):
            continue  # test_rrelu_samples
        count += 1
        ours, theirs = _leaf(sample.input), _leaf(sample.input)
        y = _ours(info)(ours, *sample.args, **sample.kwargs)
        expected = info.op(theirs, *sample.args, **sample.kwargs)
        assert y.dtype == expected.dtype
        _assert_close(y, expected, torch.ones_like(expected, dtype=torch.bool), dtype)
        g = torch.randn(expected.shape, dtype=torch.float64).to(expected)
        y.backward(g)
        expected.backward(g)
        _assert_close(ours.grad, theirs.grad, torch.ones_like(ours, dtype=torch.bool), dtype)
    assert count


def test_rrelu_samples(device):
    """Random slopes are other ones than torch's: their bounds and the gradient are compared."""
    (info,) = (info for info in OPS if info.name.endswith("rrelu"))
    samples = [s for s in info.sample_inputs(device, torch.float64) if _is_random(s)]
    assert samples
    for sample in samples:
        x = _leaf(sample.input)
        y = F.rrelu(x, *sample.args, **sample.kwargs)
        (gradient,) = torch.autograd.grad(y.sum(), x)
        lower, upper = sample.kwargs.get("lower", 1 / 8), sample.kwargs.get("upper", 1 / 3)
        negative = x < 0
        assert (gradient[~negative] == 1).all()
        assert (gradient[negative] >= lower).all()
        assert (gradient[negative] <= upper).all()
        torch.testing.assert_close(y, gradient * x)


@on_dtypes
@on_ops
def test_reference_inputs(info, dtype, device):
    """torch's larger selection: extremal values, strided, expanded and empty tensors."""
    if not _supported(info, dtype, device):
        return
    for sample in info.reference_inputs(device, dtype):
        if _is_random(sample):
            continue  # test_rrelu_samples
        ours = _ours(info)(sample.input, *sample.args, **sample.kwargs)
        theirs = info.op(sample.input, *sample.args, **sample.kwargs)
        counts = torch.ones_like(theirs, dtype=torch.bool)
        if _has_limit(info):
            counts = ~(theirs.isnan() & sample.input.isinf())
            assert not ours[~counts].isnan().any()
        _assert_close(ours, theirs, counts, dtype)


# rrelu's reference is for one seed of torch's generator.
WITH_REFERENCE = [i for i in OPS if i.ref is not None and not i.name.endswith("rrelu")]


@pytest.mark.parametrize("info", WITH_REFERENCE, ids=lambda i: i.name)
def test_numpy_reference(info):
    """The references that torch itself is tested against."""
    for sample in info.sample_inputs("cpu", torch.float64):
        ours = _ours(info)(sample.input, *sample.args, **sample.kwargs)
        arguments = [a.numpy() if isinstance(a, torch.Tensor) else a for a in sample.args]
        keywords = {
            k: v.numpy() if isinstance(v, torch.Tensor) else v for k, v in sample.kwargs.items()
        }
        expected = torch.as_tensor(info.ref(sample.input.numpy(), *arguments, **keywords))
        torch.testing.assert_close(ours, expected.reshape(ours.shape), atol=1e-9, rtol=1e-9)


WITH_ERRORS = [info for info in OPS if info.error_inputs_func is not None]


@pytest.mark.parametrize("info", WITH_ERRORS, ids=lambda i: i.name)
def test_errors(info, device):
    """What torch refuses we refuse, in words that name the op."""
    name = info.name.split(".")[-1]
    for error in info.error_inputs(device):
        sample = error.sample_input
        with pytest.raises((error.error_type, RuntimeError, ValueError, IndexError), match=name):
            _ours(info)(sample.input, *sample.args, **sample.kwargs)


@on_dtypes
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("info", MODULES, ids=lambda i: i.name)
def test_modules(info, training, dtype, device):
    """module_db: construction, forward and gradients, as torch's own module."""
    ours_class = getattr(torch_act.nn, info.module_cls.__name__)
    inputs = info.module_inputs_func(
        info, device=device, dtype=dtype, requires_grad=True, training=training
    )
    assert inputs
    for given in inputs:
        construct, forward = given.constructor_input, given.forward_input
        ours = ours_class(*construct.args, **construct.kwargs).to(device, dtype).train(training)
        theirs = (
            info.module_cls(*construct.args, **construct.kwargs).to(device, dtype).train(training)
        )
        ours.load_state_dict(theirs.state_dict())
        assert repr(ours) == repr(theirs)
        leaves = [[_leaf(a) for a in forward.args] for _ in range(2)]
        y, expected = ours(*leaves[0], **forward.kwargs), theirs(*leaves[1], **forward.kwargs)
        everywhere = torch.ones_like(expected, dtype=torch.bool)
        _assert_close(y, expected, everywhere, dtype)
        y.sum().backward()
        expected.sum().backward()
        for a, b in zip(leaves[0], leaves[1], strict=True):
            _assert_close(a.grad, b.grad, torch.ones_like(b, dtype=torch.bool), dtype)


def test_every_operator_is_in_the_database():
    """The ops that torch has without an OpInfo."""
    in_torch = {name for name in BY_NAME if hasattr(torch.nn.functional, name)}
    assert in_torch - {info.name.split(".")[-1] for info in OPS} == set()
    modules = {name for name in torch_act.nn.__all__ if hasattr(torch.nn, name)}
    missing = modules - {info.module_cls.__name__ for info in MODULES}
    assert missing == {"Hardsigmoid", "RReLU"}, "module_db has no entry of theirs"
