"""Checks the HTML in build/docs/html beyond what Sphinx warns of; ends with what is wrong.

Links and images lead to files and places that are there; nothing is loaded from elsewhere; every
picture has words; no markup is left that was not understood.
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

ROOT = Path(__file__).parents[1] / "build/docs/html"

# In prose: a fence or directive of MyST, a role of either syntax, an unresolved marker.
LEFT_OVER = re.compile(r"`{3}|:{3}|\{[\w:-]+\}`|:\w+:`|%rest%")
LOADING = {"img": "src", "script": "src", "iframe": "src", "source": "srcset", "link": "href"}
QUOTED = {"pre", "code", "script", "style", "title"}  # holds markup on purpose


class Page(HTMLParser):
    """What a page links to, loads, and says."""

    def __init__(self, path: Path):
        super().__init__()
        self.path, self.names, self.targets, self.prose = path, set(), [], []
        self.faults, self.within = [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.names |= {attributes[key] for key in ("id", "name") if attributes.get(key)}
        if tag == "a" and attributes.get("href"):
            self.targets.append(attributes["href"])
        address = attributes.get(LOADING.get(tag, ""))
        if address and re.match(r"(https?:)?//", address):
            self.faults.append(f"loads {address}")
        elif address and not address.startswith("data:"):
            self.targets.append(address)
        if tag == "img" and not attributes.get("alt"):
            self.faults.append(f"no words for {address}")
        if tag in QUOTED:
            self.within.append(tag)

    def handle_endtag(self, tag):
        if self.within and self.within[-1] == tag:
            self.within.pop()

    def handle_data(self, data):
        if not self.within and (left := LEFT_OVER.search(data)):
            self.faults.append(f"markup is left: {data[max(0, left.start() - 20) :][:80]!r}")


def check(root: Path) -> list[str]:
    """What is wrong, a line each."""
    pages = {path.resolve(): Page(path) for path in sorted(root.rglob("*.html"))}
    faults = [f"{page.path.relative_to(root)}: {f}" for page in pages.values() for f in page.faults]
    for page in pages.values():
        for target in page.targets:
            if re.match(r"[a-z]+:|//", target):
                continue
            file, place = urldefrag(target)
            path = (page.path.parent / unquote(file.partition("?")[0])).resolve()
            path = page.path.resolve() if not file else path
            known = pages.get(path)
            if not path.exists() or (known and place and unquote(place) not in known.names):
                faults.append(f"{page.path.relative_to(root)}: leads nowhere: {target}")
    return faults if pages else [f"no pages in {root}"]


if __name__ == "__main__":
    sys.exit("\n".join(check(ROOT)) or 0)
