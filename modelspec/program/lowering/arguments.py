"""Arguments in the mapping form: `Conv2d: {in_channels: 1, ...}`, `Linear: [10, 5]`.

In: what stands under a type. Out: the canonical call. Strings are strings there and
`${...}` is an expression; a mapping under a single type's name is a nested module.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TypeAlias

from modelspec.program.lowering.context import Context, place
from modelspec.program.names import is_identifier
from modelspec.syntax.nodes import MappingNode, Node, ScalarNode, SequenceNode

NestedModule: TypeAlias = Callable[[MappingNode, Context], "ast.expr | None"]


def call_with(
    callee: ast.expr, node: Node, nested: NestedModule, context: Context
) -> ast.Call | None:
    """The call of a type with the arguments that a node holds."""
    if isinstance(node, MappingNode):
        return _keywords(callee, node, nested, context)
    if isinstance(node, SequenceNode):
        items = [_argument(item, nested, context) for item in node.items]
        known = [item for item in items if item is not None]
        return ast.Call(callee, known, []) if len(known) == len(items) else None
    if node.is_null:
        return ast.Call(callee, [], [])
    value = _argument(node, nested, context)
    return None if value is None else ast.Call(callee, [value], [])


def _keywords(
    callee: ast.expr, node: MappingNode, nested: NestedModule, context: Context
) -> ast.Call | None:
    keywords: list[ast.keyword] = []
    for entry in node.entries:
        name = entry.key.text
        if not is_identifier(name):
            context.report.error(
                "bad-name", f"'{name}' is no name of an argument", entry.key.span
            )
            return None
        value = _argument(entry.value, nested, context)
        if value is None:
            return None
        keywords.append(_keyword(name, value, entry.key))
    return ast.Call(callee, [], keywords)


def _keyword(name: str, value: ast.expr, key: ScalarNode) -> ast.keyword:
    """Stands where its key stands, so that messages underline the key."""
    keyword = ast.keyword(name, value)
    source = key.span.source
    keyword.lineno, keyword.col_offset = source.byte_column(key.span.start)
    keyword.end_lineno, keyword.end_col_offset = source.byte_column(key.span.end)
    return keyword


def _argument(node: Node, nested: NestedModule, context: Context) -> ast.expr | None:
    if isinstance(node, MappingNode):
        module = nested(node, context)
        return module if module is not None else context.value(node)
    if isinstance(node, SequenceNode):
        items = [_argument(item, nested, context) for item in node.items]
        known = [item for item in items if item is not None]
        return place(ast.List(known, ast.Load()), node.span)
    return context.interpolated(node)
