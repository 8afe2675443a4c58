"""Where each character of a scalar stands in the file.

In: a scalar node. Out: its text with one offset a character (one for the start where
the text stands in the file as it is). Escapes have the offset of their backslash,
folded lines that of the line break. Offsets never decrease.
"""

from __future__ import annotations

import re
from dataclasses import field

from modelspec.diagnostics.span import Fragment
from modelspec.records import dataclass
from modelspec.syntax.nodes import ScalarNode

_BREAK = re.compile(r"\r?\n")
_BLANKS = re.compile(r"[ \t]*")
_SPACES = re.compile(r" *")
_ESCAPE_WIDTHS = {"x": 4, "u": 6, "U": 10}
_ESCAPES = {
    "0": "\0",
    "a": "\x07",
    "b": "\x08",
    "t": "\t",
    "\t": "\t",
    "n": "\n",
    "v": "\x0b",
    "f": "\x0c",
    "r": "\r",
    "e": "\x1b",
    " ": " ",
    '"': '"',
    "/": "/",
    "\\": "\\",
    "N": "\x85",
    "_": "\xa0",
    "L": "\u2028",
    "P": "\u2029",
}


@dataclass(slots=True)
class _Trail:
    """Text with the offset of each of its characters, as it is put together."""

    parts: list[str] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)

    def copy(self, text: str, at: int) -> None:
        """Characters that stand in the file as they are."""
        self.parts.append(text)
        self.offsets.extend(range(at, at + len(text)))

    def put(self, char: str, at: int) -> None:
        """One character that stands for what is at an offset."""
        self.parts.append(char)
        self.offsets.append(at)


def scalar_fragment(node: ScalarNode) -> Fragment:
    """The text of a scalar with the place of each of its characters."""
    source, span = node.span.source, node.span
    inset = 1 if node.style in ("single", "double") else 0
    if source.text.startswith(node.text, span.start + inset) and _as_written(node):
        return Fragment(node.text, source, span.start + inset)
    trail = _Trail()
    if node.style in ("literal", "folded"):
        _read_block(node, trail)
    else:
        _read_flow(node, trail)
    if "".join(trail.parts) != node.text:
        return Fragment(node.text, source, _approximate(node))
    return Fragment(node.text, source, (*trail.offsets, span.end - inset))


def _as_written(node: ScalarNode) -> bool:
    """Whether the text is the scalar as it stands in the file."""
    if node.style == "plain":
        return True
    return len(node.text) + 2 == node.span.end - node.span.start


def _approximate(node: ScalarNode) -> tuple[int, ...]:
    start, end = node.span.start, node.span.end
    last = max(start, end - 1)
    return (*(min(start + i, last) for i in range(len(node.text))), end)


def _read_flow(node: ScalarNode, trail: _Trail) -> None:
    """Plain and quoted scalars: lines are folded, ends of lines trimmed."""
    text = node.span.source.text
    inset = 0 if node.style == "plain" else 1
    at, end = node.span.start + inset, node.span.end - inset
    while at < end:
        blanks = _BLANKS.match(text, at, end)
        after = blanks.end() if blanks else at
        if _BREAK.match(text, after, end):
            at = _fold(text, after, end, trail)
        elif after > at:
            trail.copy(text[at:after], at)
            at = after
        else:
            at = _read_character(text, at, end, node.style, trail)


def _fold(text: str, at: int, end: int, trail: _Trail) -> int:
    """Line breaks from `at` on: one is a blank, of more the first is dropped."""
    at, breaks = _skip_breaks(text, at, end)
    if len(breaks) == 1:
        trail.put(" ", breaks[0])
    for one in breaks[1:]:
        trail.put("\n", one)
    return at


