"""Expressions that a block has already, and that are what a size turned out to be.

In: the rows of a size that differs. Out: `out_channels`, `width * 4`: a name, or an
expression that stands as an argument in the same block, whose value was the size's
every time. It reads as a person would write it, and spares the block an argument.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence

from modelspec.inference.rewriting import Where
from modelspec.inference.rows import Row
from modelspec.program import ir
from modelspec.program.walk import own_expressions, walk_statements
from modelspec.trees import all_nodes, clone

_OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: lambda one, other: one + other,
    ast.Sub: lambda one, other: one - other,
    ast.Mult: lambda one, other: one * other,
    ast.FloorDiv: lambda one, other: one // other,
}


def find_expression(
    rows: Sequence[Row], where: Where, at: tuple[int, int]
) -> ast.expr | None:
    """The expression nearest to a place, of those before it first."""
    constants = _constants(where)
    for node in (*_arguments(where.block, at), *_names(where)):
        if all(_fits(node, row, where, constants) for row in rows):
            return clone(node)
    return None


def _fits(node: ast.expr, row: Row, where: Where, constants: Mapping[str, int]) -> bool:
    known = {name: row.names[name] for name in where.names if name in row.names}
    return _value(node, known, constants) == row.value


def _value(
    node: ast.expr, names: Mapping[str, int], constants: Mapping[str, int]
) -> int | None:
    match node:
        case ast.Name(id=name):
            return names.get(name)
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return constants.get(name)
        case ast.Constant(value=int() as value):
            return value
        case ast.BinOp(left=left, op=operator, right=right):
            one = _value(left, names, constants)
            other = _value(right, names, constants)
            compute = _OPERATORS.get(type(operator))
            if one is None or other is None or compute is None:
                return None
            divides = isinstance(operator, ast.FloorDiv)
            return None if divides and other == 0 else compute(one, other)
    return None


def _arguments(block: ir.Block, at: tuple[int, int]) -> Iterator[ast.expr]:
    """Arguments of the block's calls: those before a place, nearest first, then those
    after it."""
    roots = [
        e for one in walk_statements(block.construct) for e in own_expressions(one)
    ]
    calls = [one for one in all_nodes(roots) if isinstance(one, ast.Call)]
    found = [
        value
        for call in calls
        for value in (*call.args, *(keyword.value for keyword in call.keywords))
        if isinstance(value, ast.Name | ast.BinOp | ast.Attribute)
    ]
    before = [one for one in found if (one.lineno, one.col_offset) < at]
    after = [one for one in found if (one.lineno, one.col_offset) >= at]
    yield from sorted(before, key=_place, reverse=True)
    yield from sorted(after, key=_place)


def _place(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _names(where: Where) -> Iterator[ast.expr]:
    for name in reversed(where.names):
        yield ast.Name(name, ast.Load())


def _constants(where: Where) -> dict[str, int]:
    """Class attributes that are numbers; a base is made before there is `self`."""
    if where.in_base:
        return {}
    return {
        one.name: one.value.value
        for one in where.block.constants
        if isinstance(one.value, ast.Constant) and type(one.value.value) is int
    }
