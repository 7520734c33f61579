"""The table of contents names every page of this folder: a new one is in it by being there."""

import re
from typing import Any

from sphinx.application import Sphinx

REST = "%rest%"


def _complete(app: Sphinx, name: str, source: list[str]) -> None:
    if name != app.config.root_doc:
        return
    listed = set(re.findall(r"^([\w/-]+)$", source[0], re.M)) | {name}
    pages = {page for page in app.env.found_docs if "/" not in page}
    source[0] = source[0].replace(REST, "\n".join(sorted(pages - listed)))


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", _complete)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
