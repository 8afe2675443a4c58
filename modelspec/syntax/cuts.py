"""Finding the whole of a text that YAML has cut in two.

In: a span that starts inside such a text (`Conv2d(1` of `[Conv2d(1, 2, 3)]`). Out:
the span the user meant. Only brackets and quotes are looked at.
"""

from __future__ import annotations

import re

from modelspec.diagnostics.span import Span

_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_FARTHEST = 4096
_CALL = re.compile(r"\(")
_OPENER = re.compile(r"[(\[{]")
_COMMENT = re.compile(r"\s#")


def is_cut(key: Span) -> bool:
    """Whether a key has a bracket that the rest of its line closes."""
    found = _OPENER.search(key.source.text, key.start, key.end)
    if found is None:
        return False
    end = matching_bracket(key.source.text, found.start())
    return end is not None and key.end <= end < end_of_line(key.source.text, key.end)


def cut_call(span: Span, in_flow: bool) -> Span:
    """From the start of a piece to the end of the text that it begins."""
    text = span.source.text
    openers = _CALL if in_flow else _OPENER
    found = openers.search(text, span.start, span.end)
    end = None if found is None else matching_bracket(text, found.start())
    if end is None:
        return span
    if not in_flow:
        # A key that goes on, such as `for k in {"a": 4}.values():`.
        rest = _COMMENT.split(text[end : end_of_line(text, end)])[0]
        end += len(rest.rstrip().removesuffix(":")) - 1
    else:
        end = _end_of_item(text, end)
    return Span(span.source, span.start, max(end + 1, span.end))


def _end_of_item(text: str, at: int) -> int:
    """The last character of an item of a flow collection that goes on after `at`."""
    last = at
    while at + 1 < len(text):
        at += 1
        if text[at] in ",]}\n" or text.startswith((": ", " #"), at):
            break
        if text[at] in _CLOSERS:
            closer = matching_bracket(text, at)
            if closer is None:
                break
            at = closer
        if text[at] != " ":
            last = at
    return last


def matching_bracket(text: str, opener: int, farthest: int = _FARTHEST) -> int | None:
    """The offset of the bracket that closes the one at `opener`."""
    awaited: list[str] = []
    quote = ""
    for at in range(opener, min(len(text), opener + farthest)):
        char = text[at]
        if quote:
            quote = "" if char == quote else quote
        elif char in _CLOSERS:
            awaited.append(_CLOSERS[char])
        elif char in "\"'":
            quote = char
        elif char in ")]}":
            if not awaited or char != awaited.pop():
                return None
            if not awaited:
                return at
    return None


def end_of_line(text: str, at: int) -> int:
    """Where the line that `at` is on ends, blanks at its end left out."""
    end = text.find("\n", at)
    line = text[at : len(text) if end < 0 else end]
    return at + len(line.rstrip())


def start_of_line(text: str, at: int) -> int:
    """Where the line that `at` is on starts, after a byte order mark."""
    start = text.rfind("\n", 0, at) + 1
    return start if start or not text.startswith("\ufeff") else 1
