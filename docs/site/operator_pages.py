"""A page for each op of the catalogue, made before Sphinx reads: docs/operators/."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from measured import accuracy, speed, table
from sphinx.application import Sphinx
from torch_act import catalogue
from torch_act.catalogue import Entry
from torch_act.command_line.calls import Call, calls
from torch_act.gallery.colours import DARK, turned
from torch_act.gallery.edges import POINTS, edges
from torch_act.gallery.figures import describe, draw, svg
from torch_act.gallery.overview import overview
from torch_act.gallery.studies import studies

# Activations, and what is computed beside one, where the catalogue has such.
ENTRIES: tuple[Entry, ...] = (*catalogue.CATALOGUE, *getattr(catalogue, "FUSED", ()))

FOLDER = Path(__file__).parents[1] / "operators"


def _make(app: Sphinx) -> None:
    (FOLDER / "pictures").mkdir(parents=True, exist_ok=True)
    by_op: dict[str, list[Call]] = {entry.name: [] for entry in ENTRIES}
    for call in calls(training=False):
        by_op[call.entry.name].append(call)
    for entry in ENTRIES:
        _write(FOLDER / f"{entry.name}.md", "\n".join(_page(entry, by_op[entry.name])) + "\n")
    _picture("all", svg(overview([call for group in by_op.values() for call in group])))
    _write(FOLDER / "index.md", "\n".join(_index()) + "\n")
    for path in set(FOLDER.glob("*.md")) - {FOLDER / f"{name}.md" for name in (*by_op, "index")}:
        path.unlink()  # of an op that is no more


def _page(entry: Entry, of_it: list[Call]) -> Iterator[str]:
    yield f"# {entry.name}"
    yield ""
    yield from ("```{math}", entry.latex, "```", "")
    yield f"{entry.domain} In words: {_code(entry.formula)}."
    yield ""
    if entry.pieces:
        yield "What the tests believe; of several pieces the first counts whose condition holds:"
        yield ""
        yield from _pieces(entry)
        yield ""
    names = [f"{{py:func}}`torch_act.functional.{entry.name}`"]
    names += [f"{{py:class}}`torch_act.nn.{name}`" for name in entry.modules]
    if hasattr(torch.ops.act, entry.name):
        names.append(f"`torch.ops.act.{entry.name}`")
    yield ", ".join(names)
    yield ""
    for call in of_it:
        yield from _pictures(call, several=len(of_it) > 1)
    yield from _studies(entry)
    yield from ("## Differences from torch", "")
    yield from _differences(entry)
    yield ""
    yield from ("## Accuracy", "", *accuracy(entry.name), "")
    yield from ("## Speed", "", *speed(entry.name), "")
    yield from ("## Source", "", entry.source)


def _differences(entry: Entry) -> Iterator[str]:
    if not hasattr(torch.nn.functional, entry.name):
        yield f"torch has no {entry.name}."
        if entry.composed:
            yield f"Beside ours stands what is written instead: `{entry.composed}`."
    elif not entry.differences:
        yield "None but rounding."
    yield ""
    yield from (f"- **{d.name}**: {_text(d.description)}" for d in entry.differences)


def _pieces(entry: Entry) -> list[str]:
    if len(entry.pieces) == 1 and not entry.variants:
        return [f"{_code(entry.pieces[0][1])}, everywhere."]
    if not entry.variants:
        return table(("where", "value"), map(_piece, entry.pieces))
    rows = [
        [_code(f"{entry.variant_argument}={variant!r}"), *_piece(piece)]
        for variant, pieces in entry.variants.items()
        for piece in pieces
    ]
    return table(("with", "where", "value"), rows)


def _piece(piece: tuple[str, str]) -> list[str]:
    condition, value = piece
    return ["else" if condition == "True" else _code(condition), _code(value)]


def _pictures(call: Call, several: bool) -> Iterator[str]:
    drawn, errors = draw(call)
    _picture(call.label, svg(drawn))
    words = describe(call, errors)
    yield from (f"## Curves and errors{(several and f': {call.label}') or ''}", "")
    yield from _images(call.label, words)
    yield "Above, ours is a thin line over torch's broad band. Below is the largest error of 64"
    yield "float32 numbers in each of 480 places along an axis of all of them, in ulp; gradients"
    yield 'are those of `saved_as("input")`. ½ ulp at most is the nearest number; beyond 2²³ ulp no'
    yield "digit is right; ∞ stands for NaN, or for an infinity where the exact result is finite."
    yield ""
    yield from ("### Edges", "")
    rows = []
    for order, results in edges(call).items():
        rows.append([f"{order}, ours", *(_marked(e.ours, e.differs) for e in results)])
        if results[0].torchs is not None:
            rows.append([f"{order}, torch", *(_marked(str(e.torchs), e.differs) for e in results)])
    yield from table(("x", *POINTS), rows)
    yield ""


def _studies(entry: Entry) -> Iterator[str]:
    """What it does with its other operands."""
    for study in studies():
        if study.op == entry.name:
            _picture(study.label, svg(study.draw()))
            yield from ("## Several operands", "")
            yield from _images(study.label, study.words)
            yield from (study.words, "")


def _images(label: str, words: str) -> Iterator[str]:
    yield "````{container} operator-picture"
    for palette in ("light", "dark"):
        yield from (f"```{{image}} pictures/{label}-{palette}.svg", f":alt: {words}")
        yield from (f":class: only-{palette}", "```")
    yield from ("````", "")


def _index() -> Iterator[str]:
    yield from ("# Operators", "")
    yield "Every operator of the catalogue, each with a page of its own."
    yield ""
    yield from _images("all", "Value and derivative of every operator, ours over torch's.")
    rows = [(f"[{e.name}]({e.name}.md)", _code(e.formula)) for e in ENTRIES]
    yield from table(("operator", "formula"), rows)
    yield from ("", "```{toctree}", ":hidden:", "", *(e.name for e in ENTRIES), "```")


def _picture(label: str, drawn: str) -> None:
    _write(FOLDER / "pictures" / f"{label}-light.svg", drawn)
    _write(FOLDER / "pictures" / f"{label}-dark.svg", turned(drawn, DARK))


def _write(path: Path, text: str) -> None:
    # What has not changed is not read again.
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def _code(text: str) -> str:
    return "`" + text.replace("|", r"\|") + "`"


def _text(text: str) -> str:
    for character in "*_|<":
        text = text.replace(character, "\\" + character)
    return text


def _marked(text: str, differs: bool) -> str:
    return f"**{text}**" if differs else text


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", _make)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
