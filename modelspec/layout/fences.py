"""Pieces of documents whose breaks depend on what encloses an expression.

A fence is what keeps a line break in an expression legal: a bracket around it, or
parentheses that are only there if their group breaks. Without one, nothing but an
expression's own brackets may break.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from modelspec.layout.document import (
    SOFT,
    SPACE,
    Doc,
    Expandable,
    Group,
    IfBroken,
    Indent,
    Key,
)

BARE: Final = Key()
BRACKETED: Final = Key()


def bracket(left: str, content: Doc, right: str, fence: Key) -> Doc:
    """Content in brackets, which opens without opening the fence around it."""
    group = Group((left, Indent((SOFT, content)), SOFT, right))
    if fence is BARE or fence is BRACKETED:
        return group
    return Expandable(group, fence)


def fenced_group(content: Doc, fence: Key) -> Doc:
    """A group that only exists where its breaks are legal."""
    if fence is BARE:
        return content
    return Group(content, when=None if fence is BRACKETED else fence)


def fenced_break(flat: Doc, fence: Key) -> Doc:
    """A break where legal, else a space or nothing."""
    if fence is BARE:
        return flat
    line = SPACE if flat else SOFT
    return line if fence is BRACKETED else IfBroken(line, flat, fence)


def space_if_broken(fence: Key) -> Doc:
    """A space, but only where `fenced_break` broke."""
    if fence is BARE:
        return ""
    return IfBroken(" ", "", None if fence is BRACKETED else fence)


def optional_parentheses(content: Doc, key: Key) -> Doc:
    """Parentheses if the content does not fit, brackets inside opened, without them."""
    inner = Indent((SOFT, content), when=key)
    return Group((IfBroken("("), inner, SOFT, IfBroken(")")), key)


def parentheses_if_broken(content: Doc) -> Doc:
    """Parentheses as soon as the content does not fit on the line."""
    return Group((IfBroken("("), Indent((SOFT, content)), SOFT, IfBroken(")")))


def commas(items: Sequence[Doc], *, alone: bool = False) -> tuple[Doc, ...]:
    """Items with commas between; if the group breaks, one after the last too.

    An item by itself only gets one if it says so.
    """
    parts: list[Doc] = []
    for item in items:
        parts += (item, ",", SPACE)
    del parts[-2:]
    if len(items) > 1 or alone:
        parts.append(IfBroken(","))
    return tuple(parts)
