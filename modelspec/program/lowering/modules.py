"""Modules and their containers: section 2 of the language.

In: nodes where a module, or children of a container, are expected. Out: `ModuleValue`s
and construct statements. A node that is no module is reported and stands as nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from modelspec.diagnostics.span import Span
from modelspec.program.ir import (
    Child,
    Container,
    ModuleValue,
    Replace,
    Splice,
    Statement,
    Value,
)
from modelspec.program.lowering.arguments import call_with
from modelspec.program.lowering.context import Context, constant, hole, place
from modelspec.program.lowering.flow import (
    is_control_item,
    lower_list,
    lower_mapping,
    unknown_statements,
)
from modelspec.program.lowering.layers import arguments_of
from modelspec.program.lowering.misplaced import (
    DASHED,
    LAMBDA,
    is_block_key,
    is_function,
    is_pair,
    misspelt_pairs,
    report_block_key,
    report_container_as_name,
    report_dash,
    report_function,
    report_lambda,
    report_missing_colon,
    report_names_needed,
    report_no_module,
    without_names,
)
from modelspec.program.lowering.scope import BlockEntry
from modelspec.program.lowering.typenames import container_name, is_type_name
from modelspec.program.names import check_child
from modelspec.pysubset import is_hole
from modelspec.syntax.keys import control_word
from modelspec.syntax.nodes import (
    Entry,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    describe_node,
)

_NAMED_ONLY = ("ModuleDict", "ParameterDict")


def lower_module(node: Node, context: Context) -> ModuleValue:
    """What a node means where a module is expected; a hole when it was reported."""
    if isinstance(node, ScalarNode):
        return _scalar_module(node, context)
    if isinstance(node, MappingNode) and len(node.entries) == 1:
        return _typed_module(node.entries[0], node, context)
    report_no_module(node, context)
    return nothing(node)


def lower_children(
    kind: str, node: Node, context: Context
) -> tuple[bool, tuple[Statement, ...]]:
    """Whether the children of a container are named, and the statements for them."""
    pairs = _spelled_out(node, kind)
    if misspelt_pairs(node, context):
        return True, (unknown_statements(node.span),)
    if isinstance(node, ScalarNode):
        return kind in _NAMED_ONLY, _whole(node, kind, context)
    if pairs is not None:
        return True, tuple(_pairs(pairs, kind, context))
    if isinstance(node, SequenceNode):
        if kind in _NAMED_ONLY:
            report_names_needed(kind, node, context)
            return True, (unknown_statements(node.span),)
        return False, _positional(node, kind, context)
    if kind in ("ModuleList", "ParameterList"):
        if is_control_item(node):
            return False, lower_list([node], context, lambda n: _item(n, kind, context))
        context.report.error(
            "wrong-kind",
            f"{kind} takes a list, got a mapping",
            node.span,
            help="write the children as items (`- Linear(4, 4)`), or use ModuleDict",
        )
        return False, (unknown_statements(node.span),)
    if kind not in _NAMED_ONLY and _holds_items(node):
        return False, lower_list([node], context, lambda n: _item(n, kind, context))
    named = _inner_mapping(node)
    return True, named_children(named, kind, context)


def _holds_items(node: Node) -> bool:
    """Whether a mapping is of control keys alone, with items under one of them."""
    if not isinstance(node, MappingNode):
        return isinstance(node, SequenceNode)
    controls = all(control_word(entry.key.text) is not None for entry in node.entries)
    return controls and any(_holds_items(entry.value) for entry in node.entries)


def named_children(
    node: MappingNode, kind: str, context: Context
) -> tuple[Statement, ...]:
    """`Child` statements for a mapping of names to modules."""
    return lower_mapping(node, context, lambda entry: _named(entry, kind, context))


# --- one module -------------------------------------------------------------------


def _scalar_module(node: ScalarNode, context: Context) -> ModuleValue:
    if node.refused:
        return nothing(node)
    if node.is_null:
        return Value(constant(None, node.span), node.span)
    if not isinstance(node.value, str):
        report_no_module(node, context)
        return nothing(node)
    file, hidden = context.scope.file, context.scope.locals
    layer = file.layers.of_text(node, hidden, context.limits)
    if layer is not None:
        return layer
    name = container_name(node.text.strip(), context)
    if name is not None:
        callee = context.expression(node.fragment)
        return Container(callee, False, (), node.span)
    made = context.repeated(node, "module", lambda: _made(node, context))
    return Value(made, node.span)


def _made(node: ScalarNode, context: Context) -> ast.expr:
    """The expression of a module that a text is."""
    if control_word(node.text) not in (None, "let"):
        report_missing_colon(node, context)
        return hole(node.span)
    told = len(context.report.found)
    if node.text.lstrip().startswith("${"):
        expression = context.interpolated(node)
    else:
        expression = context.expression(node.fragment)
    if is_function(expression) and _has_told(told, context):
        return hole(node.span)
    if isinstance(expression, ast.Constant) and expression.value is not None:
        report_no_module(node, context)
        return hole(node.span)
    if is_function(expression):
        report_function(expression, node, context)
        return hole(node.span)
    return context.as_module(expression)


def _has_told(before: int, context: Context) -> bool:
    return len(context.report.found) > before


def _typed_module(entry: Entry, node: MappingNode, context: Context) -> ModuleValue:
    """`Type: arguments`, `Container: children` or `Call(...): children`."""
    file, hidden = context.scope.file, context.scope.locals
    literals = arguments_of(entry)

    def call(callee: ast.expr) -> ast.expr:
        made = call_with(callee, entry.value, lower_argument_module, context)
        return place(made, node.span)

    if literals is not None:
        layer = file.layers.of_arguments(entry, literals, node, hidden, call)
        if layer is not None:
            return layer
    name = container_name(entry.key.text, context)
    if LAMBDA.match(entry.key.text):
        report_lambda(entry, context)
        return nothing(node)
    callee = context.repeated(
        entry.key, "callee", lambda: context.expression(entry.key.fragment)
    )
    span = entry.key.span
    if name is not None:
        named, children = lower_children(name, entry.value, context)
        return Container(callee, named, children, span)
    block = _block_entry(callee, context)
    takes = None if block is None else block.children_param
    if isinstance(callee, ast.Call) or (takes and _holds_children(entry.value)):
        if block is not None and takes is not None and _is_value(entry.value):
            return _with_value(callee, block, entry, context)
        return _with_children(callee, takes, entry, context)
    told = len(context.report.found)
    made = call(callee)
    if literals is not None and len(context.report.found) == told:
        file.layers.keep(entry, literals, hidden, context.limits, made)
    return Value(made, node.span)


def lower_argument_module(node: MappingNode, context: Context) -> ast.expr | None:
    """A module among arguments (`encoder_layer: {TransformerEncoderLayer: ...}`).

    None, without a diagnostic, where the mapping is no module but a dict.
    """
    if len(node.entries) != 1 or not is_type_name(node.entries[0].key.text, context):
        return None
    value = lower_module(node, context)
    if isinstance(value, Value):
        return value.expression
    expression = container_expression(value, context)
    if expression is None:
        context.report.error(
            "loop-in-argument",
            "a container among arguments cannot hold loops, conditions or names",
            value.span,
            help="give it a name first, as a child of its own or with `let`",
        )
        return hole(node.span)
    return expression


def nothing(node: Node) -> Value:
    """What stands for a module that was reported."""
    return Value(hole(node.span), node.span)


def container_expression(container: Container, context: Context) -> ast.expr | None:
    """A positional container without control flow, as one call."""
    items: list[ast.expr] = []
    for child in container.children:
        if not isinstance(child, Child) or child.name is not None:
            return None
        value = child.value
        inner = (
            value.expression
            if isinstance(value, Value)
            else container_expression(value, context)
        )
        if inner is None:
            return None
        items.append(inner)
    block = _block_entry(container.callee, context)
    if block is not None:
        listed = place(ast.List(items, ast.Load()), container.span)
        return _given_children(container.callee, block, listed, container.span)
    is_sequential = getattr(container.callee, "attr", "") == "Sequential"
    arguments: list[ast.expr] = items
    if not is_sequential:
        arguments = [ast.List(items, ast.Load())]
    return place(ast.Call(container.callee, arguments, []), container.span)


def _block_entry(callee: ast.expr, context: Context) -> BlockEntry | None:
    inner = callee.func if isinstance(callee, ast.Call) else callee
    if not isinstance(inner, ast.Name):
        return None
    return context.scope.file.entry_of_class(inner.id)


def _is_reported(callee: ast.expr) -> bool:
    return is_hole(callee.func if isinstance(callee, ast.Call) else callee)


def _holds_children(node: Node) -> bool:
    return not isinstance(node, ScalarNode) or isinstance(node.value, str)


def _is_value(node: Node) -> bool:
    """`${blocks}`: a list or mapping of modules that is at hand."""
    return isinstance(node, ScalarNode) and node.text.lstrip().startswith("${")


def _with_value(
    callee: ast.expr, block: BlockEntry, entry: Entry, context: Context
) -> ModuleValue:
    """A block's call with modules that are a value already."""
    assert isinstance(entry.value, ScalarNode)
    value = context.interpolated(entry.value)
    span, children = entry.key.span, context.as_children(value)
    return Value(_given_children(callee, block, children, span), span)


