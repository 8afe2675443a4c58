"""Conditions as texts that can be compared: what holds where another one holds.

Comes in: a test, and whether it holds. Goes out: one text for all ways of writing the
same, as far as they show (`not a`, the `else` of `a`; `a is None`, the `else` of
`a is not None`), and those of the parts that must hold then.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.IsNot: ast.Is,
    ast.NotEq: ast.Eq,
    ast.NotIn: ast.In,
}


def condition(test: ast.expr, holds: bool) -> str:
    """The text of a test that holds, or of one that does not."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return condition(operand, not holds)
        case ast.Compare(left=left, ops=[op], comparators=others) if (
            opposite := _OPPOSITES.get(type(op))
        ):
            return condition(ast.Compare(left, [opposite()], others), not holds)
    text = ast.unparse(test)
    return text if holds else f"not ({text})"


def implied(test: ast.expr, holds: bool) -> Iterator[str]:
    """The conditions that hold where a test does, or where it does not."""
    yield condition(test, holds)
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield from implied(operand, not holds)
        case ast.BoolOp(op=op, values=values) if isinstance(op, ast.And) == holds:
            for value in values:
                yield from implied(value, holds)
