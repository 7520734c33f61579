"""All pictures, formulas and edges as one HTML file that needs nothing from anywhere else."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from importlib.resources import files

import torch
from latex2mathml.converter import convert

from torch_act.catalogue import Entry
from torch_act.gallery.edges import POINTS, Edge

INTRODUCTION = """
Above, each function and its first two derivatives: ours a thin line, torch's a broad band. Below,
how far each result is from the exact number in float32, along an axis of all finite float32
numbers, logarithmic on both sides of 0: the largest error of 64 numbers in each of 480 places, in
ulp, the distance of neighbouring float32 numbers at the exact result. ½ ulp at most is the nearest
number; beyond 2²³ ulp no digit is right; ∞ stands for NaN, or for an infinity where the exact
result is finite. Gradients are those of a saved input, <code>torch_act.saved_as("input")</code>.
"""


@dataclass(frozen=True)
class Picture:
    """One call of an op: the picture as SVG, in words, and what comes out at the edges."""

    label: str
    svg: str
    description: str
    edges: Mapping[str, list[Edge]]


@dataclass(frozen=True)
class Chapter:
    """An op of the catalogue with a picture for each of its variants."""

    entry: Entry
    pictures: list[Picture]


def page(overview: str, chapters: list[Chapter], versions: Mapping[str, str]) -> str:
    """The file's text. `overview` is an SVG."""
    style = files("torch_act.gallery").joinpath("page.css").read_text(encoding="utf-8")
    links = "".join(f'<li><a href="#{c.entry.name}">{c.entry.name}</a></li>' for c in chapters)
    facts = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in versions.items())
    names = ", ".join(chapter.entry.name for chapter in chapters)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>torch-act: the activations</title>
<style>
{style}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<div class="columns">
<nav aria-label="Operators">
<h2>Operators</h2>
<ul>{overview and '<li><a href="#all">all</a></li>'}{links}</ul>
</nav>
<main id="content" tabindex="-1">
<h1>torch-act: the activations</h1>
<p>{INTRODUCTION.strip()}</p>
{_overview(overview, names)}
<dl>{facts}</dl>
{"".join(map(_chapter, chapters))}
</main>
</div>
</body>
</html>
"""


def _overview(svg: str, names: str) -> str:
    if not svg:  # of functions of several operands alone
        return ""
    words = f"Value and derivative of {names}, ours over torch's."
    return f'<figure id="all">{_image(svg, words)}</figure>'


def mathml(latex: str, formula: str) -> str:
    """A formula that browsers draw by themselves; `formula` is the same in words."""
    # In text, which MathML takes as it stands, nothing is escaped.
    text: str = convert(latex.replace(r"\_", "_"), display="block")
    return text.replace("<math ", f'<math aria-label="{escape(formula)}" ', 1)


def _chapter(chapter: Chapter) -> str:
    entry = chapter.entry
    modules = ", ".join(f"<code>torch_act.nn.{name}</code>" for name in entry.modules)
    listed = [
        f"<li><b>{escape(d.name)}</b>: {escape(d.description)}</li>" for d in entry.differences
    ]
    differences = f"<ul>{''.join(listed)}</ul>" if listed else ""
    if not hasattr(torch.nn.functional, entry.name):
        instead = f"; what is written instead: <code>{escape(entry.composed)}</code>"
        differences = f"<p>torch has no {entry.name}{instead if entry.composed else ''}.</p>" + (
            differences
        )
    differences = differences or "<p>None but rounding.</p>"
    return f"""
<section id="{entry.name}" aria-labelledby="{entry.name}-title">
<h2 id="{entry.name}-title">{entry.name}</h2>
<p class="faint"><code>torch_act.functional.{entry.name}</code>{modules and f", {modules}"}</p>
<div class="formula" tabindex="0" role="group" aria-label="Formula">
{mathml(entry.latex, entry.formula)}</div>
<p>{escape(entry.domain)}</p>
{"".join(map(_picture, chapter.pictures))}
<h3>Differences from torch</h3>
{differences}
<p class="faint">{escape(entry.source)}. <a href="#content">To the top</a></p>
</section>"""


def _picture(picture: Picture) -> str:
    figure = f"<figure>{_image(picture.svg, picture.description)}</figure>"
    if not picture.edges:  # of several operands
        return f"{figure}<p>{escape(picture.description)}</p>"
    return f"""{figure}
<h3>Edge cases of {escape(picture.label)}</h3>
{_table(picture.edges)}"""


def _image(svg: str, description: str) -> str:
    # An image, and not an element of the page: each has its own names for its glyphs.
    data = base64.b64encode(svg.encode()).decode()
    return (
        '<div tabindex="0" role="group" aria-label="Picture">'
        f'<img src="data:image/svg+xml;base64,{data}" alt="{escape(description)}"></div>'
    )


def _table(edges: Mapping[str, list[Edge]]) -> str:
    head = "".join(f'<th scope="col">{x}</th>' for x in POINTS)
    rows = []
    for order, results in edges.items():
        rows.append(_row(f"{order}, ours", [(edge.ours, edge.differs) for edge in results]))
        if results[0].torchs is not None:
            theirs = [(edge.torchs or "", edge.differs) for edge in results]
            rows.append(_row(f"{order}, torch", theirs))
    return (
        '<div class="wide" tabindex="0" role="group" aria-label="Table"><table><thead><tr>'
        f'<th scope="row">x</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def _row(name: str, cells: Iterable[tuple[str, bool]]) -> str:
    texts = [
        f"<td{' class=differs' if differs else ''}>{escape(text)}</td>" for text, differs in cells
    ]
    return f'<tr><th scope="row">{name}</th>{"".join(texts)}</tr>'