def _given_children(
    callee: ast.expr, block: BlockEntry, children: ast.expr, span: Span
) -> ast.Call:
    """A block's call with an expression for its children, first where they are."""
    made = callee if isinstance(callee, ast.Call) else ast.Call(callee, [], [])
    if block.params[0].name == block.children_param and not made.args:
        call = ast.Call(made.func, [children], made.keywords)
    else:
        given = ast.keyword(block.children_param, children)
        call = ast.Call(made.func, made.args, [*made.keywords, given])
    return place(call, span)


def _with_children(
    callee: ast.expr, takes: str | None, entry: Entry, context: Context
) -> ModuleValue:
    """A block's call with the modules that stand under it."""
    span = entry.key.span
    empty = isinstance(entry.value, ScalarNode) and entry.value.is_null
    if isinstance(callee, ast.Call) and empty:
        return Value(callee, span)
    block = _block_entry(callee, context)
    if _is_reported(callee) or (block is not None and block.is_open and not takes):
        takes = "children"  # as it seems: mistakes among them are told
    if takes is None:
        context.report.error(
            "takes-no-children",
            f"'{entry.key.text}' takes no modules under it",
            span,
            help="only a block with a param of type `children` does",
        )
        return nothing(entry.key)
    if _holds_arguments(callee, entry, context):
        return nothing(entry.key)
    call = callee
    if not isinstance(call, ast.Call):
        call = place(ast.Call(callee, [], []), span)
    kind = "Sequential" if isinstance(entry.value, MappingNode) else "ModuleList"
    named, children = lower_children(kind, entry.value, context)
    return Container(call, named, children, span, into=takes)