def _skip_breaks(text: str, at: int, end: int) -> tuple[int, list[int]]:
    """Past breaks and the blanks after them; the offsets of the breaks."""
    breaks: list[int] = []
    while (found := _BREAK.match(text, at, end)) is not None:
        breaks.append(at)
        blanks = _BLANKS.match(text, found.end(), end)
        at = blanks.end() if blanks else found.end()
    return at, breaks


def _read_character(text: str, at: int, end: int, style: str, trail: _Trail) -> int:
    char = text[at]
    if style == "double" and char == "\\":
        return _read_escape(text, at, end, trail)
    trail.put(char, at)
    return at + (2 if style == "single" and char == "'" else 1)


def _read_escape(text: str, at: int, end: int, trail: _Trail) -> int:
    if _BREAK.match(text, at + 1, end):
        # An escaped line break joins; empty lines after it stay.
        after, breaks = _skip_breaks(text, at + 1, end)
        for one in breaks[1:]:
            trail.put("\n", one)
        return after
    kind = text[at + 1]
    width = _ESCAPE_WIDTHS.get(kind)
    if width is None:
        trail.put(_ESCAPES.get(kind, ""), at)
        return at + 2
    trail.put(chr(int(text[at + 2 : at + width], 16)), at)
    return at + width


def _read_block(node: ScalarNode, trail: _Trail) -> None:
    """Literal and folded blocks, line by line below the header."""
    text = node.span.source.text
    header = text.find("\n", node.span.start)
    at = len(text) if header < 0 else header + 1
    indent = _indentation(node, at)
    wanted = len(node.text)
    blocks = _Lines(trail, node.style == "literal", indent)
    while len(trail.offsets) < wanted and blocks.goes_on(text, at):
        at = blocks.read_line(text, at)
    blocks.finish(wanted)


def _indentation(node: ScalarNode, at: int) -> int:
    """How far a block is indented: told by its first line that is not blank."""
    text = node.span.source.text
    first = next((one for one in node.text.split("\n") if one.strip(" ")), None)
    if first is None:
        return 0
    own = len(first) - len(first.lstrip(" "))
    while at < len(text):
        spaces = _SPACES.match(text, at)
        content = spaces.end() if spaces else at
        if not _BREAK.match(text, content):
            return max(0, content - at - own)
        at = text.find("\n", at) + 1
    return 0


@dataclass(slots=True)
class _Lines:
    """Joins the lines of a block as YAML does.

    Breaks are held back until the next line tells whether they fold: between two
    lines that do not start with a blank one break is a blank, and of several the
    first is dropped.
    """

    trail: _Trail
    literal: bool
    indent: int
    held: list[int] = field(default_factory=list)
    started: bool = False
    blank_before: bool = False

    def goes_on(self, text: str, at: int) -> bool:
        """Whether the line at `at` is blank or indented far enough."""
        spaces = _SPACES.match(text, at)
        content = spaces.end() if spaces else at
        if content - at >= self.indent or _BREAK.match(text, content):
            return at < len(text)
        return False

    def read_line(self, text: str, at: int) -> int:
        """Takes the line at `at`; the offset of the next one."""
        newline = text.find("\n", at)
        end = len(text) if newline < 0 else newline
        stop = end - 1 if newline > at and text[end - 1] == "\r" else end
        content = text[min(at + self.indent, stop) : stop]
        if content:
            self._join(content[0] in " \t")
            self.trail.copy(content, stop - len(content))
        if newline >= 0:
            self.held.append(stop)
        return end + 1

    def _join(self, blank: bool) -> None:
        folds = not (self.literal or blank or self.blank_before) and self.started
        if folds and len(self.held) == 1:
            self.trail.put(" ", self.held[0])
        for one in self.held[1:] if folds else self.held:
            self.trail.put("\n", one)
        self.held.clear()
        self.started, self.blank_before = True, blank

    def finish(self, wanted: int) -> None:
        """The breaks at the end, as many as chomping left."""
        for one in self.held[: max(0, wanted - len(self.trail.offsets))]:
            self.trail.put("\n", one)
