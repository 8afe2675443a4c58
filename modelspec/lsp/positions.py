"""Between offsets of a text and positions of the protocol.

The protocol counts lines and columns from 0, ends lines at `\\n`, `\\r\\n` and `\\r`,
and counts columns in code units of UTF-16, unless client and server agreed on another
encoding. Positions outside of the text are moved to its nearest place.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from lsprotocol import types

from modelspec.diagnostics.span import Span

_LINE_END = re.compile(r"\r\n|\r|\n")
_UNITS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


class Positions:
    """Positions of one text in one encoding."""

    def __init__(self, text: str, encoding: str = "utf-16") -> None:
        self._text = text
        self._codec, self._width = _UNITS.get(encoding, _UNITS["utf-16"])
        found = list(_LINE_END.finditer(text))
        self._starts = [0, *(one.end() for one in found)]
        self._ends = [*(one.start() for one in found), len(text)]

    def position(self, offset: int) -> types.Position:
        line = bisect_right(self._starts, offset) - 1
        start = self._starts[line]
        return types.Position(line, self._units(self._text[start:offset]))

    def offset(self, position: types.Position) -> int:
        if position.line >= len(self._starts):
            return len(self._text)
        start, end = self._starts[position.line], self._ends[position.line]
        text = self._text[start:end]
        if text.isascii():
            return start + min(position.character, len(text))
        data = text.encode(self._codec, "surrogatepass")
        head = data[: position.character * self._width]
        return start + len(head.decode(self._codec, "ignore"))

    def range(self, start: int, end: int) -> types.Range:
        return types.Range(self.position(start), self.position(end))

    def of_span(self, span: Span) -> types.Range:
        return self.range(span.start, span.end)

    def _units(self, text: str) -> int:
        if text.isascii():
            return len(text)
        return len(text.encode(self._codec, "surrogatepass")) // self._width
