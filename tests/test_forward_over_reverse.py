"""Forward over reverse through in-place ops: what they save for the backward keeps its tangent."""

import pytest
import torch
from activations import CASES
from parametric import OPS as PARAMETRIC
from parametric import parameters
from torch.autograd import forward_ad
from torch.func import grad, jvp

act = torch.ops.act
# Between the kinks of every case; the last ones where a copy of only a part is written.
POINTS = torch.linspace(-3.37, 3.11, 12, dtype=torch.float64)


def _pointwise(case):
    return case.value, case.in_place, ()


def _others():
    weight = torch.tensor([0.25, -0.3, 0.7, 1.1], dtype=torch.float64)
    yield "prelu", act.prelu, act.prelu_, (weight,)
    state = torch.tensor([1234, 8])
    for lower in (0.1, -0.1):  # saves the output, the input
        bounds = (lower, 0.4)
        yield (
            f"rrelu({lower})",
            lambda x, bounds=bounds: act.rrelu_with_state(x, state.to(x.device), *bounds),
            lambda x, bounds=bounds: act.rrelu_with_state_(x, state.to(x.device), *bounds),
            (),
        )
    for name in PARAMETRIC:
        tensors = parameters(name, 4, torch.float64, "cpu")
        yield name, getattr(act, name), getattr(act, name + "_"), tensors


PAIRS = [pytest.param(case.value, case.in_place, (), id=str(case)) for case in CASES]
PAIRS += [pytest.param(*rest, id=name) for name, *rest in _others()]


def _copied(in_place):
    return lambda x, *tensors: in_place(x.clone(), *tensors)


def _part(function, copied):
    """Applied to all but the first column, out of place or by writing to a view."""
    if copied:

        def whole(x, *tensors):
            y = x.clone()
            function(y[:2], *tensors)
            return y

    else:

        def whole(x, *tensors):
            return torch.cat([function(x[:2], *tensors), x[2:]])

    return whole


def _by_functions(function, inputs, tangents):
    """jvp of grad."""

    def loss(*inputs):
        return function(*inputs).sin().sum()

    return jvp(grad(loss, tuple(range(len(inputs)))), inputs, tangents)[1]


def _by_duals(function, inputs, tangents):
    """Backward within a level of forward AD: input, tangent and graph at once."""
    with forward_ad.dual_level():
        duals = [
            forward_ad.make_dual(x.detach().requires_grad_(), t)
            for x, t in zip(inputs, tangents, strict=True)
        ]
        loss = function(*duals).sin().sum()
        gradients = torch.autograd.grad(loss, duals, create_graph=True)
        return [forward_ad.unpack_dual(gradient).tangent for gradient in gradients]


@pytest.mark.parametrize("along", [_by_functions, _by_duals])
@pytest.mark.parametrize(("value", "in_place", "tensors"), PAIRS)
def test_in_place_is_as_out_of_place(value, in_place, tensors, along, device):
    generator = torch.Generator().manual_seed(5)
    inputs = [t.to(device) for t in (POINTS.view(3, 4), *tensors)]
    tangents = [torch.randn(t.shape, generator=generator).to(t) for t in inputs]
    for out_of_place, written in (
        (value, _copied(in_place)),
        (_part(value, copied=False), _part(in_place, copied=True)),
    ):
        expected = along(out_of_place, tuple(inputs), tuple(tangents))
        found = along(written, tuple(inputs), tuple(tangents))
        for ours, want in zip(found, expected, strict=True):
            torch.testing.assert_close(ours, want, rtol=1e-9, atol=1e-12)
