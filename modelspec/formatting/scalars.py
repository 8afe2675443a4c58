"""How a text is written as a YAML scalar on one line.

In: a text and where it stands. Out: the text plain where that is the same scalar, else
in quotes: double ones, or single ones where those need fewer escapes. Quotes that keep
other readers of YAML from seeing a number, a date or a truth value are left, and so
are those around patterns of names.
"""

from __future__ import annotations

import re
from enum import Enum, auto

from modelspec.pysubset.scan import tokens
from modelspec.syntax.scalars import resolve_plain

# What YAML 1.1 takes for something else than the text that it is in YAML 1.2.
_OTHER_IN_1_1 = re.compile(
    r"""y|n|yes|no|on|off|true|false|null|~|=|<<
      | [-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?
      | [-+]?(?:0b[01_]+|0x[0-9a-f_]+|[0-9][0-9_]*)
      | [-+]?(?:[0-9][0-9_]*)?\.[0-9_]*(?:e[-+]?[0-9]+)?
      | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[tT ].*)?""",
    re.IGNORECASE | re.VERBOSE,
)
_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`=")
# A pattern may go without quotes, but one among others that cannot looks odd.
_GLOB = frozenset("*?[]")
_MARKERS = ("---", "...")


class Place(Enum):
    """Where a scalar stands; what may be plain depends on it."""

    BLOCK = auto()
    FLOW = auto()
    KEY = auto()
    FLOW_KEY = auto()


def write_scalar(text: str, place: Place, *, quoted: bool) -> str:
    """The text as a string; `quoted` tells whether its author had it in quotes."""
    if is_plain(text, place, quoted=quoted):
        return text
    return quote(text)


def is_plain(text: str, place: Place, *, quoted: bool) -> bool:
    """Whether a string may stand without quotes."""
    if not _is_printable(text) or text != text.strip(" ") or not text:
        return False
    if text[0] in _INDICATORS and not _starts_like_a_word(text, place):
        return False
    if text.startswith(_MARKERS) or text.endswith(":") or text == "<<":
        return False
    if ": " in text or " #" in text:
        return False
    if place is not Place.BLOCK and text.count("(") != text.count(")"):
        return False  # the reader takes it for a call that YAML has cut
    if place is not Place.BLOCK and "${" in text and not _closes(text):
        return False  # so it does for an expression
    if place in (Place.FLOW, Place.FLOW_KEY) and set(text) & set(",[]{}"):
        return False
    return _means_itself(text, place, quoted)


def _closes(text: str) -> bool:
    return text.count("{") == text.count("}")


def quote(text: str) -> str:
    """A text in the quotes that need fewer escapes."""
    if _is_printable(text) and _escapes(text, '"\\') > _escapes(text, "'"):
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(map(_escaped, text)) + '"'


def with_single_quotes(text: str) -> str:
    """Python on one line, its strings in single quotes where that needs no escape.

    It can then stand in double quotes as it is.
    """
    parts: list[str] = []
    at = 0
    for token in tokens(text):
        if token.kind == "string" and _can_be_single(token.text):
            parts += (text[at : token.start], token.text.replace('"', "'"))
            at = token.end
    return "".join((*parts, text[at:]))


def _can_be_single(text: str) -> bool:
    inner = text.lstrip("rRbBuUfF")
    if not inner.startswith('"') or inner.startswith('"""'):
        return False
    return inner.count('"') == 2 and "'" not in inner and "\\" not in inner


def _is_printable(text: str) -> bool:
    return text.isprintable()


def _starts_like_a_word(text: str, place: Place) -> bool:
    """`-1`, `?x`, `:x`: an indicator that is none, as no blank follows it."""
    if text[0] == "=":
        return len(text) > 1
    flow = place in (Place.FLOW, Place.FLOW_KEY)
    return text[0] in ("-" if flow else "-:?") and text[1:2] not in ("", " ")


def _means_itself(text: str, place: Place, quoted: bool) -> bool:
    if quoted and (_OTHER_IN_1_1.fullmatch(text) or set(text) & _GLOB):
        return False
    # A key means its text.
    return place in (Place.KEY, Place.FLOW_KEY) or isinstance(resolve_plain(text), str)


def _escapes(text: str, characters: str) -> int:
    return sum(text.count(one) for one in characters)


_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
