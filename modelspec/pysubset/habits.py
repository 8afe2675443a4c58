"""Slips in Python texts that come from other languages and other keyboards.

In: a text, and the index at which Python stopped. Out: a `Slip`, the stretch that is
wrong with what to write instead, or None where the text shows no such habit.
"""

from __future__ import annotations

import re
import unicodedata

from modelspec.pysubset.scan import CLOSING, tokens
from modelspec.records import dataclass


@dataclass(frozen=True, slots=True)
class Slip:
    """From `start` to `end`: what is wrong in one sentence, and what to write."""

    start: int
    end: int
    message: str
    help: str


_FOREIGN = {
    # text: what to write
    "&&": "`and`",
    "||": "`or`",
    "<>": "`!=`",
    "++": "`+= 1`",
    "--": "`-= 1`",
    "!": "`not`",
    "?": "`a if test else b`",
    "else if": "`elif`",
    "elseif": "`elif`",
    "elsif": "`elif`",
    "function": "`def`",
    "then": "`:`",
}
_WORDS = re.compile(
    r"else\s+if\b|&&|\|\||<>|\+\+|--|[!?]|(?:elseif|elsif|function|then)\b"
)
_LOOKALIKES = {
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{MINUS SIGN}": "-",
    "\N{MULTIPLICATION SIGN}": "*",
    "\N{DIVISION SIGN}": "/",
    "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{GREATER-THAN OR EQUAL TO}": ">=",
    "\N{NOT EQUAL TO}": "!=",
    "\N{RIGHTWARDS ARROW}": "->",
    "\N{IDEOGRAPHIC COMMA}": ",",
    "\N{IDEOGRAPHIC FULL STOP}": ".",
}


def foreign_operator(text: str, at: int) -> Slip | None:
    """An operator or word of another language where Python stopped, or just before."""
    line = text.rfind("\n", 0, at) + 1
    for found in _WORDS.finditer(text, line):
        if found.start() > at:
            return None
        if found.end() >= at:
            got = " ".join(found.group().split())
            message = f"`{got}` is not Python"
            return Slip(*found.span(), message, f"write {_FOREIGN[got]}")
    return None


def foreign_character(text: str, at: int) -> Slip | None:
    """A character that looks like one of Python's; None where it is ASCII."""
    got = text[at : at + 1]
    if not got or got.isascii():
        return None
    if got.isspace():
        return Slip(at, at + 1, "this is no plain blank", "write a plain blank")
    meant = _LOOKALIKES.get(got) or unicodedata.normalize("NFKC", got)
    help = f"write `{meant}`" if meant.isascii() and meant.isprintable() else ""
    shown = got if got.isprintable() else f"U+{ord(got):04X}"
    return Slip(at, at + 1, f"`{shown}` is no character of Python", help)


def assignment(text: str, start: int, end: int) -> Slip:
    """A value at `start:end` with `=` behind it, where no name can stand before one."""
    line = text.rfind("\n", 0, start) + 1
    if not text[line:start].strip():
        what = " ".join(text[start:end].split())
        message = f"`{what}` cannot be assigned to"
        return Slip(start, end, message, "a name stands left of `=`")
    sign = re.compile(r"\s*=").match(text, end)
    if sign is not None:
        start, end = sign.end() - 1, sign.end()
    message = "expected a value here, got an assignment with `=`"
    return Slip(start, end, message, "to compare write `==`")


def late_position(text: str, close: int) -> Slip | None:
    """The argument by position that stands behind one by name, in a call that ends
    at `close`."""
    opened: list[int] = []
    for token in tokens(text[:close]):
        if token.text in CLOSING:
            opened.append(token.start)
        elif token.kind == "close" and opened:
            opened.pop()
    if not opened:
        return None
    named = False
    for start, end in _split(text, opened[-1] + 1, close):
        argument = text[start:end]
        if re.match(r"\w+\s*=(?!=)|\*\*", argument):
            named = True
        elif named and argument and not argument.startswith("*"):
            message = f"`{argument}` is given by position behind arguments by name"
            return Slip(start, end, message, "give it by name, or put it first")
    return None


def _split(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The arguments between two brackets, without the blanks around them."""
    edges, depth = [start], 0
    for at in range(start, end):
        depth += text[at] in "([{"
        depth -= text[at] in ")]}"
        if text[at] == "," and depth == 0:
            edges.append(at + 1)
    spans = zip(edges, [*(one - 1 for one in edges[1:]), end], strict=True)
    return [_stripped(text, *span) for span in spans]


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    first = start + len(part) - len(part.lstrip())
    return first, max(first, start + len(part.rstrip()))
