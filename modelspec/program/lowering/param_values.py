"""Values given for params in YAML: in defaults, in variants, on the command line."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from modelspec.diagnostics.suggest import suggest
from modelspec.program.ir import (
    Param,
    TypeExpression,
    Variant,
)
from modelspec.program.lowering.context import Context, place
from modelspec.program.names import (
    check_variant,
)
from modelspec.syntax.nodes import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    describe_node,
)


def lower_variants(
    node: MappingNode | None, params: tuple[Param, ...], context: Context
) -> tuple[Variant, ...]:
    variants: list[Variant] = []
    for entry in node.entries if node is not None else ():
        check_variant(entry.key.text, entry.key.span, context.report)
        if isinstance(entry.value, MappingNode):
            values = tuple(_variant_values(entry.value, params, context))
            variants.append(Variant(entry.key.text, values, entry.key.span))
        elif isinstance(entry.value, ScalarNode) and entry.value.is_null:
            variants.append(Variant(entry.key.text, (), entry.key.span))
        else:
            context.report.error(
                "wrong-kind",
                f"a variant is a mapping of params, got {describe_node(entry.value)}",
                entry.value.span,
            )
    return tuple(variants)


def _variant_values(
    node: MappingNode, params: tuple[Param, ...], context: Context
) -> Iterable[tuple[str, ast.expr]]:
    known = {param.name: param for param in params}
    for entry in node.entries:
        param = known.get(entry.key.text)
        if param is None and entry.key.text in context.scope.unread:
            continue
        if param is None:
            nearest = suggest(entry.key.text, known)
            context.report.error(
                "unknown-param",
                f"there is no param '{entry.key.text}' to give a value",
                entry.key.span,
                meant=nearest,
                help=f"params: {', '.join(known)}" if known else (),
            )
            continue
        yield entry.key.text, given_value(entry.value, param.type, context)


def given_value(node: Node, type_: TypeExpression, context: Context) -> ast.expr:
    """A value given for a param of a type: layer types are named, not quoted."""
    if isinstance(node, ScalarNode) and isinstance(node.value, str):
        if _wants_expression(type_) and not node.text.startswith("${"):
            return context.expression(node.fragment)
        return context.interpolated(node)
    if isinstance(node, SequenceNode) and (taken := next(_lists(type_), None)):
        items = [
            given_value(item, _item_type(taken, at), context)
            for at, item in enumerate(node.items)
        ]
        return _sequence(items, type_, node)
    if isinstance(node, MappingNode) and (held := _values_type(type_)):
        return context.mapping(node, lambda one: given_value(one, held, context))
    return context.value(node)


def _values_type(type_: TypeExpression) -> TypeExpression | None:
    """T where a value may be a `dict[str, T]`."""
    members = type_.arguments if type_.name == "union" else (type_,)
    dicts = (member for member in members if member.name == "dict")
    return next((one.arguments[0] for one in dicts if one.arguments), None)


def _item_type(type_: TypeExpression, at: int) -> TypeExpression:
    """The type of an item of a list or tuple; `any` where the type does not say."""
    arguments = type_.arguments
    fitting = arguments[at:] if len(arguments) > 1 else arguments
    return fitting[0] if fitting else TypeExpression("any")


def _sequence(items: list[ast.expr], type_: TypeExpression, node: Node) -> ast.expr:
    """A list of YAML where a tuple is asked for is a tuple."""
    kinds = {one.name for one in _lists(type_)}
    if kinds == {"tuple"}:
        return place(ast.Tuple(items, ast.Load()), node.span)
    return place(ast.List(items, ast.Load()), node.span)


def _lists(type_: TypeExpression) -> Iterator[TypeExpression]:
    members = type_.arguments if type_.name == "union" else (type_,)
    return (member for member in members if member.name in ("list", "tuple"))


def _wants_expression(type_: TypeExpression) -> bool:
    members = type_.arguments if type_.name == "union" else (type_,)
    names = {member.name for member in members}
    return bool(names & {"layer", "module", "dtype"}) and "str" not in names
