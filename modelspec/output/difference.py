"""What writing would change: a unified diff against the files that are there.

In: the files to be. Out: a text, empty where nothing would change. Never writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from modelspec.output.files import PlannedFile


def render_difference(files: Iterable[PlannedFile]) -> str:
    """The diff from what is on disk to what would be written."""
    return "".join(line for file in files for line in _difference(file))


def render_change(name: str, old: str, new: str) -> str:
    """The diff between two texts of one file."""
    return "".join(_lines(_cut(old), _cut(new), name, name))


def _difference(file: PlannedFile) -> Iterator[str]:
    old = _present(file.path)
    before = str(file.path) if old is not None else "/dev/null"
    yield from _lines(old or [], _cut(file.text), before, str(file.path))
    if old is None and not file.text:
        yield f"--- /dev/null\n+++ {file.path}\n"


def _lines(old: list[str], new: list[str], before: str, after: str) -> Iterator[str]:
    from difflib import unified_diff

    for line in unified_diff(old, new, before, after):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _cut(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _present(path: Path) -> list[str] | None:
    try:
        # Line ends are part of what is compared.
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            return _cut(file.read())
    except OSError:
        return None
