"""torch's own examination of every overload: schema, autograd registration, fake kernel, AOT."""

import pytest
import torch
from operators import OVERLOADS, arguments

TESTS = (
    "test_schema",
    "test_autograd_registration",
    "test_faketensor",
    "test_aot_dispatch_static",
    "test_aot_dispatch_dynamic",
)
WRITING = [op for op in OVERLOADS if op._schema.is_mutable]
PURE = [op for op in OVERLOADS if not op._schema.is_mutable]

# What each op can be differentiated by. The state of rrelu is integers.
DIFFERENTIABLE = {
    *("self", "self_or_result", "weight", "bias", "gate", "other", "logits"),
    *("grad_output", "grad_grad_input", "output"),
}


def _examine(overload, differentiable, **given):
    positional, keywords = arguments(overload, differentiable, **given)
    torch.library.opcheck(overload, positional, keywords, test_utils=TESTS)


def _differentiable(overload):
    if overload._schema.name.endswith("_double_backward"):
        # By the input that would be the third derivative, which has no op.
        return {"grad_output", "grad_grad_input"}
    return DIFFERENTIABLE & {argument.name for argument in overload._schema.arguments}


@pytest.mark.parametrize("overload", PURE, ids=str)
def test_pure(overload):
    _examine(overload, _differentiable(overload))
    _examine(overload, ())


@pytest.mark.parametrize("overload", WRITING, ids=str)
def test_writing(overload):
    _examine(overload, ())
