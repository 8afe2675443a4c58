"""Numbers and strings as tokens: one line each, in the spelling `ruff format` keeps."""

from __future__ import annotations

import re

DOUBLE = '"'
SINGLE = "'"
QUOTES = (DOUBLE, SINGLE, '"""', "'''")

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_EXPONENT = re.compile(r"e\+?(-?)0*(\d)")


class UnquotableError(ValueError):
    """A string that none of the quotes at hand can hold."""


def number_text(value: complex) -> str:
    """The shortest common spelling: `1e-5`, `0.1`, `1e20`."""
    text = repr(value)
    if isinstance(value, int):
        return text
    return _EXPONENT.sub(r"e\1\2", text).strip("()")


def normalise_number(text: str) -> str:
    """A number as its author spelled it, in the case that is customary."""
    text = text.lower()
    if text.startswith("0x"):
        return "0x" + text[2:].upper()
    if text.startswith(("0b", "0o")):
        return text
    text, suffix = (text[:-1], "j") if text.endswith("j") else (text, "")
    mantissa, mark, exponent = text.partition("e")
    if mantissa.startswith("."):
        mantissa = "0" + mantissa
    if mantissa.endswith("."):
        mantissa += "0"
    return mantissa + mark + exponent.removeprefix("+") + suffix


def string_text(value: str, quotes: tuple[str, ...] = QUOTES) -> str:
    """A string in the quotes that need the fewest escapes, double ones if equal.

    Inside an f-string, fewer `quotes` are left, and no escape may be written at all.
    """
    if quotes is QUOTES:
        quote = preferred_quote(value)
        return quote + escape(value, quote) + quote
    for quote in quotes:
        if _is_plain(value, quote):
            return quote + value + quote
    raise UnquotableError


def preferred_quote(value: str) -> str:
    """The quote that needs the fewest escapes."""
    return SINGLE if value.count(DOUBLE) > value.count(SINGLE) else DOUBLE


def _is_plain(value: str, quote: str) -> bool:
    """Whether a string can stand in these quotes without an escape."""
    if not value.isprintable() or "\\" in value:
        return False
    if quote in value:
        return False
    return len(quote) == 1 or not value.endswith(quote[0])


def escape(value: str, quote: str) -> str:
    """A string's text between these quotes; what cannot be seen is escaped."""
    if value.isprintable() and "\\" not in value and quote[0] not in value:
        return value
    text = "".join(map(escape_character, value))
    if len(quote) == 1:
        return text.replace(quote, "\\" + quote)
    runs = f"{quote[0]}{{3,}}|{quote[0]}+$"
    return re.sub(runs, lambda run: ("\\" + quote[0]) * len(run[0]), text)


def escape_character(character: str) -> str:
    """One character of a string, escaped if it cannot be seen as itself."""
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