def _holds_arguments(callee: ast.expr, entry: Entry, context: Context) -> bool:
    """Reports arguments under a block where its children stand."""
    block = _block_entry(callee, context)
    if block is None or not isinstance(entry.value, MappingNode):
        return False
    names = {param.name for param in block.params}
    wrong = [
        one
        for one in entry.value.entries
        if one.key.text in names and not _may_be_child(one.value)
    ]
    for one in wrong:
        name, what = one.key.text, entry.key.text.partition("(")[0]
        is_children = name == block.children_param
        context.report.error(
            "not-a-module",
            f"'{name}' is an argument of {what}, and its children stand here",
            one.key.span,
            help=f"write the children under `{what}:`, without '{name}'"
            if is_children
            else f"write it in the key: `{what}({name}={one.value.span.text}):`",
        )
    return bool(wrong)


def _may_be_child(node: Node) -> bool:
    is_text = isinstance(node, ScalarNode) and isinstance(node.value, str)
    is_null = isinstance(node, ScalarNode) and node.is_null
    return is_text or is_null or isinstance(node, MappingNode)


# --- children ---------------------------------------------------------------------


def _whole(node: ScalarNode, kind: str, context: Context) -> tuple[Statement, ...]:
    """`Sequential: ${blocks}`: a list or dict of modules, taken whole."""
    if node.is_null:
        return ()
    if isinstance(node.value, str) and node.text.lstrip().startswith("${"):
        value = context.interpolated(node)
        return (Splice(value, node.span),)
    if kind in _NAMED_ONLY:
        report_names_needed(kind, node, context)
        return (unknown_statements(node.span),)
    if DASHED.match(node.text):
        report_dash(node, context)
        return (unknown_statements(node.span),)
    return tuple(_item(node, kind, context))


