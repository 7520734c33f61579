"""Bad input raises before anything is written; the message names the op and what came."""

import math
import re

import pytest
import torch
from activations import DTYPES, FORMULAS

UNSUPPORTED = {
    torch.int32: "int",
    torch.int64: "long",
    torch.uint8: "byte",
    torch.bool: "bool",
    torch.complex64: "complexfloat",
    torch.float8_e4m3fn: "float8_e4m3fn",
}


def _raises(call, *texts):
    """The error of `call`: a RuntimeError or ValueError with each text in its message."""
    with pytest.raises((RuntimeError, ValueError)) as caught:
        call()
    message = str(caught.value).split("\nException raised")[0]
    for text in texts:
        assert re.search(text, message, re.IGNORECASE), f"{text!r} is not in: {message}"
    return message


@pytest.mark.parametrize("dtype", UNSUPPORTED, ids=str)
@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_unsupported_dtype(case, dtype, device):
    x = torch.tensor([0, 1, 1, 0], device=device).to(dtype)
    before = x.clone().view(torch.uint8)
    expected = (f"act::{case.name}", UNSUPPORTED[dtype], "float32.*float64.*bfloat16.*float16")
    _raises(lambda: case.value(x), *expected)
    _raises(lambda: case.in_place(x), *expected)
    _raises(lambda: case.out(x, x), *expected)
    _raises(lambda: case.backward(x, x), *expected)
    _raises(lambda: case.double_backward(x, x, x), *expected)
    assert torch.equal(x.view(torch.uint8), before)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_gradient_must_match_the_input(case, dtype, device):
    x = torch.randn(3, 4, device=device).to(dtype)
    other = torch.float64 if dtype == torch.float32 else torch.float32
    _raises(lambda: case.backward(x.to(other), x), f"act::{case.name}", "grad_output", "dtype")
    _raises(
        lambda: case.backward(x[:2], x), f"act::{case.name}", "grad_output", "shape", r"\[2, 4\]"
    )
    _raises(
        lambda: case.double_backward(x.to(other), x, x),
        f"act::{case.name}",
        "grad_grad_input",
        "dtype",
    )
    _raises(lambda: case.double_backward(x, x.t(), x), f"act::{case.name}", "grad_output", "shape")


BAD_PARAMETERS = [
    ("hardtanh", {"min_val": 2.0, "max_val": 1.0}, ("min_val", "max_val", "2")),
    ("hardtanh", {"min_val": math.nan, "max_val": 1.0}, ("min_val", "nan")),
    ("softshrink", {"lambd": -0.5}, ("lambd", "-0.5")),
    ("softshrink", {"lambd": math.nan}, ("lambd", "nan")),
    ("squareplus", {"b": -1.0}, ("b must be", "-1")),
    ("squareplus", {"b": math.inf}, ("b must be", "inf")),
    ("laplace", {"mu": 0.0, "sigma": 0.0}, ("sigma", "0")),
    ("laplace", {"mu": math.nan, "sigma": 1.0}, ("mu", "nan")),
    ("celu", {"alpha": 0.0}, ("alpha", "0")),
    ("celu", {"alpha": 0}, ("alpha", "0")),
    ("gelu", {"approximate": "erf"}, ("approximate", "erf", "none", "tanh")),
    ("gelu", {"approximate": ""}, ("approximate", "none", "tanh")),
    ("rrelu", {"lower": 0.5, "upper": 0.25}, ("lower", "upper", "0.5", "0.25")),
    ("rrelu", {"lower": 0.5, "upper": 0.25, "training": True}, ("lower", "upper", "0.5", "0.25")),
    ("rrelu", {"lower": 0.0, "upper": math.inf, "training": True}, ("upper", "inf")),
    ("rrelu", {"lower": math.nan, "upper": 1.0, "training": True}, ("lower", "nan")),
    ("elu", {"alpha": 1j}, ("alpha",)),
    ("leaky_relu", {"negative_slope": 1j}, ("negative_slope",)),
    ("softplus", {"beta": 1j}, ("beta",)),
]


@pytest.mark.parametrize("meta", [False, True], ids=["real", "meta"])
@pytest.mark.parametrize(("name", "arguments", "texts"), BAD_PARAMETERS, ids=lambda v: str(v))
def test_bad_parameters(name, arguments, texts, meta, device):
    x = torch.linspace(-3, 3, 8, device="meta" if meta else device)
    before, version = x.clone(), x._version
    expected = (f"act::{name}", *texts)
    op, in_place = getattr(torch.ops.act, name), getattr(torch.ops.act, name + "_")
    _raises(lambda: op(x, **arguments), *expected)
    _raises(lambda: in_place(x, **arguments), *expected)
    _raises(lambda: op(x, **arguments, out=torch.empty(3, device=x.device)), *expected)
    with_grad = x.clone().requires_grad_()
    _raises(lambda: op(with_grad, **arguments), *expected)
    if not meta:
        assert torch.equal(x, before)
    assert x._version == version


@pytest.mark.parametrize("name", ["threshold"])
def test_required_parameters(name):
    op = getattr(torch.ops.act, name)
    with pytest.raises(RuntimeError, match="missing value for argument 'threshold'"):
        op(torch.randn(3))
    with pytest.raises(RuntimeError, match="missing value for argument 'value'"):
        op(torch.randn(3), 1.0)


@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_arguments_that_the_op_does_not_have(case):
    with pytest.raises((RuntimeError, TypeError)):
        getattr(torch.ops.act, case.name)(torch.randn(3), **case.keywords, nonsense=1)
    with pytest.raises((RuntimeError, TypeError)):
        getattr(torch.ops.act, case.name)([1.0, 2.0], **case.keywords)
