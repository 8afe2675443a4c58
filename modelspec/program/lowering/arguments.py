"""Arguments in the mapping form: `Conv2d: {in_channels: 1, ...}`, `Linear: [10, 5]`.

In: what stands under a type. Out: the canonical call. Strings are strings there and
`${...}` is an expression; a mapping under a single type's name is a nested module. YAML
has no tuples: a list is one where a layer of torch or a param of type `tuple` takes it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TypeAlias

from modelspec.catalog import load_catalog
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
    value = _argument(node, nested, context)
    return ast.Call(callee, [_as_taken(value, callee, 0, context)], [])


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
    """A list as a tuple, where what is called takes a tuple there; `auto` as itself,
    where what is called takes a size."""
    if _is_auto(value) and _takes_size(callee, which, context):
        return ast.copy_location(ast.Name("auto", ast.Load()), value)
    if not isinstance(value, ast.List) or any(
        isinstance(item, ast.Call) for item in value.elts
    ):
        return value
    if any(map(_is_auto, value.elts)) and _takes_size(callee, which, context):
        value.elts = [_as_taken(one, callee, which, context) for one in value.elts]
    if isinstance(callee, ast.Name):
        entry = context.scope.file.entry_of_class(callee.id)
        params = entry.params if entry is not None else ()
        taken = [p for at, p in enumerate(params) if which in (at, p.name)]
        if not any(_takes_tuple(param.type) for param in taken):
            return value
    elif not isinstance(callee, ast.Attribute):
        return value
    return ast.copy_location(ast.Tuple(value.elts, ast.Load()), value)


def _is_auto(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value == "auto"


def _takes_size(callee: ast.expr, which: int | str, context: Context) -> bool:
    """Whether an argument is a size that an input determines, or may be one."""
    from modelspec.catalog.determined import determined

    if isinstance(callee, ast.Attribute):
        layer = load_catalog().layer(callee.attr)
        names = (
            () if layer is None else tuple(o.name for o in layer.signature.positional)
        )
        if isinstance(which, int):
            which = names[which] if which < len(names) else ""
        return determined(callee.attr, which) is not None
    entry = (
        context.scope.file.entry_of_class(callee.id)
        if isinstance(callee, ast.Name)
        else None
    )
    params = entry.params if entry is not None else ()
    taken = [p for at, p in enumerate(params) if which in (at, p.name)]
    return any(_takes_int(param.type) for param in taken)


def _takes_int(type_: TypeExpression) -> bool:
    members = type_.arguments if type_.name == "union" else (type_,)
    names = {one.name for one in members}
    return "int" in names and not names & {"str", "any"}


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
