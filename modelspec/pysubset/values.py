"""Plain values: those the evaluator understands itself.

A type that is not here is opaque, and only a `World` may touch its values.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Mapping
from dataclasses import field
from typing import NoReturn

from modelspec.records import dataclass


class Provisional(int):
    """A whole number in place of a size that is not known yet; `key` tells which.

    What is computed from it is a plain number.
    """

    key: object = None


NUMBERS: frozenset[type] = frozenset({int, float, bool, Provisional})
SCALARS: frozenset[type] = frozenset({*NUMBERS, str, type(None), type(Ellipsis)})
SEQUENCES: frozenset[type] = frozenset({list, tuple})
VIEWS: frozenset[type] = frozenset(
    {
        type({}.items()),
        type({}.keys()),
        type({}.values()),
    }
)
LAZY: frozenset[type] = frozenset(
    {
        enumerate,
        reversed,
        types.GeneratorType,
        type(reversed({})),
        type(reversed([])),
        type(reversed({}.items())),
        type(reversed({}.values())),
        type(reversed(range(0))),
        type(reversed(range(2**80))),
        zip,
    }
)
"""Iterators: used up by going through them."""

_HOLDERS: tuple[type, ...] = (list, tuple, dict, set)
CONTAINERS: frozenset[type] = VIEWS.union(_HOLDERS)

PLAIN: frozenset[type] = frozenset(
    {*SCALARS, *CONTAINERS, *LAZY, range, slice, functools.partial}
)

MISSING = object()


@dataclass(slots=True)
class Scope:
    """What bare names mean: these locals, then these globals, then the built-ins.

    `hidden` holds the names of comprehensions, which end with them.
    """

    locals: dict[str, object]
    globals: Mapping[str, object]
    hidden: dict[str, object] = field(default_factory=dict)
    result: object = None


_NAMES: dict[type, str] = {
    type(None): "None",
    type(Ellipsis): "...",
    types.GeneratorType: "generator",
    functools.partial: "partial",
}

_WITHOUT_ARTICLE = frozenset({"None", "..."})


class Unsayable:
    """A value that no message may speak of: whoever names its kind is stopped."""

    __slots__ = ()

    def stop(self) -> NoReturn:
        """Raises what ends the evaluation."""
        raise NotImplementedError


def kind_of(value: object) -> str:
    """A value's type in a word, for messages."""
    kind = type(value)
    if isinstance(value, Unsayable):
        value.stop()
    return _NAMES.get(kind) or kind.__name__


def in_words(value: object) -> str:
    """As `kind_of`, as part of a sentence."""
    kind = kind_of(value)
    if kind in _WITHOUT_ARTICLE:
        return kind
    return f"an {kind}" if kind[:1] in "aeiou" else f"a {kind}"


def shown(value: object) -> str:
    """A short value itself, else its kind."""
    if type(value) in SCALARS:
        text = repr(value)
        if len(text) <= 40:
            return text
    return kind_of(value)
