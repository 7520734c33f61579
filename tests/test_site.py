"""What makes the documentation's pages, and what checks them; `make docs` builds the whole."""

import doctest
import importlib
import json
import sys
from pathlib import Path

import pytest
import torch
import torch_act

ROOT = Path(__file__).parents[1]


@pytest.fixture
def measured(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "docs/site")
    return importlib.import_module("measured")


def test_accuracy_rows(measured):
    text = "\n".join(measured.accuracy("silu"))
    assert "| float32 | value |" in text
    assert "max ulp of" not in text
    assert "sets |" in "\n".join(measured.accuracy("elu"))
    for op in ("glu", "swiglu", "bias_act"):
        text = "\n".join(measured.accuracy(op))
        assert f"--part several --op {op}`" in text
        assert "| float16 | value |" in text
    assert "`softmax(temperature=0.7) with a mask`:" in "\n".join(measured.accuracy("softmax"))
    assert list(measured.accuracy("no_such_op")) == ["Not in the certificate."]


def test_speed_rows(measured, monkeypatch, tmp_path):
    monkeypatch.setattr(measured, "SPEED", tmp_path / "speed.json")
    assert "bench --op gelu" in "\n".join(measured.speed("gelu"))
    cell = {"dtype": "float32", "size": 65536, "direction": "forward", "ours": 0.25, "torch": None}
    cell |= {"layout": "contiguous", "threads": 1}
    cells = [cell | {"op": op} for op in ("gelu", "gelu-tanh", "relu")]
    cells += [cell | {"op": "gelu", "layout": "stride-2"}, cell | {"op": "gelu", "threads": 2}]
    content = {"header": {"processor": "a processor"}, "cells": cells}
    (tmp_path / "speed.json").write_text(json.dumps(content))
    rows = list(measured.speed("gelu"))
    assert rows[0].startswith("Contiguous, one thread: a processor. ")
    assert sum("gelu |" in row for row in rows) == 1
    assert rows[-2:] == [
        "| gelu | float32 | 65536 | forward | 0.25 | – | – |",
        "| gelu-tanh | float32 | 65536 | forward | 0.25 | – | – |",
    ]


def test_examples_of_the_quickstart():
    text = (ROOT / "docs/quickstart.md").read_text().replace("```", "")
    scope = {"torch": torch, "torch_act": torch_act}
    test = doctest.DocTestParser().get_doctest(text, scope, "quickstart", None, None)
    assert len(test.examples) == 3
    assert doctest.DocTestRunner().run(test).failed == 0


@pytest.fixture
def check(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    yield importlib.import_module("check_site").check
    sys.modules.pop("check_site")


GOOD = '<h1 id="top">A</h1><a href="b.html#there">b</a><img src="p.svg" alt="a picture">'


@pytest.mark.parametrize(
    ("added", "fault"),
    [
        ("", None),
        ('<a href="b.html#here">b</a>', "leads nowhere: b.html#here"),
        ('<a href="#bottom">b</a>', "leads nowhere: #bottom"),
        ('<img src="q.svg" alt="q">', "leads nowhere: q.svg"),
        ('<img src="p.svg">', "no words for p.svg"),
        ('<script src="//cdn.example/a.js"></script>', "loads //cdn.example/a.js"),
        ("<p>:::{div} b</p>", "markup is left"),
        ("<p>{py:func}`b`</p>", "markup is left"),
        ("<pre>:::{div} b</pre>", None),
    ],
)
def test_faults_of_a_site_are_found(check, tmp_path, added, fault):
    (tmp_path / "a.html").write_text(GOOD + added)
    (tmp_path / "b.html").write_text('<p id="there">b</p>')
    (tmp_path / "p.svg").write_text("<svg/>")
    faults = check(tmp_path)
    assert [fault is not None and fault in found for found in faults] == [True] * bool(fault)


def test_no_site_is_a_fault(check, tmp_path):
    assert check(tmp_path) == [f"no pages in {tmp_path}"]
