"""What a spec declares about the values of a param, as lines that refuse the others.

Comes in: a Param. Goes out: statements that raise where a value is not among the
choices, or where it, or an item of it, is a number out of bounds. Whatever is no number
is in bounds: the param's type is the annotation's matter.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modelspec.backends.python.nodes import (
    both,
    call,
    condition,
    is_not_none,
    name,
    tuple_of,
)
from modelspec.program import ir
from modelspec.trees import expression_tree

_NUMBERS = {"int", "float"}
_SEQUENCES = {"list", "tuple"}
# A value of these types may be whatever has bounds.
_OPEN = {"any"}


def check_value(param: ir.Param) -> list[ast.stmt]:
    """The lines for one param; most have none."""
    found: list[ast.stmt] = []
    if param.choices:
        listed = [_literal(one) for one in param.choices]
        operator: ast.cmpop = ast.NotIn() if len(listed) > 1 else ast.NotEq()
        allowed = tuple_of(listed) if len(listed) > 1 else listed[0]
        test: ast.expr = ast.Compare(name(param.name), [operator], [allowed])
        shown = ", ".join(map(repr, param.choices))
        shown = f"one of {shown}" if len(listed) > 1 else shown
        found.append(_refuse(param, test, f"must be {shown}"))
    if param.minimum is not None or param.maximum is not None:
        for outside in _outside(param):
            found.append(_refuse(param, outside, _bounds(param)))
    return found


def _outside(param: ir.Param) -> Iterator[ast.expr]:
    """Tests that are true of a number out of bounds, and of a sequence that has one."""
    value, kinds = name(param.name), _members(param.type)
    if _may_be(kinds, _NUMBERS):
        outside: ast.expr = ast.UnaryOp(ast.Not(), _within(param, value))
        guard = _guard(kinds, _NUMBERS, value)
        yield outside if guard is None else both(guard, outside)
    if _may_be(kinds, _SEQUENCES):
        outside = ast.UnaryOp(ast.Not(), _all_within(param, kinds))
        guard = _guard(kinds, _SEQUENCES, value)
        yield outside if guard is None else both(guard, outside)


def _all_within(param: ir.Param, kinds: list[ir.TypeExpression]) -> ast.expr:
    """`all(size >= 1 for size in sizes)`, over the items that are numbers."""
    item = name("item" if param.name != "item" else "value")
    guard = _guard(_items(kinds), _NUMBERS, item)
    tests = [] if guard is None else [guard]
    over = ast.comprehension(item, name(param.name), tests, 0)
    return call("all", ast.GeneratorExp(_within(param, item), [over]))


def _may_be(kinds: list[ir.TypeExpression], wanted: set[str]) -> bool:
    found = [one for one in kinds if one.name in wanted | _OPEN]
    if wanted is _SEQUENCES:
        return any(_may_be(_items([one]), _NUMBERS) for one in found)
    return bool(found)


def _guard(
    kinds: list[ir.TypeExpression], wanted: set[str], value: ast.expr
) -> ast.expr | None:
    """A test that the value is of the types with bounds, where it may be another."""
    others = {one.name for one in kinds} - wanted
    if not others:
        return None
    if others == {"None"}:
        return is_not_none(value)
    types = [name(one) for one in sorted(wanted, reverse=wanted is _NUMBERS)]
    found: ast.expr = call("isinstance", value, tuple_of(types))
    if wanted is _NUMBERS and others & {"bool", *_OPEN}:
        is_bool = call("isinstance", value, name("bool"))
        found = both(found, ast.UnaryOp(ast.Not(), is_bool))
    return found


def _members(kind: ir.TypeExpression) -> list[ir.TypeExpression]:
    """The types of a union, those of unions inside it too."""
    if kind.name != "union":
        return [kind]
    return [one for part in kind.arguments for one in _members(part)]


def _items(kinds: list[ir.TypeExpression]) -> list[ir.TypeExpression]:
    """What the items of sequences may be; anything where the type does not say."""
    found: list[ir.TypeExpression] = []
    for one in kinds:
        if one.name in _SEQUENCES and one.arguments:
            found += [kind for part in one.arguments for kind in _members(part)]
        elif one.name in _SEQUENCES | _OPEN:
            found.append(ir.TypeExpression("any"))
    return found


def _within(param: ir.Param, value: ast.expr) -> ast.expr:
    if param.minimum is None:
        return ast.Compare(value, [ast.LtE()], [_literal(param.maximum)])
    if param.maximum is None:
        return ast.Compare(value, [ast.GtE()], [_literal(param.minimum)])
    upper = _literal(param.maximum)
    return ast.Compare(_literal(param.minimum), [ast.LtE(), ast.LtE()], [value, upper])


def _bounds(param: ir.Param) -> str:
    if param.minimum is None:
        return f"must be at most {param.maximum}"
    if param.maximum is None:
        return f"must be at least {param.minimum}"
    return f"must be from {param.minimum} to {param.maximum}"


def _refuse(param: ir.Param, test: ast.expr, what: str) -> ast.stmt:
    text = f"{param.name} {what}, got "
    got = ast.FormattedValue(name(param.name), 114 if param.choices else -1)
    message = ast.JoinedStr([ast.Constant(text), got])
    return condition(test, [ast.Raise(call("ValueError", message))])


def _literal(value: object) -> ast.expr:
    """A number, string or None as an expression."""
    return expression_tree(repr(value)).body
