"""Lists, tuples, sets, dicts and f-strings.

In: a node. Out: a closure that makes a new value, its size counted against the budget.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from modelspec.pysubset.code import Code
from modelspec.pysubset.collecting import add_to_set, put, update
from modelspec.pysubset.faults import Fault
from modelspec.pysubset.template import converted, formatted
from modelspec.pysubset.values import Scope, in_words

if TYPE_CHECKING:
    from modelspec.pysubset.closures import Closures


def list_code(closures: Closures, node: ast.List) -> Code:
    return closures.several(node.elts)


def tuple_code(closures: Closures, node: ast.Tuple) -> Code:
    items = closures.several(node.elts)
    return lambda scope: tuple(items(scope))


def set_code(closures: Closures, node: ast.Set) -> Code:
    run, items = closures.run, closures.several(node.elts)

    def collect(scope: Scope) -> set[object]:
        found: set[object] = set()
        try:
            for item in items(scope):
                add_to_set(run, found, item)
        except Fault as fault:
            raise closures.located(fault, node) from None
        return found

    return collect


def dict_code(closures: Closures, node: ast.Dict) -> Code:
    run = closures.run
    parts = [
        (key, None if key is None else closures.compile(key), closures.compile(value))
        for key, value in zip(node.keys, node.values, strict=True)
    ]

    def collect(scope: Scope) -> dict[object, object]:
        found: dict[object, object] = {}
        for place, key, value in parts:
            at = None if key is None else key(scope)
            held = value(scope)
            try:
                if key is not None:
                    put(run, found, at, held)
                elif type(held) is dict:
                    update(run, found, held, {})
                else:
                    message = f"`**` takes a dict, got {in_words(held)}"
                    raise Fault("wrong-argument", message)
            except Fault as fault:
                raise closures.located(fault, place or node) from None
        return found

    return collect


def f_string_code(closures: Closures, node: ast.JoinedStr) -> Code:
    run = closures.run
    parts = [closures.compile(part) for part in node.values]

    def write(scope: Scope) -> str:
        written = [part(scope) for part in parts]
        try:
            run.budget.characters(sum(map(len, written)))
        except Fault as fault:
            raise closures.located(fault, node) from None
        return "".join(written)

    return write


def field_code(closures: Closures, node: ast.FormattedValue) -> Code:
    run = closures.run
    value = closures.compile(node.value)
    spec = _no_text if node.format_spec is None else closures.compile(node.format_spec)
    conversion = chr(node.conversion) if node.conversion > 0 else ""

    def write(scope: Scope) -> str:
        shown = value(scope)
        try:
            if conversion:
                shown = converted(run, shown, conversion)
            wanted = spec(scope)
            return formatted(run, shown, wanted)
        except Fault as fault:
            raise closures.located(fault, node.value) from None

    return write


def _no_text(scope: Scope) -> str:
    return ""
