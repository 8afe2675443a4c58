"""The fenced blocks of a Markdown file, with their language and place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
STORIES = [
    ROOT / "docs" / f"{name}.md" for name in ("checkpoints", "devices", "distributed")
]
"""Pages whose snippets build on one another; `test_stories` runs them."""
LANGUAGE = ROOT / "docs" / "language.md"
"""The reference: it has snippets of its own kinds, which `test_language` runs."""
_ELSEWHERE = {*STORIES, LANGUAGE}
PAGES = [
    ROOT / "README.md",
    *(one for one in sorted((ROOT / "docs").glob("**/*.md")) if one not in _ELSEWHERE),
]

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Snippet:
    """`before` is the spec that stands above a block of generated source."""

    page: Path
    line: int
    language: str
    text: str
    before: str = ""

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def all_snippets() -> list[Snippet]:
    """Every fenced block of every page, in order."""
    return [snippet for page in PAGES for snippet in snippets_of(page)]


def snippets_of(page: Path) -> list[Snippet]:
    text = page.read_text(encoding="utf-8")
    found: list[Snippet] = []
    spec = ""
    for match in _FENCE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        language, body = match.groups()
        found.append(Snippet(page, line, language, body, spec))
        if language == "yaml":
            spec = body
    return found
