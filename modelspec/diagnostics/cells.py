"""Text of the user's on a terminal: what it looks like and how wide it is.

Nothing that moves the cursor, hides or reorders text is passed on: control
characters, bidirectional overrides and other invisible characters are spelled out.
"""

from __future__ import annotations

import unicodedata

TAB = "    "
_ZERO_WIDTH = ("Mn", "Me")
_SPELLED_OUT = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def printable(text: str) -> str:
    """A text as it may be printed, on one line."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(cell, text))


def cell(char: str) -> str:
    """What is printed for one character."""
    if char == "\t":
        return TAB
    if char.isprintable():
        return char
    if char < " ":
        return chr(0x2400 + ord(char))
    if unicodedata.category(char) in _SPELLED_OUT:
        return f"<U+{ord(char):04X}>"
    return " "


def width(text: str) -> int:
    """How many columns a printed text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_character_width, text))


def _character_width(char: str) -> int:
    # Vowels and finals of Hangul join the consonant before them.
    if unicodedata.category(char) in _ZERO_WIDTH or "\u1160" <= char <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