def _positional(
    node: SequenceNode, kind: str, context: Context
) -> tuple[Statement, ...]:
    items = without_names(node, context)
    return lower_list(items, context, lambda item: _item(item, kind, context))


def _item(node: Node, kind: str, context: Context) -> Iterable[Statement]:
    value = _child_value(node, kind, context)
    # A `Layer`, which is of another class, is never a hole.
    if type(value) is Value and is_hole(value.expression) and _is_control(node):
        return (unknown_statements(node.span),)
    return (Child(None, value, value.span),)


def _is_control(node: Node) -> bool:
    return isinstance(node, ScalarNode) and control_word(node.text) is not None


def _named(entry: Entry, kind: str, context: Context) -> Iterable[Statement]:
    name = context.name(entry.key)
    if kind == "Module" and is_block_key(entry, context):
        report_block_key(entry, context)
        yield unknown_statements(entry.key.span)
        return
    if isinstance(entry.value, SequenceNode) and container_name(
        entry.key.text, context
    ):
        report_container_as_name(entry, context)
        yield Child(name, nothing(entry.value), entry.key.span)
        return
    value = _child_value(entry.value, kind, context)
    if context.extends and kind == "Module" and "." in entry.key.text:
        yield Replace(name, value, entry.key.span)
        return
    if isinstance(name, ast.Constant):
        check_child(str(name.value), "a child", kind, entry.key.span, context.report)
    yield Child(name, value, entry.key.span)


def _child_value(node: Node, kind: str, context: Context) -> ModuleValue:
    if not kind.startswith("Parameter"):
        return lower_module(node, context)
    return Value(context.node_expression(node, "a parameter"), node.span)


def _spelled_out(node: Node, kind: str) -> list[Node] | None:
    """The pairs of `OrderedDict: [[name, module], ...]`, or of ModuleDict's list."""
    if isinstance(node, MappingNode) and len(node.entries) == 1:
        inner = node.entries[0].value
        if node.entries[0].key.text != "OrderedDict":
            return None
        return list(inner.items) if isinstance(inner, SequenceNode) else None
    if kind not in _NAMED_ONLY or not isinstance(node, SequenceNode):
        return None
    return list(node.items) if all(map(is_pair, node.items)) else None


def _inner_mapping(node: Node) -> MappingNode:
    """The mapping itself, or the one under `OrderedDict:`."""
    assert isinstance(node, MappingNode)
    if len(node.entries) == 1 and node.entries[0].key.text == "OrderedDict":
        value = node.entries[0].value
        if isinstance(value, MappingNode):
            return value
    return node


def _pairs(pairs: list[Node], kind: str, context: Context) -> Iterable[Statement]:
    for pair in pairs:
        if not isinstance(pair, SequenceNode) or len(pair.items) != 2:
            context.report.error(
                "wrong-kind",
                f"a pair of a name and a module is expected, got {describe_node(pair)}",
                pair.span,
                help='write `[conv1, "Conv2d(1, 20, 5)"]`',
            )
            yield unknown_statements(pair.span)
            continue
        key, value = pair.items
        if isinstance(key, ScalarNode):
            yield from _named(Entry(key, value), kind, context)
        else:
            context.report.error(
                "wrong-kind", f"a name is expected, got {describe_node(key)}", key.span
            )
            yield unknown_statements(key.span)
