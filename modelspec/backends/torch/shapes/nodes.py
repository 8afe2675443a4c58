"""Arithmetic on symbolic sizes, done once for the same sizes.

Torch computes strides, numbers of elements and whether a tensor is contiguous anew for
each tensor, most of which have the shape of an earlier one: in a network of many equal
layers that is most of the time of a run. An environment that replaces no symbol by
another keeps what was computed, in `known`; meanwhile torch's nodes look there first.
Nodes of other environments are none the wiser.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Protocol, TypeAlias, cast

import sympy
from torch.fx.experimental.sym_node import SymNode

from modelspec.backends.torch.guard import EndlessError

Key: TypeAlias = tuple[object, ...]


MOST_OPERATIONS = 10_000
MOST_DIVIDED = 100
"""Operations in a size, and in one that is divided: to divide takes sympy a second for
some hundreds of them, and four times as long for twice as many. A size that is computed
with another in a loop doubles each time; one of a network has a dozen."""


class Remembering(Protocol):
    """An environment that remembers."""

    known: dict[Key, SymNode]


_METHODS = (
    *("add", "sub", "mul", "mod", "floordiv", "int_floordiv", "sym_max", "sym_min"),
    *("eq", "ne", "gt", "ge", "lt", "le", "and_", "or_"),
)
_DIVISIONS = frozenset(("mod", "floordiv", "int_floordiv"))
_PLAIN: dict[str, Any] = {}
_lock = Lock()
_runs = 0


@contextmanager
def remembered() -> Iterator[None]:
    """While this lasts, nodes of environments that remember compute nothing twice."""
    global _runs  # noqa: PLW0603  # torch's class is there once for all threads
    with _lock:
        _runs += 1
        if _runs == 1:
            _install()
    try:
        yield
    finally:
        with _lock:
            _runs -= 1
            if not _runs:
                _restore()


def _install() -> None:
    for name in (*_METHODS, "wrap_int", "expr"):
        _PLAIN[name] = SymNode.__dict__[name]
    for name in _METHODS:
        setattr(SymNode, name, _once(name, _PLAIN[name]))
    setattr(SymNode, "wrap_int", _wrap_int)  # noqa: B010  # no attribute of a type
    setattr(SymNode, "expr", property(_expr))  # noqa: B010


def _restore() -> None:
    while _PLAIN:
        name, plain = _PLAIN.popitem()
        setattr(SymNode, name, plain)


def _once(
    name: str, plain: Callable[[SymNode, SymNode], SymNode]
) -> Callable[[SymNode, SymNode], SymNode]:
    def compute(self: SymNode, other: SymNode) -> SymNode:
        known = getattr(self.shape_env, "known", None)
        if known is None:
            return plain(self, other)
        key = (name, self._expr, self.pytype, other._expr, other.pytype)
        made = known.get(key)
        if made is None:
            _require_small(name, self._expr, other._expr)
            made = known[key] = plain(self, other)
        return cast("SymNode", made)

    return compute


def _require_small(name: str, *given: sympy.Basic) -> None:
    most = MOST_DIVIDED if name in _DIVISIONS else MOST_OPERATIONS
    if sum(one.count_ops() for one in given if not one.is_Atom) > most:
        raise EndlessError(f"a size is computed with more than {most:,} operations")


def _wrap_int(self: SymNode, num: int) -> SymNode:
    known = getattr(self.shape_env, "known", None)
    plain = _PLAIN["wrap_int"]
    if known is None:
        return cast("SymNode", plain(self, num))
    made = known.get((num,))
    if made is None:
        made = known[(num,)] = plain(self, num)
    return cast("SymNode", made)


def _expr(self: SymNode) -> sympy.Basic:
    if getattr(self.shape_env, "known", None) is None:
        return _PLAIN["expr"].fget(self)
    return self._expr
