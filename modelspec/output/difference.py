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


def _difference(file: PlannedFile) -> Iterator[str]:
    from difflib import unified_diff

    old = _present(file.path)
    new = file.text.splitlines(keepends=True)
    before = str(file.path) if old is not None else "/dev/null"
    lines = unified_diff(old or [], new, before, str(file.path))
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
    if old is None and not new:
        yield f"--- /dev/null\n+++ {file.path}\n"


def _present(path: Path) -> list[str] | None:
    try:
        # Line ends are part of what is compared.
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            return file.read().splitlines(keepends=True)
    except OSError:
        return None
