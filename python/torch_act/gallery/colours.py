"""Two colours that colour-blind readers can tell apart, on light and on dark paper.

From the palette of Okabe and Ito. A picture is drawn in LIGHT; its SVG can be turned to the other.
"""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Palette:
    paper: str
    ink: str
    faint: str  # text that is less important
    grid: str
    ours: str
    torchs: str


LIGHT = Palette("#ffffff", "#1b1d21", "#5a5c63", "#d9dbe0", "#0072b2", "#d55e00")
DARK = Palette("#131416", "#e8e9ec", "#a3a7b0", "#3a3d44", "#56b4e9", "#e69f00")


def turned(svg: str, to: Palette) -> str:
    """A picture drawn in LIGHT, in the colours of another palette."""
    for name, colour in asdict(LIGHT).items():
        svg = svg.replace(colour, asdict(to)[name])
    return svg


def adaptive(svg: str) -> str:
    """A picture drawn in LIGHT that turns to DARK where the reader prefers that."""
    for name, colour in asdict(LIGHT).items():
        svg = svg.replace(colour, f"var(--{name})")
    style = (
        f"<style>:root{{{_variables(LIGHT)}}}"
        f"@media(prefers-color-scheme:dark){{:root{{{_variables(DARK)}}}}}</style>"
    )
    head, tag, rest = svg.partition("<defs>")
    return head + style + tag + rest


def _variables(palette: Palette) -> str:
    return ";".join(f"--{name}:{colour}" for name, colour in asdict(palette).items())
