"""Comments as the lines and line ends they become.

A comment's text is kept but for what `ruff format` does to it too: a space after the
hash, nothing at the end. It never breaks its line nor hides what it holds: characters
that cannot be seen are escaped.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from modelspec.layout.document import Doc, Unmeasured
from modelspec.pysubset.body import Comment

_PRAGMAS = (
    "type:",
    "pyright:",
    "pylint:",
    "flake8:",
    "ruff:",
    "isort:",
    "pyrefly:",
    "ty:",
    "nosec",
)


def comment_text(comment: Comment) -> str:
    """One line, beginning with a hash."""
    text = comment.text.replace("\t", " ").strip()
    text = "".join(map(_visible, text))
    body = text.removeprefix("#")
    if body and body[0] not in " !:#'":
        body = " " + body
    return "#" + body


def trailing_text(comment: Comment) -> Doc:
    """What stands after a statement: tools' own words take no part in its width."""
    text = "  " + comment_text(comment)
    hashes = [index for index, character in enumerate(text) if character == "#"]
    for index in hashes:
        if _is_pragma(text[index:]):
            measured = text[:index].rstrip()
            return (measured, Unmeasured(text[len(measured) :]))
    return text


def _is_pragma(text: str) -> bool:
    words = text.lstrip("# ")
    return words.startswith(_PRAGMAS) or words.lower().startswith("noqa")


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")


class CommentQueue:
    """Comments in order of line, each taken once."""

    def __init__(self, comments: Sequence[Comment]) -> None:
        order = sorted(comments, key=lambda comment: (comment.line, comment.column))
        self._left = deque(order)

    def take_while(self, wanted: Callable[[Comment], bool]) -> list[Comment]:
        """The next ones, up to the first that is not wanted."""
        taken = []
        while self._left and wanted(self._left[0]):
            taken.append(self._left.popleft())
        return taken

    def between(self, first: int, last: int) -> list[Comment]:
        """Those on the lines between two, which stay in the queue."""
        return [comment for comment in self._left if first < comment.line < last]
