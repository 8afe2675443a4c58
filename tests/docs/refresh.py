"""The reference with what its wrong specs are told today, for `make golden`."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.docs.examples import PAGE, Fence, read_examples, write_files
from tests.docs.told import render_told


def refreshed_page() -> str:
    """The text of the page; only its `text` blocks may differ from the file's."""
    lines = PAGE.read_text(encoding="utf-8").splitlines(keepends=True)
    before = Path.cwd()
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            told = _told(Path(folder))
        finally:
            os.chdir(before)
    for fence, text in reversed(told):
        start = fence.line
        lines[start : start + fence.text.count("\n")] = [text]
    return "".join(lines)


def _told(folder: Path) -> list[tuple[Fence, str]]:
    found: list[tuple[Fence, str]] = []
    for example in read_examples():
        shown = example.shown("text")
        if shown:
            write_files(example, folder)
            found.append((shown[0], render_told(Path(example.file))))
    return found
