"""Conditions as texts that can be compared: what holds where another one holds.

Comes in: a test, and whether it holds. Goes out: the parts that must all hold then,
each as one text for all ways of writing it, as far as they show (`not a`, the `else` of
`a`; `a is None`, the `else` of `a is not None`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.IsNot: ast.Is,
    ast.NotEq: ast.Eq,
    ast.NotIn: ast.In,
}


def implied(test: ast.expr, holds: bool) -> Iterator[str]:
    """The conditions that hold where a test does, or where it does not."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield from implied(operand, not holds)
        case ast.BoolOp(op=op, values=values) if isinstance(op, ast.And) == holds:
            for value in values:
                yield from implied(value, holds)
        case ast.Compare(left=left, ops=[op], comparators=others) if (
            opposite := _OPPOSITES.get(type(op))
        ):
            yield from implied(ast.Compare(left, [opposite()], others), not holds)
        case _:
            text = ast.unparse(test)
            yield text if holds else f"not ({text})"
