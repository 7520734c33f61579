"""tools/transcript.py runs the commands of a page: their output replaces what stood there."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

import transcript

ROOT = transcript.ROOT

PAGE = """A sentence.

```console
$ echo one; echo unseen >&2
old
$ for i in 2 3; do
> echo $i; done
```

```python
$ echo this is no console
```

```console
$ pwd; ls tools/transcript.py
```
"""


def test_output_replaces_what_stood_there():
    page = transcript.rerun(PAGE)
    assert (
        "$ echo one; echo unseen >&2\none\n$ for i in 2 3; do\n> echo $i; done\n2\n3\n```" in page
    )
    assert "old" not in page
    assert "```python\n$ echo this is no console\n```" in page
    assert page == transcript.rerun(page)


def test_paths_are_relative():
    assert f"{ROOT}/" not in transcript.output(f"echo {ROOT}/tools {Path.home()}/file")


def test_a_failure_leaves_the_page(tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text(PAGE.replace("pwd;", "false &&"))
    before = page.read_text()
    monkeypatch.setattr(sys, "argv", ["transcript", str(page)])
    with pytest.raises(SystemExit, match=r"page\.md: \$ false"):
        transcript.main()
    assert page.read_text() == before


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_pages_name_no_path_of_a_machine(page):
    text = page.read_text()
    assert str(ROOT) not in text
    assert Path.home() == Path("/") or f"{Path.home()}/" not in text
