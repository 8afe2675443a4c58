"""Targets of assignments: names, tuples of targets, items.

In: a target. Out: a function that stores a value there, or refuses it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from modelspec.pysubset.access import set_item
from modelspec.pysubset.code import Store, inner
from modelspec.pysubset.faults import Fault
from modelspec.pysubset.runtime import Runtime
from modelspec.pysubset.values import Scope, in_words

if TYPE_CHECKING:
    from modelspec.pysubset.closures import Closures


def store_code(closures: Closures, node: ast.expr) -> Store:
    """Assignment of a value to a target."""
    if isinstance(node, ast.Name):
        return _store_name(closures, node.id)
    if isinstance(node, (ast.Tuple, ast.List)):
        return _store_several(closures, node)
    if isinstance(node, ast.Subscript):
        return _store_item(closures, node)
    fault = Fault("invalid-target", "this cannot be assigned to here")
    raise closures.located(fault, node)


def _store_name(closures: Closures, name: str) -> Store:
    key = closures.names.key(name)

    def hide(scope: Scope, value: object) -> None:
        scope.hidden[key] = value  # type: ignore[index]  # used where it is a key

    def keep(scope: Scope, value: object) -> None:
        scope.locals[name] = value

    return keep if key is None else hide


def _store_several(closures: Closures, node: ast.Tuple | ast.List) -> Store:
    run = closures.run
    stores = [closures.store(inner(item)) for item in node.elts]
    stars = [i for i, one in enumerate(node.elts) if isinstance(one, ast.Starred)]
    star = stars[0] if stars else None

    def spread(scope: Scope, value: object) -> None:
        try:
            values = _spread(run, value, len(stores), star)
        except Fault as fault:
            raise closures.located(fault, node) from None
        for store, one in zip(stores, values, strict=True):
            store(scope, one)

    return spread


def _store_item(closures: Closures, node: ast.Subscript) -> Store:
    run = closures.run
    value, index = closures.compile(node.value), closures.compile(node.slice)

    def put_item(scope: Scope, item: object) -> None:
        of, at = value(scope), index(scope)
        try:
            set_item(run, of, at, item)
        except Fault as fault:
            raise closures.located(fault, node) from None

    return put_item


def _spread(run: Runtime, value: object, count: int, star: int | None) -> list[object]:
    """The values for so many targets, those of a starred one in a list."""
    if star is not None:
        items = list(_unpacked(run, run.listed, value))
        if len(items) < count - 1:
            raise _mismatch(f"at least {count - 1}", len(items))
        end = len(items) - (count - 1 - star)
        return [*items[:star], items[star:end], *items[end:]]
    items = []
    for item in _unpacked(run, run.iterate, value):
        items.append(item)
        if len(items) > count:
            got = len(value) if type(value) in (list, tuple) else "more"  # type: ignore[arg-type]
            raise _mismatch(str(count), got)
    if len(items) < count:
        raise _mismatch(str(count), len(items))
    return items


def _unpacked(
    run: Runtime, take: Callable[[object], Iterable[object]], value: object
) -> Iterable[object]:
    """What `take` gives of a value that has items."""
    try:
        return take(value)
    except Fault as fault:
        if fault.code != "not-iterable" or not run.is_plain(value):
            raise
        message = f"expected something to unpack, got {in_words(value)}"
        raise Fault("not-iterable", message) from None


def _mismatch(expected: str, got: object) -> Fault:
    plural = "" if expected == "1" else "s"
    message = f"expected {expected} value{plural} to unpack, got {got}"
    return Fault("unpack-mismatch", message)
