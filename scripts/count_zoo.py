"""Counts the lines of the zoo's specs, and writes them into the table of `docs/zoo.md`.

Blank lines, comments and `doc` are left out, as they are on the side of Python. With
`--write` the numbers in the table are set; without, they are printed.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "zoo.md"

ROW = re.compile(
    r"^(\| \[[^]]*\]\(\.\./(?P<spec>examples/[^)]*)\) \|.*?\| )"
    r"(?P<lines>\d+)( \| (?P<python>\d+) \|.*)$",
    re.MULTILINE,
)
"""A row of the table: the spec as a link, and the lines of both sides."""


def count_lines(text: str) -> int:
    """How many lines of a spec say what the model is."""
    found = 0
    doc: int | None = None
    for line in text.splitlines():
        content = line.strip()
        indent = len(line) - len(line.lstrip())
        if not content or content.startswith("#"):
            continue
        if doc is not None and indent > doc:
            continue
        doc = indent if content.startswith("doc:") else None
        found += doc is None
    return found


def lines_of(spec: str) -> int:
    """The count for a path from the root of the repository."""
    return count_lines((ROOT / spec).read_text(encoding="utf-8"))


def with_counts(page: str) -> str:
    """The page with the numbers as they are now."""
    return ROW.sub(lambda row: f"{row[1]}{lines_of(row['spec'])}{row[4]}", page)


def main() -> None:
    page = PAGE.read_text(encoding="utf-8")
    if "--write" in sys.argv[1:]:
        PAGE.write_text(with_counts(page), encoding="utf-8", newline="\n")
        return
    for row in ROW.finditer(page):
        print(f"{lines_of(row['spec']):5} {row['python']:>5} {row['spec']}")


if __name__ == "__main__":
    main()
