"""torch_act.compare: what the table says, and that nothing is left behind."""

import math

import pytest
import torch
import torch.nn.functional as F
import torch_act


class Several(torch.nn.Module):
    """Several inputs, outputs of several kinds, a module called twice, a function."""

    def __init__(self):
        super().__init__()
        self.act = torch.nn.ReLU(inplace=True)
        self.gate = torch.nn.Sigmoid()
        self.act_fn = F.mish
        self.weight = torch.nn.Parameter(torch.ones(()))

    def forward(self, x, *, y, scale=1):
        x, y = x * self.weight, y * self.weight
        return {"x": self.gate(self.act(x)), "both": [self.act(y) * scale, self.act_fn(x + 1)]}


def test_rows(capsys):
    model = torch.nn.Sequential(
        torch.nn.Linear(16, 32), torch.nn.GELU(), torch.nn.Tanh(), torch.nn.Linear(32, 3)
    )
    table = torch_act.compare(model, torch.randn(4, 16))
    assert [(row.name, row.kind) for row in table.modules] == [("1", "GELU"), ("2", "Tanh")]
    elements = 4 * 32 * 4  # bytes
    assert [row.saved_bytes for row in table.modules] == [(elements, elements)] * 2
    assert table.model.name == ""
    # The first layer's input, gelu's input, tanh's output: that is the last layer's input as well,
    # whose weight does not count.
    assert table.model.saved_bytes == (4 * 16 * 4 + 2 * elements,) * 2
    for row in (*table.modules, table.model):
        assert 0 <= row.difference < 1e-5
        assert all(0 < seconds < 60 for seconds in row.seconds)
    assert capsys.readouterr().out == f"{table}\n"
    assert [line.split()[0] for line in str(table).splitlines()[2:]] == ["1", "2", "(the"]


def test_differences_are_found(monkeypatch):
    def wrong(self, input):
        return torch_act.functional.gelu(input) + 3

    monkeypatch.setattr(torch_act.nn.GELU, "forward", wrong)
    model = torch.nn.Sequential(torch.nn.GELU(), torch.nn.Tanh())
    table = torch_act.compare(model, torch.zeros(4))
    assert table.modules[0].difference == 3
    assert table.modules[1].difference == pytest.approx(0.9950548)
    assert table.model.difference == table.modules[1].difference


def test_several_inputs_and_outputs():
    table = torch_act.compare(Several(), torch.randn(5), y=torch.randn(7), scale=2)
    rows = {row.name: row for row in table.modules}
    assert set(rows) == {"act", "gate"}  # the function's row is that of the model
    assert rows["act"].saved_bytes[0] == (5 + 7) * 4
    assert table.model.difference < 1e-5


def test_fewer_bytes_are_seen():
    """Of hardshrink, torch saves the input, and so do we, unless two bits are asked for."""
    model = torch.nn.Sequential(torch.nn.Hardshrink())
    with torch_act.saved_as("bits"):
        table = torch_act.compare(model, torch.randn(1024, requires_grad=True))
    assert table.modules[0].saved_bytes == (4096, 256)


def test_in_place_behind(monkeypatch):
    """A module's output is compared as it was, not as the next one leaves it."""
    monkeypatch.setattr(torch_act.nn.GELU, "forward", lambda self, input: input * 1)
    model = torch.nn.Sequential(torch.nn.GELU(), torch.nn.ReLU(inplace=True))
    table = torch_act.compare(model, torch.tensor([-5.0]))
    assert [round(row.difference, 5) for row in table.modules] == [5, 0]


def test_nan_and_infinity():
    same = torch.tensor([float("nan"), float("inf"), 1.0])
    assert torch_act.compare(torch.nn.Sequential(torch.nn.ReLU()), same).model.difference == 0
    # torch's silu is NaN there, ours 0.
    table = torch_act.compare(torch.nn.Sequential(torch.nn.SiLU()), torch.tensor([-float("inf")]))
    assert math.isnan(table.model.difference)
    assert " nan " in str(table)


def test_nothing_to_compare():
    class Indices(torch.nn.Module):
        def forward(self, x):
            return x.argmax()

    table = torch_act.compare(Indices(), torch.randn(3))
    assert table.model.difference is None
    assert table.modules == []
    assert "–" in str(table)


@pytest.mark.parametrize("swapped", [True, False])
def test_model_is_left_as_it_was(swapped):
    model = torch.nn.Sequential(
        torch.nn.BatchNorm1d(8), torch.nn.ReLU(), torch.nn.Dropout(), torch.nn.GELU()
    )
    if swapped:
        torch_act.swap(model, where=lambda name, module: name == "1")
    kinds = [type(module) for module in model]
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    random = torch.get_rng_state()
    table = torch_act.compare(model, torch.randn(16, 8, generator=torch.Generator()))
    assert [row.name for row in table.modules] == (["1"] if swapped else ["1", "3"])
    assert table.model.difference < 1e-5  # dropout is the same in both
    assert [type(module) for module in model] == kinds
    assert all(torch.equal(buffer, buffers[name]) for name, buffer in model.named_buffers())
    assert torch.equal(torch.get_rng_state(), random)
    assert all(not m._forward_hooks and not m._forward_pre_hooks for m in model.modules())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_left_as_it_was_after_an_error():
    model = torch.nn.Sequential(torch.nn.GELU(), torch.nn.Linear(3, 3))
    with pytest.raises(RuntimeError, match="shapes"):
        torch_act.compare(model, torch.randn(2, 4))
    assert type(model[0]) is torch.nn.GELU
    assert all(not m._forward_hooks and not m._forward_pre_hooks for m in model.modules())
    saved = torch.ones(2, requires_grad=True).exp().grad_fn._saved_result
    assert saved is not None


def test_without_gradients():
    with torch.no_grad():
        table = torch_act.compare(torch.nn.Sequential(torch.nn.GELU()), torch.randn(3))
    assert table.model.saved_bytes == (0, 0)


def test_by_rich():
    table = torch_act.compare(torch.nn.Sequential(torch.nn.GELU()), torch.randn(3))
    pytest.importorskip("rich")
    assert [column.header for column in table.__rich__().columns][:3] == [
        "name",
        "class",
        "difference",
    ]
