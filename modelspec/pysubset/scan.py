"""A rough look at a Python text before Python's own parser sees it.

In goes a text, out come its bracket depth, its overlong numbers, its non-ASCII names
and the first bracket or quote that does not pair up. Strings and comments are known
for what they are, so that what stands inside them does not count. Linear in the
length of the text; never raises and never recurses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from modelspec.records import dataclass

LONGEST_NUMBER = 400
"""No number of ours needs more digits; Python reads long ones in quadratic time."""

CLOSING = {"(": ")", "[": "]", "{": "}"}

_MARKS = r"""
    (?P<string>[rRbBuUfFtT]{0,2}(?:
        \"{3}(?:\\.|[^\\])*?\"{3} | '{3}(?:\\.|[^\\])*?'{3}
      | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' ))
  | (?P<comment>\#[^\n]*)
  | (?P<open>[(\[{])
  | (?P<close>[)\]}])
  | (?P<quote>\"{3}|'{3}|["'])
"""
_WORDS = r"""
  | (?P<number>[0-9]\w*)
  | (?P<word>[^\W\d]\w*)
"""
_PREFIX = "[rRbBuUfFtT]{0,2}"
_MARK = re.compile(_MARKS.replace(_PREFIX, ""), re.DOTALL | re.VERBOSE)
_TOKEN = re.compile(_MARKS + _WORDS, re.DOTALL | re.VERBOSE)


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A bracket or a quote without its partner, and a sentence about it."""

    start: int
    end: int
    message: str


@dataclass(slots=True)
class Scan:
    """What was seen in a text."""

    depth: int = 0
    deepest: int = 0
    """Where the deepest bracket opens."""
    mismatch: Mismatch | None = None
    long_number: Token | None = None
    foreign_name: Token | None = None
    """The first name outside strings that is not ASCII."""


def tokens(text: str, start: int = 0) -> Iterator[Token]:
    return _found(_TOKEN, text, start)


def _found(pattern: re.Pattern[str], text: str, start: int = 0) -> Iterator[Token]:
    for found in pattern.finditer(text, start):
        yield Token(found.lastgroup or "", found.group(), found.start())


def scan(text: str) -> Scan:
    seen = Scan()
    opened: list[Token] = []
    # Words matter only where one of them may be wrong.
    plain = text.isascii() and len(text) <= LONGEST_NUMBER
    for token in _found(_MARK if plain else _TOKEN, text):
        if token.kind == "open":
            opened.append(token)
            if len(opened) > seen.depth:
                seen.depth, seen.deepest = len(opened), token.start
        elif token.kind == "close":
            seen.mismatch = _close(opened, token)
        elif token.kind == "quote":
            seen.mismatch = Mismatch(
                token.start, token.end, f"{token.text} is never closed"
            )
        elif token.kind == "number" and len(token.text) > LONGEST_NUMBER:
            seen.long_number = seen.long_number or token
        elif token.kind == "word" and not token.text.isascii():
            seen.foreign_name = seen.foreign_name or token
        if seen.mismatch is not None:
            return seen
    if opened:
        last = opened[-1]
        seen.mismatch = Mismatch(last.start, last.end, f"{last.text} is never closed")
    return seen


def _close(opened: list[Token], token: Token) -> Mismatch | None:
    if not opened:
        return Mismatch(token.start, token.end, f"{token.text} closes nothing")
    last = opened.pop()
    if CLOSING[last.text] == token.text:
        return None
    message = f"expected {CLOSING[last.text]} to close {last.text}, got {token.text}"
    return Mismatch(token.start, token.end, message)


def closing_brace(text: str, start: int) -> int | None:
    """The index of the `}` that ends the expression starting at `start`."""
    depth = 0
    for token in tokens(text, start):
        if token.kind == "open":
            depth += 1
        elif token.kind == "close":
            if depth == 0:
                return token.start if token.text == "}" else None
            depth -= 1
        elif token.kind == "comment":
            # In one line of text a comment would swallow the closing brace.
            return _closing_in_comment(text, token)
        elif token.kind == "quote":
            return None
    return None


def _closing_in_comment(text: str, comment: Token) -> int | None:
    at = text.find("}", comment.start)
    return at if at >= 0 else None
