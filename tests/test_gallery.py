"""The pictures, and the numbers in them: errors along the axis, edges, the page."""

import base64
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import torch
from torch_act.catalogue import CATALOGUE, FUSED
from torch_act.command_line import app
from torch_act.command_line.calls import calls
from torch_act.gallery import axis
from torch_act.gallery.colours import DARK, LIGHT, adaptive, turned
from torch_act.gallery.curves import curves
from torch_act.gallery.edges import POINTS, edges
from torch_act.gallery.errors import profiles
from torch_act.gallery.figures import draw, svg
from torch_act.gallery.page import mathml
from torch_act.gallery.studies import studies
from typer.testing import CliRunner

CALLS = {call.label: call for call in calls(training=False)}


def test_the_axis_holds_all_numbers_in_order():
    places, x = axis.numbers()
    flat = x.flatten()
    assert (flat.diff() >= 0).all()
    assert flat.isfinite().all()
    assert flat.abs().min() < 2.0**-140
    assert flat.max() > 2.0**127
    assert flat.min() == -flat.max()
    drawn = axis.position(x[:, axis.NUMBERS // 2].double().numpy())
    assert np.abs(drawn - places).max() < 2 * axis.REACH / axis.PLACES
    positions, names = axis.ticks()
    assert positions == sorted(positions)
    assert names[len(names) // 2] == "0"


@pytest.mark.parametrize("label", CALLS)
def test_every_call_has_curves_and_errors(label):
    call = CALLS[label]
    value, derivative, second = curves(call, call.ours, torch.linspace(-7, 7, 57))
    for result in (value, derivative, second):
        assert result is not None
        assert result.isfinite().all()
    first, *_ = profiles(call)
    assert first.order == "value"
    ours, torchs = first.worst()
    assert ours < 2.1 or not call.entry.pieces
    assert torchs is None or torchs >= 0


def test_errors_show_where_torch_fails():
    value, derivative, second = profiles(CALLS["gelu"])
    at, _ = axis.numbers()
    tail = (at > axis.position(-10.0)) & (at < axis.position(-6.0))
    assert (value.torchs[tail] > 1e6).all()
    assert (value.ours[tail] < 2).all()
    assert max(derivative.ours.max(), second.ours.max()) < 2
    # A derivative that torch does not have is no error of 0.
    assert profiles(CALLS["hardsigmoid"])[2].torchs is None


def test_edges():
    found = edges(CALLS["silu"])
    at = dict(zip(POINTS, found["derivative"], strict=True))
    assert (at["∞"].ours, at["∞"].torchs, at["∞"].differs) == ("1", "NaN", True)
    assert (at["0"].ours, at["0"].differs) == ("0.5", False)
    assert [edge.ours for edge in found["value"]] == [
        "−0",
        "−0",
        "−0",
        "0",
        "3.403e+38",
        "∞",
        "NaN",
    ]


def test_the_same_picture_is_the_same_text_in_either_palette():
    first, second = (svg(draw(CALLS["relu6"])[0]) for _ in range(2))
    assert first == second
    for colour in (LIGHT.ours, LIGHT.torchs, LIGHT.ink):
        assert colour in first
        assert colour not in turned(first, DARK)
    assert DARK.torchs in turned(first, DARK)
    assert f"--ours:{DARK.ours}" in adaptive(first)
    assert "stroke: var(--ours)" in adaptive(first)


def test_formulas_become_mathml():
    text = mathml(r"\begin{cases} x & x > 0 \\ \text{a\_b} x & x \le 0 \end{cases}", "x if x > 0")
    assert 'aria-label="x if x &gt; 0"' in text
    assert "a_b" in text
    assert "\\" not in text


class _Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.images, self.ids, self.targets, self.addresses = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "img":
            self.images.append(attributes)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "a":
            self.targets.append(attributes["href"])
        self.addresses += [v for k, v in attributes.items() if k in ("src", "href", "srcset")]
        assert tag not in ("script", "link", "iframe")


def test_gallery(tmp_path):
    arguments = ["gallery", "--output", str(tmp_path / "new"), "--op", "gelu", "--op", "glu"]
    arguments += ["--op", "swiglu"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    labels = ["gelu", "gelu-tanh", "glu", "glu-operands", "swiglu-operands"]
    names = ["gallery", *(f"ops/{label}" for label in labels)]
    for name in names:
        content = (tmp_path / "new" / f"{name}.png").read_bytes()
        assert content[:8] == b"\x89PNG\r\n\x1a\n"
        assert len(content) > 40_000
        assert (tmp_path / "new" / f"{name}.svg").read_text().startswith("<svg")
    text = (tmp_path / "new" / "index.html").read_text()
    page = _Page(text)
    assert len(page.images) == len(names)
    for image in page.images:
        assert len(image["alt"]) > 40
        data = image["src"].removeprefix("data:image/svg+xml;base64,")
        assert b"prefers-color-scheme" in base64.b64decode(data)
    assert "torch 1.7·10⁷" in page.images[1]["alt"]
    assert len(page.ids) == len(set(page.ids))
    assert {target.removeprefix("#") for target in page.targets} <= set(page.ids)
    # Nothing from elsewhere: no address but those in the page.
    assert all(address.startswith(("#", "data:")) for address in page.addresses)
    assert "url(" not in re.sub(r"data:[^\"]*", "", text)
    assert "@import" not in text


def test_gallery_of_several_operands_alone(tmp_path):
    arguments = ["gallery", "--output", str(tmp_path), "--op", "bias_act"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    page = _Page((tmp_path / "index.html").read_text())
    assert len(page.images) == 1
    assert "five values of bias" in page.images[0]["alt"]
    assert {target.removeprefix("#") for target in page.targets} <= set(page.ids)


def test_every_function_of_several_operands_has_a_picture():
    found = {study.op for study in studies()}
    tensors = {entry.name for entry in CATALOGUE if entry.tensors}
    assert found == tensors | {entry.name for entry in FUSED} | {"rrelu", "glu", "softmax"}


@pytest.mark.parametrize("study", [*studies()], ids=lambda study: study.label)
def test_studies(study):
    drawn = study.draw()
    panels = [panel for panel in drawn.axes if panel.get_title()]
    assert len(panels) >= 2
    for panel in panels:
        curves = [line.get_ydata() for line in panel.get_lines() if len(line.get_xdata()) > 100]
        assert all(np.isfinite(curve).all() for curve in curves)
        assert curves or panel.images
    assert LIGHT.ink not in turned(svg(drawn), DARK)


def test_the_picture_of_a_mask():
    """What is absent is 0, and so is the row with nothing left."""
    study = next(s for s in studies() if s.label == "softmax-masked")
    _, mask, *results = [np.array(panel.images[0].get_array()) for panel in study.draw().axes]
    for result in results:
        assert (result[mask == 0] == 0).all()
        assert np.allclose(result[:-1].sum(1), 1)
    assert mask[-1].sum() == 0


def test_gallery_refuses_an_unknown_op(tmp_path):
    result = CliRunner().invoke(app, ["gallery", "--output", str(tmp_path), "--op", "gleu"])
    assert result.exit_code == 2
    assert "gleu" in result.output


def test_gradients_are_those_of_a_saved_input():
    """From a saved output, torch's default and ours, sigmoid's gradient is 0 from x = 17 on."""
    _, derivative, _ = profiles(CALLS["sigmoid"])
    ours, torchs = derivative.worst()
    assert ours < 2
    assert torchs > 1e7
