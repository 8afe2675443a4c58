"""What of an expression is evaluated in any case, though another part goes wrong.

In: an expression, and the error that ended it. Out: the parts that would have come
after the wrong one, each of which may be wrong as well: further arguments of a call,
items of a list, operands. Not those that depend on the wrong part, as far as one can
see: what takes from a list that it takes from too (`sizes.pop(0)`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.diagnostics.span import Source, Span
from modelspec.pysubset.place import span_of

_MODULES = frozenset({"nn", "torch", "F", "math"})


def parts_after(node: ast.expr, error: Diagnostic, source: Source) -> list[ast.expr]:
    """The parts of `node` that an error in it left out."""
    # What goes wrong inside of a function has the place of its call as a label.
    spans = [error.span, *(label.span for label in error.labels)]
    at = next((one for one in spans if one and span_of(node, source).holds(one)), None)
    if at is None or error.code == "not-callable":
        return []
    found = list(_after(node, at, source))
    changed = _changed(node, found)
    return [one for one in found if not changed & _names(one)]


def _after(node: ast.expr, at: Span, source: Source) -> Iterator[ast.expr]:
    parts = _parts(node)
    for index, one in enumerate(parts):
        if span_of(one, source).holds(at):
            yield from _after(one, at, source)
            yield from parts[index + 1 :]
            return


def _parts(node: ast.expr) -> list[ast.expr]:
    """What is evaluated for a node, in order; nothing of what may be left out."""
    match node:
        case ast.Call(func=func, args=args, keywords=keywords):
            owner = [func.value] if isinstance(func, ast.Attribute) else []
            return [*owner, *_items(args), *(one.value for one in keywords)]
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            return _items(items)
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            return [one for pair in pairs for one in pair if one is not None]
        case ast.BinOp(left=left, right=right):
            return [left, right]
        case ast.Subscript(value=value, slice=index):
            return [value] if isinstance(index, ast.Slice) else [value, index]
        case ast.Attribute(value=value) | ast.UnaryOp(operand=value):
            return [value]
        case ast.Compare(left=left, comparators=[first, *_]):
            return [left, first]
    return []


def _items(nodes: list[ast.expr]) -> list[ast.expr]:
    return [one.value if isinstance(one, ast.Starred) else one for one in nodes]


def _changed(node: ast.expr, left: list[ast.expr]) -> set[str]:
    """Names whose values the parts that were reached may have changed, or not."""
    out = {id(one) for part in left for one in ast.walk(part)}
    return {
        one.func.value.id
        for one in ast.walk(node)
        if isinstance(one, ast.Call)
        and isinstance(one.func, ast.Attribute)
        and isinstance(one.func.value, ast.Name)
        and one.func.value.id not in _MODULES
        and id(one) not in out
    }


def _names(node: ast.expr) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
