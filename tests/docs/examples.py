"""The examples of the language reference: each spec with what the page says of it.

The specs of `docs/language.md` are shown without what all of them have in common. So
that they can be run as they stand, a snippet is completed:

- one that does not begin with `modelspec:` gets that line, and `name: Net` if it has
  no name, in front;
- `<!-- in: KEY -->` above a fence puts the snippet under `KEY:`;
- a comment `<!-- with` above a fence holds lines that come after the snippet;
- a first line `# blocks.yaml` is the name of a file, which other snippets import.

Below a spec stand, in fences of their own, `text` (what `modelspec check` says of it,
or a build if `check` finds nothing), `pycon` (a session in which `model` is the built
model) and `python` (a part of the generated source).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "language.md"

_PIECE = re.compile(
    r"^<!-- (?P<comment>.*?) ?-->$|^```(?P<language>\w*)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_FILE = re.compile(r"# (\w+\.yaml)\n")
OUTPUTS = ("text", "pycon", "python")


@dataclass
class Fence:
    """A fenced block: its language, its text and the line of the page it stands on."""

    language: str
    text: str
    line: int
    comments: list[str] = field(default_factory=list)


@dataclass
class Example:
    """A spec of the page, and the outputs that stand under it."""

    fence: Fence
    outputs: list[Fence] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{PAGE.name}:{self.fence.line}"

    @property
    def file(self) -> str:
        """The name of the file that the snippet is."""
        named = _FILE.match(self.fence.text)
        return named.group(1) if named else "net.yaml"

    @property
    def spec(self) -> str:
        """The snippet as a whole spec."""
        text = self.fence.text
        rest = ""
        for comment in self.fence.comments:
            word, _, more = comment.partition(" ")
            if word == "in:":
                text = f"{more}:\n{_indented(text)}"
            elif comment.startswith("with\n"):
                rest = comment.removeprefix("with\n").rstrip("\n") + "\n"
        return _headed(text + rest, named=self.file == "net.yaml")

    def shown(self, language: str) -> list[Fence]:
        return [one for one in self.outputs if one.language == language]


def read_fences(page: Path = PAGE) -> Iterator[Fence]:
    """Every fence of a page, with the comments right above it."""
    text = page.read_text(encoding="utf-8")
    comments: list[str] = []
    end = 0
    for match in _PIECE.finditer(text):
        if text[end : match.start()].strip():
            comments = []
        end = match.end()
        if match["comment"] is not None:
            comments.append(match["comment"])
            continue
        line = text.count("\n", 0, match.start()) + 1
        yield Fence(match["language"], match["body"], line, comments)
        comments = []


@cache
def read_examples(page: Path = PAGE) -> tuple[Example, ...]:
    """The specs of a page, in order, each with the outputs below it."""
    found: list[Example] = []
    for fence in read_fences(page):
        if fence.language == "yaml":
            found.append(Example(fence))
        else:
            found[-1].outputs.append(fence)
    return tuple(found)


def write_files(example: Example, folder: Path) -> None:
    """The example's file, and beside it the files that the page names."""
    for one in read_examples():
        if one.file != "net.yaml":
            (folder / one.file).write_text(one.spec, encoding="utf-8")
    (folder / example.file).write_text(example.spec, encoding="utf-8")


def _headed(text: str, *, named: bool) -> str:
    if text.startswith("modelspec:"):
        return text
    name = "" if not named or re.search(r"^name:", text, re.M) else "name: Net\n"
    return f"modelspec: 1\n{name}{text}"


def _indented(text: str) -> str:
    return "".join(f"  {line}" for line in text.splitlines(keepends=True))
