"""`gallery`: pictures of every activation, ours over torch's, and one page with all of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from torch_act.catalogue import CATALOGUE, FUSED
from torch_act.command_line.calls import Call, calls
from torch_act.command_line.machine import versions

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from torch_act.gallery.edges import Edge
    from torch_act.gallery.studies import Study

OVERVIEW_DPI = 110


def gallery(
    output: Annotated[Path, typer.Option(help="Folder for the pictures.")] = Path("build/gallery"),
    op: Annotated[list[str] | None, typer.Option(help="Only this op; repeatable.")] = None,
) -> None:
    """Draw value, derivatives and errors of every activation, and a page of all pictures.

    Into the folder: gallery.png and .svg, all ops at a glance; ops/NAME.png and .svg, one op with
    its errors in ulp; index.html, all of it in one file without external resources.
    """
    from torch_act.gallery.colours import adaptive
    from torch_act.gallery.edges import edges
    from torch_act.gallery.figures import describe, draw, png, svg
    from torch_act.gallery.overview import overview
    from torch_act.gallery.page import Chapter, Picture, page
    from torch_act.gallery.studies import studies

    chosen, of_several = _chosen(op or [], [*studies()])
    (output / "ops").mkdir(parents=True, exist_ok=True)
    named = {entry.name: Chapter(entry, []) for entry in (*CATALOGUE, *FUSED)}

    def keep(op: str, label: str, drawn: Figure, words: str, at: Mapping[str, list[Edge]]) -> None:
        vectors = svg(drawn)
        (output / "ops" / f"{label}.svg").write_text(vectors, encoding="utf-8")
        (output / "ops" / f"{label}.png").write_bytes(png(drawn))
        named[op].pictures.append(Picture(label, adaptive(vectors), words, at))

    for call in chosen:
        drawn, errors = draw(call)
        keep(call.entry.name, call.label, drawn, describe(call, errors), edges(call))
    for study in of_several:
        keep(study.op, study.label, study.draw(), study.words, {})
    shown = ""
    if chosen:
        every = overview(chosen)
        vectors = svg(every)
        (output / "gallery.svg").write_text(vectors, encoding="utf-8")
        (output / "gallery.png").write_bytes(png(every, OVERVIEW_DPI))
        shown = adaptive(vectors)
    chapters = [chapter for chapter in named.values() if chapter.pictures]
    (output / "index.html").write_text(page(shown, chapters, versions()), encoding="utf-8")
    count = len(chosen) + len(of_several)
    typer.echo(f"gallery: {output / 'index.html'}, {count} pictures beside it")


def draw_overview(path: Path) -> Path:
    """All ops at a glance, as a PNG."""
    from torch_act.gallery.figures import png
    from torch_act.gallery.overview import overview

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(png(overview(list(calls(training=False))), OVERVIEW_DPI))
    return path


def _chosen(names: list[str], studies: list[Study]) -> tuple[list[Call], list[Study]]:
    every = list(calls(training=False))
    known = {name for call in every for name in (call.label, call.entry.name)}
    known |= {study.op for study in studies}
    if unknown := [name for name in names if name not in known]:
        raise typer.BadParameter(f"{', '.join(unknown)}: choose from {', '.join(sorted(known))}")
    return (
        [c for c in every if not names or c.label in names or c.entry.name in names],
        [study for study in studies if not names or study.op in names],
    )
