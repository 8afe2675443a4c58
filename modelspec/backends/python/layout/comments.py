"""Comments as the lines and line ends they become.

A comment's text is kept but for what `ruff format` does to it too: a space after the
hash, nothing at the end. It never breaks its line nor hides what it holds: characters
that cannot be seen are escaped.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from modelspec.backends.python.layout.document import Unmeasured
from modelspec.pysubset.comments import Comment

_PRAGMAS = (
    "type:",
    "pyright:",
    "pylint:",
    "flake8:",
    "ruff:",
    "isort:",
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


def trailing_text(comment: Comment) -> str | Unmeasured:
    """What stands after a statement: tools' own comments take no part in its width."""
    text = comment_text(comment)
    words = text.lstrip("# ")
    is_pragma = words.startswith(_PRAGMAS) or words.lower().startswith("noqa")
    return Unmeasured("  " + text) if is_pragma else "  " + text


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
