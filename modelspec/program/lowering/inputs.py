"""`inputs`: what `forward` takes (section 5 of the language).

A list of names, or a mapping of names to shapes or to the long form. Without it there
is one input, `x`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modelspec.catalog import load_catalog
from modelspec.diagnostics.diagnostic import Label
from modelspec.diagnostics.span import Span
from modelspec.diagnostics.suggest import suggest
from modelspec.program.ir import Input
from modelspec.program.lowering.context import Context, hole
from modelspec.program.names import check_identifier, is_identifier
from modelspec.spec.frame import InputSpec
from modelspec.spec.validate import read_mapping
from modelspec.syntax.nodes import (
    Entry,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    describe_node,
)


def lower_inputs(node: Node | None, span: Span, context: Context) -> tuple[Input, ...]:
    if node is None:
        return (Input("x", span),)
    if isinstance(node, MappingNode):
        inputs = tuple(_input(entry, context) for entry in node.entries)
    else:
        assert isinstance(node, SequenceNode)
        inputs = tuple(_names(node, context))
    _check_order(inputs, context)
    # Reported above; as an argument beside the module itself it would be so again.
    return tuple(one for one in _once(inputs, context) if one.name != "self")


def _once(inputs: tuple[Input, ...], context: Context) -> Iterator[Input]:
    """The inputs without those whose name was there before, which are reported."""
    seen: dict[str, Input] = {}
    for one in inputs:
        if seen.setdefault(one.name, one) is one:
            yield one
        elif one.name != "_":
            first = Label(seen[one.name].span, "named here")
            message = f"there are two inputs '{one.name}'"
            context.report.error("duplicate-name", message, one.span, labels=(first,))


def _names(node: SequenceNode, context: Context) -> Iterator[Input]:
    for item in node.items:
        if isinstance(item, ScalarNode) and isinstance(item.value, str):
            _check_name(item, context)
            yield Input(item.text, item.span)
        else:
            context.report.error(
                "wrong-kind",
                f"the name of an input is expected, got {describe_node(item)}",
                item.span,
                help="for shapes, write a mapping: `x: [N, 3, 224, 224]`",
            )
            yield Input("_", item.span)


def _check_name(node: ScalarNode, context: Context) -> None:
    if not check_identifier(node.text, "an input", node.span, context.report):
        context.scope.file.reported.update(node.text.split())


def _input(entry: Entry, context: Context) -> Input:
    """What was reported is an input without a shape: its name is known."""
    name, span = entry.key.text, entry.key.span
    _check_name(entry.key, context)
    value = entry.value
    if isinstance(value, ScalarNode) and value.is_null:
        return Input(name, span)
    if isinstance(value, SequenceNode):
        return Input(name, span, shape=_shape(value, context))
    if isinstance(value, MappingNode):
        return _long_form(name, span, value, context)
    context.report.error(
        "wrong-kind",
        f"a shape is a list of sizes, got {describe_node(value)}",
        value.span,
        help="write `x: [N, 3, 224, 224]`",
    )
    return Input(name, span)


def _long_form(name: str, span: Span, node: MappingNode, context: Context) -> Input:
    reading = read_mapping(InputSpec, node, "an input", context.report)
    if reading is None:
        return Input(name, span)
    spec = reading.spec
    return Input(
        name,
        span,
        shape=None if spec.shape is None else _shape(spec.shape, context),
        dtype="float32" if spec.dtype is None else _dtype(spec.dtype, context),
        optional=spec.optional is not None and spec.optional.value is True,
        minimum=None if spec.min is None else context.scalar_expression(spec.min),
        maximum=None if spec.max is None else context.scalar_expression(spec.max),
    )


def _dtype(node: ScalarNode, context: Context) -> str:
    name = node.text.removeprefix("torch.")
    names = {one.removeprefix("torch.") for one in load_catalog().dtype_names}
    if name not in names:
        nearest = suggest(name, sorted(names))
        context.report.error(
            "unknown-dtype",
            f"torch has no dtype '{node.text}'",
            node.span,
            meant=nearest,
        )
    return name


def _shape(node: SequenceNode, context: Context) -> tuple[int | str | ast.expr, ...]:
    return tuple(_size(item, context) for item in node.items)


def _size(node: Node, context: Context) -> int | str | ast.expr:
    """A number, a symbol, or an expression over params."""
    if isinstance(node, ScalarNode) and node.refused:
        return hole(node.span)
    if isinstance(node, ScalarNode):
        value = node.value
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        if isinstance(value, str):
            symbol = is_identifier(value) and value not in context.scope.locals
            return value if symbol else context.scalar_expression(node)
    context.report.error(
        "wrong-kind",
        f"a size is a number or a name, got {describe_node(node)}",
        node.span,
    )
    return hole(node.span)


def _check_order(inputs: tuple[Input, ...], context: Context) -> None:
    optional = None
    for one in inputs:
        if one.optional:
            optional = one
        elif optional is not None:
            context.report.error(
                "required-after-optional",
                f"input '{one.name}' is required but follows the optional"
                f" '{optional.name}'",
                one.span,
                help="put required inputs first",
            )
