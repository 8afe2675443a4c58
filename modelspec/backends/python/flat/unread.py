"""Settled statements without names that nothing reads any more.

With loops unrolled and conditions decided, what a name was carried for may be gone. In:
the statements of one block and the call of its base. Out: the same without each `let`
of a plain name or value that no statement reads.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from modelspec.backends.python.nodes import target_names
from modelspec.program import ir
from modelspec.program.walk import names_read, own_expressions, walk_statements


def without_unread(
    body: Sequence[ir.Statement], base: ast.Call | None
) -> tuple[ir.Statement, ...]:
    found = tuple(body)
    while True:
        read = {*_read(found), *(_names(base) if base is not None else ())}
        left = tuple(_left(found, read))
        if sum(1 for _ in walk_statements(left)) == sum(
            1 for _ in walk_statements(found)
        ):
            return found
        found = left


def _left(body: Iterable[ir.Statement], read: set[str]) -> Iterator[ir.Statement]:
    for one in body:
        if isinstance(one, ir.Let) and _is_unread(one, read):
            continue
        yield _shortened(one, read)


def _shortened(one: ir.Statement, read: set[str]) -> ir.Statement:
    """The same with less in it, unless nothing is left: a body is never empty."""
    if not isinstance(one, ir.If | ir.For):
        return one
    inner = tuple(_left(one.body, read))
    if not inner:
        return one
    if isinstance(one, ir.For):
        return replace(one, body=inner)
    return replace(one, body=inner, orelse=tuple(_left(one.orelse, read)))


def _is_unread(one: ir.Let, read: set[str]) -> bool:
    """Whether a `let` does nothing but to set a name that nothing reads."""
    if not isinstance(one.value, ir.Value) or set(target_names(one.target)) & read:
        return False
    return isinstance(one.value.expression, ast.Name | ast.Constant)


def _read(body: Sequence[ir.Statement]) -> Iterator[str]:
    for one in walk_statements(body):
        if isinstance(one, ir.Keep):
            yield one.name
        for expression in own_expressions(one):
            is_target = isinstance(one, ir.Let | ir.For) and expression is one.target
            if not is_target:
                yield from _names(expression)


def _names(node: ast.expr) -> set[str]:
    return names_read(ast.walk(node))
