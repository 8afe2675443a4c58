"""Arguments in the mapping form: `Conv2d: {in_channels: 1, ...}`, `Linear: [10, 5]`.

In: what stands under a type. Out: the canonical call. Strings are strings there and
`${...}` is an expression; a mapping under a single type's name is a nested module. YAML
has no tuples: a list is one where a layer of torch or a param of type `tuple` takes it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TypeAlias

from modelspec.program.ir import TypeExpression
from modelspec.program.lowering.context import Context, hole, place
from modelspec.program.names import is_identifier
from modelspec.syntax.nodes import MappingNode, Node, ScalarNode, SequenceNode

NestedModule: TypeAlias = Callable[[MappingNode, Context], "ast.expr | None"]


def call_with(
    callee: ast.expr, node: Node, nested: NestedModule, context: Context
) -> ast.Call:
    """The call of a type with the arguments that a node holds."""
    if isinstance(node, MappingNode):
        return _keywords(callee, node, nested, context)
    if isinstance(node, SequenceNode):
        items = [_argument(item, nested, context) for item in node.items]
        given = [_as_taken(item, callee, at, context) for at, item in enumerate(items)]
        return ast.Call(callee, given, [])
    if node.is_null:
        return ast.Call(callee, [], [])
    return ast.Call(callee, [_argument(node, nested, context)], [])


def _keywords(
    callee: ast.expr, node: MappingNode, nested: NestedModule, context: Context
) -> ast.Call:
    keywords: list[ast.keyword] = []
    for entry in node.entries:
        name = entry.key.text
        if not is_identifier(name):
            context.report.error(
                "bad-name", f"'{name}' is no name of an argument", entry.key.span
            )
            # It may have been meant for any argument.
            keywords.append(_keyword(None, hole(entry.value.span), entry.key))
            continue
        value = _argument(entry.value, nested, context)
        taken = _as_taken(value, callee, name, context)
        keywords.append(_keyword(name, taken, entry.key))
    return ast.Call(callee, [], keywords)


def _as_taken(
    value: ast.expr, callee: ast.expr, which: int | str, context: Context
) -> ast.expr:
    """A list as a tuple, where what is called takes a tuple there."""
    if not isinstance(value, ast.List) or any(
        isinstance(item, ast.Call) for item in value.elts
    ):
        return value
    if isinstance(callee, ast.Name):
        entry = context.scope.file.entry_of_class(callee.id)
        params = entry.params if entry is not None else ()
        taken = [p for at, p in enumerate(params) if which in (at, p.name)]
        if not any(_takes_tuple(param.type) for param in taken):
            return value
    elif not isinstance(callee, ast.Attribute):
        return value
    return ast.copy_location(ast.Tuple(value.elts, ast.Load()), value)


def _takes_tuple(type_: TypeExpression) -> bool:
    """Whether a type is a tuple, or a union of one and no list."""
    members = type_.arguments if type_.name == "union" else (type_,)
    names = {one.name for one in members}
    return "tuple" in names and not names & {"list", "any"}


def _keyword(name: str | None, value: ast.expr, key: ScalarNode) -> ast.keyword:
    """Stands where its key stands, so that messages underline the key."""
    keyword = ast.keyword(name, value)
    return place(keyword, key.span)


def _argument(node: Node, nested: NestedModule, context: Context) -> ast.expr:
    if isinstance(node, ScalarNode):
        return context.interpolated(node)
    if isinstance(node, MappingNode):
        module = nested(node, context)
        return module if module is not None else context.value(node)
    items = [_argument(item, nested, context) for item in node.items]
    return place(ast.List(items, ast.Load()), node.span)
