"""The end of a piece of Python that is being typed.

In: the text before the cursor. Out: the word there, what stands before its dot, and
the call it is an argument of. Nothing has to be complete.
"""

from __future__ import annotations

import re

from modelspec.records import dataclass

_WORD = re.compile(
    r"(?<![\w.])((?:[A-Za-z_]\w*(?:\(\))?\.)*)([A-Za-z_]\w*)?\Z", re.ASCII
)
_AFTER_CALL = re.compile(r"[\w)\]]\.([A-Za-z_]\w*)?\Z", re.ASCII)
_CALLEE = re.compile(r"([A-Za-z_][\w.]*)\s*\Z", re.ASCII)
_KEYWORD = re.compile(r"([A-Za-z_]\w*)\s*=(?!=)", re.ASCII)
_NUMBER = re.compile(r"[\d.]\w*\Z")
_PAIRS = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class Call:
    """An unfinished call: `keywords` are those written, `position` counts arguments
    before the cursor, `keyword` is the one whose value is typed."""

    callee: str
    position: int
    keywords: frozenset[str]
    keyword: str = ""


@dataclass(frozen=True, slots=True)
class Typed:
    """`before` is what the dot follows: `self.encoder` of `self.encoder.la`, `?` for
    what is no plain name, empty where there is no dot."""

    word: str
    before: str
    call: Call | None
    in_string: bool = False
    is_number: bool = False


def read_typed(text: str) -> Typed:
    stack, in_string = _open_brackets(text)
    call = _call(text, stack)
    if in_string:
        return Typed("", "", call, in_string=True)
    match = _WORD.search(text)
    if match is not None:
        is_number = match.group() == "" and _NUMBER.search(text) is not None
        return Typed(match[2] or "", match[1].rstrip("."), call, is_number=is_number)
    after = _AFTER_CALL.search(text)
    if after is not None:
        is_number = re.search(r"(?<![\w)\]])\d+\.\w*\Z", text) is not None
        return Typed(after[1] or "", "?", call, is_number=is_number)
    return Typed("", "", call, is_number=_NUMBER.search(text) is not None)


def _open_brackets(text: str) -> tuple[list[int], bool]:
    """Offsets of the brackets that are not closed, and whether a string is open."""
    stack: list[int] = []
    quote, at = "", 0
    while at < len(text):
        char = text[at]
        if quote:
            if char == "\\":
                at += 1
            elif char in (quote, "\n"):
                quote = ""
        elif char in "'\"":
            quote = char
        elif char == "#":
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        elif char in "([{":
            stack.append(at)
        elif char in ")]}" and stack and text[stack[-1]] == _PAIRS[char]:
            stack.pop()
        at += 1
    return stack, bool(quote)


def _call(text: str, stack: list[int]) -> Call | None:
    """The innermost call, unless a list or dict in it is open."""
    if not stack or text[stack[-1]] != "(":
        return None
    callee = _CALLEE.search(text[: stack[-1]])
    if callee is None:
        return None
    arguments = _split(text[stack[-1] + 1 :])
    names = [_KEYWORD.match(one.strip()) for one in arguments]
    written = [name[1] for name in names[:-1] if name is not None]
    last = names[-1]
    positional = sum(name is None for name in names[:-1])
    keyword = last[1] if last is not None else ""
    return Call(callee[1], positional, frozenset(written), keyword)


def _split(text: str) -> list[str]:
    """At the commas outside of brackets and strings."""
    parts, depth, start, quote = [], 0, 0, ""
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]
