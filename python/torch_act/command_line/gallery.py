"""`gallery`: pictures of every activation, ours over torch's, and one page with all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from torch_act.command_line.calls import Call, calls
from torch_act.command_line.machine import versions

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

    chosen = _chosen(op or [])
    (output / "ops").mkdir(parents=True, exist_ok=True)
    chapters: dict[str, Chapter] = {}
    for call in chosen:
        drawn, errors = draw(call)
        vectors = svg(drawn)
        (output / "ops" / f"{call.label}.svg").write_text(vectors, encoding="utf-8")
        (output / "ops" / f"{call.label}.png").write_bytes(png(drawn))
        picture = Picture(call.label, adaptive(vectors), describe(call, errors), edges(call))
        chapter = chapters.setdefault(call.entry.name, Chapter(call.entry, []))
        chapter.pictures.append(picture)
    every = overview(chosen)
    vectors = svg(every)
    (output / "gallery.svg").write_text(vectors, encoding="utf-8")
    (output / "gallery.png").write_bytes(png(every, OVERVIEW_DPI))
    text = page(adaptive(vectors), list(chapters.values()), versions())
    (output / "index.html").write_text(text, encoding="utf-8")
    typer.echo(f"gallery: {output / 'index.html'}, {len(chosen)} pictures beside it")


def draw_overview(path: Path) -> Path:
    """All ops at a glance, as a PNG."""
    from torch_act.gallery.figures import png
    from torch_act.gallery.overview import overview

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(png(overview(list(calls(training=False))), OVERVIEW_DPI))
    return path


def _chosen(names: list[str]) -> list[Call]:
    every = list(calls(training=False))
    known = {name for call in every for name in (call.label, call.entry.name)}
    if unknown := [name for name in names if name not in known]:
        raise typer.BadParameter(f"{', '.join(unknown)}: choose from {', '.join(sorted(known))}")
    return [c for c in every if not names or c.label in names or c.entry.name in names]
