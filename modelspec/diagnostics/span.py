"""Places in a file: what every node, expression and message carries.

`Source` is one text that was read, `Span` a stretch of it, `Fragment` a text taken
out of it (a scalar, the inside of `${...}`) that still knows where each of its
characters came from. Offsets are counted in characters; lines and columns start at 1.
Nothing here knows of YAML, Python or torch.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from dataclasses import field

from modelspec.records import dataclass, unguarded


@dataclass(frozen=True, slots=True)
class Position:
    """A line and a column, both counted from 1, in characters."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One text, under the name by which the user knows it.

    `name` is the path as it was given (or `<stdin>`, `<text>`); `path` is the real
    path of the file, None when the text came from elsewhere. `is_standard` marks the
    texts that modelspec brings along: no user can be told to mend them.
    """

    name: str
    text: str = field(repr=False)
    path: str | None = None
    is_standard: bool = False
    _starts: list[int] = field(default_factory=list, init=False, repr=False)

    @property
    def stem(self) -> str:
        """The name without folder and suffix."""
        return os.path.splitext(os.path.basename(self.name))[0]

    def line_starts(self) -> list[int]:
        """Offsets at which lines start; only line feeds end lines."""
        if not self._starts:
            self._starts.append(0)
            at = self.text.find("\n")
            while at >= 0:
                self._starts.append(at + 1)
                at = self.text.find("\n", at + 1)
        return self._starts

    def position(self, offset: int) -> Position:
        starts = self.line_starts()
        line = bisect_right(starts, offset)
        return Position(line, offset - starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """The text of a line, without its line feed."""
        starts = self.line_starts()
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] - 1 if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].removesuffix("\r")

    def offset(self, line: int, byte_column: int) -> int:
        """The offset of Python's `(lineno, col_offset)`: columns in UTF-8 bytes."""
        text = self.line(line)
        start = self.line_starts()[min(line, len(self.line_starts())) - 1]
        if text.isascii():
            return start + byte_column
        return start + len(text.encode()[:byte_column].decode(errors="ignore"))

    def byte_column(self, offset: int) -> tuple[int, int]:
        """Python's `(lineno, col_offset)` of an offset."""
        starts = self.line_starts()
        line = bisect_right(starts, offset)
        if self.text.isascii():
            return line, offset - starts[line - 1]
        before = self.text[starts[line - 1] : offset]
        if before.isascii():
            return line, len(before)
        return line, len(before.encode(errors="replace"))


@unguarded(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` (not included) of a source."""

    source: Source
    start: int
    end: int

    @property
    def first(self) -> Position:
        return self.source.position(self.start)

    @property
    def last(self) -> Position:
        """The position just after the last character."""
        return self.source.position(self.end)

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    def holds(self, other: Span) -> bool:
        """Whether another span lies within this one."""
        return (
            self.source is other.source
            and self.start <= other.start
            and other.end <= self.end
        )

    @property
    def in_python(self) -> tuple[int, int, int, int]:
        """The span as the position of an `ast` node: its line and UTF-8 column, and
        those of its end."""
        source, start, end = self.source, self.start, self.end
        starts = source.line_starts()
        line = bisect_right(starts, start)
        if source.text.isascii() and (line == len(starts) or end < starts[line]):
            begin = starts[line - 1]
            return line, start - begin, line, end - begin
        return (*source.byte_column(start), *source.byte_column(end))

    def to(self, other: Span) -> Span:
        """From the start of this span to the end of another."""
        return Span(self.source, self.start, max(self.end, other.end))


@dataclass(frozen=True, slots=True)
class Fragment:
    """A text and the place of each of its characters.

    `origin` is the offset of the first character where the text stands in the file
    as it is, or one offset per character and one for the end where it does not
    (indented blocks, escapes, folded lines).
    """

    text: str
    source: Source
    origin: int | tuple[int, ...]

    def offset(self, index: int) -> int:
        if isinstance(self.origin, int):
            return self.origin + index
        return self.origin[min(index, len(self.origin) - 1)]

    def span(self, start: int = 0, end: int | None = None) -> Span:
        """The stretch of the file that characters `start:end` came from."""
        stop = len(self.text) if end is None else end
        first = self.offset(start)
        if stop <= start:
            return Span(self.source, first, first)
        return Span(self.source, first, self.offset(stop - 1) + 1)

    def part(self, start: int, end: int) -> Fragment:
        text = self.text[start:end]
        if isinstance(self.origin, int):
            return Fragment(text, self.source, self.origin + start)
        return Fragment(text, self.source, self.origin[start : start + len(text) + 1])

    def strip(self) -> Fragment:
        """Without the blanks at both ends."""
        start = len(self.text) - len(self.text.lstrip())
        return self.part(start, max(start, len(self.text.rstrip())))
