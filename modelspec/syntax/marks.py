"""Where the parser's events stand in the source.

In: an event and its source. Out: the span of what is written there. The parser counts
characters without the byte order mark; it takes anchors and tags for part of the node
after them, and lets a block scalar end where the next token starts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from modelspec.diagnostics.span import Source, Span

if TYPE_CHECKING:
    from modelspec.syntax.events import Event

# `&anchor` and `!tag` before a node, with the blanks and comments after them.
_PROPERTIES = re.compile(r"(?:[&!]\S*(?:\s+(?:#[^\n]*)?)*)+")
_LINE = re.compile(r"[^\r\n]*")


def event_span(source: Source, event: Event, shift: int) -> Span:
    """All of an event, anchor and tag included."""
    return Span(source, event.start_mark.index + shift, event.end_mark.index + shift)


def scalar_span(source: Source, event: Event, style: str, shift: int) -> Span:
    """A scalar as written, quotes and block header included."""
    start, end = event.start_mark.index + shift, event.end_mark.index + shift
    has_properties = event.anchor is not None or event.tag is not None
    if style == "plain" and not has_properties:
        return Span(source, start, end)
    if has_properties:
        start = _after_properties(source, start, end)
        if style == "plain" and not event.value:
            start = end
    if style in ("literal", "folded"):
        end = _block_end(source.text, start, end)
    return Span(source, start, end)


def _after_properties(source: Source, start: int, end: int) -> int:
    properties = _PROPERTIES.match(source.text, start, end)
    return start if properties is None else properties.end()


def _block_end(text: str, start: int, end: int) -> int:
    """The end of the last line that is not blank."""
    content = start + len(text[start:end].rstrip())
    line = _LINE.match(text, content, end)
    return content if line is None else line.end()
