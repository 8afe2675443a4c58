"""`init`, `tie` and `freeze`: section 7 of the language.

Keys of `init` are layer types (`Conv2d`, `"BatchNorm2d | GroupNorm"`) or globs. What
is done to a tensor is a call of an init function, or an expression over `w` whose
value is copied into it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from modelspec.catalog import load_catalog
from modelspec.diagnostics.suggest import suggest
from modelspec.program.ir import (
    For,
    Freeze,
    If,
    InitByName,
    InitByType,
    Initializer,
    Let,
    Statement,
    Tie,
    TypeRule,
)
from modelspec.program.kinds import VALUE
from modelspec.program.lowering.context import Context, hole, literal
from modelspec.program.lowering.flow import (
    branch,
    is_control_item,
    lower_list,
    lower_mapping,
    negated,
)
from modelspec.program.names import is_identifier
from modelspec.program.walk import names_read, walk_statements
from modelspec.pysubset import span_of
from modelspec.syntax.nodes import (
    Entry,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    describe_node,
)
from modelspec.trees import all_nodes, expression_tree

_TYPES = re.compile(r"[A-Za-z_][\w.]*(\s*\|\s*[A-Za-z_][\w.]*)*", re.ASCII)
TENSOR = "w"
GAIN = "calculate_gain"


def lower_init(node: MappingNode, context: Context) -> tuple[Statement, ...]:
    """Type rules as one pass, then the globs, in order."""
    statements = lower_mapping(node, context, lambda entry: _rule(entry, context))
    types = tuple(_type_rules(statements, None, context))
    names = tuple(_without_types(statements))
    if not types:
        return names
    if all(_is_let(name) for name in names):
        return (*names, InitByType(types, node.span))
    # Type rules come first, and may read what a `let` above them computes.
    lets = tuple(name for name in names if _is_let(name))
    bound = [name for let in lets for name in _bound(let)]
    if len(set(bound)) == len(bound):
        names = tuple(name for name in names if not _is_let(name))
    return (*lets, InitByType(types, node.span), *names)


def _bound(statement: Statement) -> Iterator[str]:
    """The names that a statement binds, a name as often as it is bound."""
    for inner in walk_statements([statement]):
        if isinstance(inner, Let):
            yield from names_read(all_nodes([inner.target]))


def _is_let(statement: Statement) -> bool:
    """Whether a statement only computes names."""
    if isinstance(statement, For | If):
        orelse = getattr(statement, "orelse", ())
        return all(_is_let(inner) for inner in (*statement.body, *orelse))
    return isinstance(statement, Let)


def lower_tie(node: MappingNode, context: Context) -> tuple[Statement, ...]:
    return lower_mapping(node, context, lambda entry: _tie(entry, context))


def lower_freeze(node: Node, context: Context) -> tuple[Statement, ...]:
    """A glob or a list of globs."""
    if isinstance(node, MappingNode) and not is_control_item(node):
        context.report.error(
            "wrong-kind", "'freeze' is a list of names, got a mapping", node.span
        )
        return ()
    items = node.items if isinstance(node, SequenceNode) else (node,)
    return lower_list(items, context, lambda item: _freeze(item, context))


# --- init -------------------------------------------------------------------------


def _rule(entry: Entry, context: Context) -> Iterable[Statement]:
    types = _types(entry.key, context)
    if types is not None:
        leaves = tuple(_leaves(entry, context))
        rule = TypeRule(types, None, leaves, entry.key.span)
        yield InitByType((rule,), entry.key.span)
        return
    pattern = context.name(entry.key)
    if isinstance(entry.value, MappingNode):
        yield InitByName(pattern, entry.key.span, leaves=tuple(_leaves(entry, context)))
        return
    initializer = _initializer(entry.value, context)
    yield InitByName(pattern, entry.key.span, parameter=initializer)


def _types(key: ScalarNode, context: Context) -> tuple[ast.expr, ...] | None:
    """The layer types a key names; None where it is a glob."""
    if not _TYPES.fullmatch(key.text.strip()):
        return None
    names = [name.strip() for name in key.text.split("|")]
    known = [_is_type(name, context) for name in names]
    if not any(known):
        if len(names) == 1 and not _looks_like_type(names[0], context):
            return None
        if names[0] in context.scope.file.reported:
            return (hole(key.span),)
        nearest = suggest(names[0], context.scope.names())
        context.report.error(
            "unknown-layer",
            f"'{names[0]}' is no layer type",
            key.span,
            meant=nearest,
            help="a name of a module or parameter is written as in the state_dict",
        )
        return (hole(key.span),)
    return tuple(_alternatives(context.expression(key.fragment)))


def _looks_like_type(name: str, context: Context) -> bool:
    """A mistyped layer, rather than a module or tensor of the block, as `W` may be."""
    return name[:1].isupper() and "." not in name and name not in context.registered


def _is_type(name: str, context: Context) -> bool:
    bare = name.removeprefix("torch.").removeprefix("nn.")
    if bare != name:
        return load_catalog().layer(bare) is not None
    scope = context.scope
    return scope.is_block(name) or scope.is_torch_layer(name)


def _alternatives(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp):
        yield from _alternatives(node.left)
        yield from _alternatives(node.right)
    else:
        yield node


def _leaves(entry: Entry, context: Context) -> Iterable[tuple[str, Initializer]]:
    if not isinstance(entry.value, MappingNode):
        context.report.error(
            "wrong-kind",
            f"a rule for a type names tensors, got {describe_node(entry.value)}",
            entry.value.span,
            help="write `{weight: zeros_, bias: zeros_}`",
        )
        return
    for leaf in entry.value.entries:
        if not is_identifier(leaf.key.text) or leaf.key.text.startswith("__"):
            _not_a_leaf(leaf.key, context)
            continue
        initializer = _initializer(leaf.value, context)
        yield leaf.key.text, replace(initializer, key=leaf.key.span)


def _not_a_leaf(key: ScalarNode, context: Context) -> None:
    context.report.error(
        "unknown-parameter",
        f"a rule names tensors of the module itself, got '{key.text}'",
        key.span,
        help=f'write a glob for those further in: `"*.{key.text}": zeros_`',
    )


def _initializer(node: Node, context: Context) -> Initializer:
    if not isinstance(node, ScalarNode) or node.is_null:
        context.report.error(
            "wrong-kind",
            f"what to do to a tensor is a text, got {describe_node(node)}",
            node.span,
            help="write an init function (`zeros_`) or an expression over `w`",
        )
        return Initializer(hole(node.span), False, node.span)
    if node.refused:
        return Initializer(hole(node.span), False, node.span)
    if not isinstance(node.value, str):
        value = literal(node.value, node.span)
        return Initializer(_init_call("constant_", [value], value), True, node.span)
    return _parsed_initializer(context.parsed(node.fragment), node, context)


def _parsed_initializer(
    parsed: ast.expr, node: ScalarNode, context: Context
) -> Initializer:
    call = parsed if isinstance(parsed, ast.Call) else None
    name = _init_name(call.func if call else parsed)
    if name is not None and name != GAIN and name in load_catalog().init_names:
        arguments = [_over_tensor(one, context) for one in call.args] if call else []
        made = _init_call(name, arguments, parsed)
        for keyword in call.keywords if call else ():
            keyword.value = _over_tensor(keyword.value, context)
            made.keywords.append(keyword)
        return Initializer(made, True, node.span)
    if name is not None and _is_meant_as_init(
        name, call.func if call else parsed, context
    ):
        nearest = suggest(name, load_catalog().init_names)
        context.report.error(
            "unknown-init",
            f"torch.nn.init has no function '{name}'",
            span_of(call.func if call else parsed, context.source),
            meant=nearest,
        )
        return Initializer(hole(node.span), False, node.span)
    return Initializer(_over_tensor(parsed, context), False, node.span)


def _is_meant_as_init(name: str, node: ast.expr, context: Context) -> bool:
    """`kaiming_norm_`, or `zeros` for `zeros_` where nothing else is called so."""
    if name.endswith("_") or not isinstance(node, ast.Name):
        return name.endswith("_")
    taken = name in context.scope.locals or name in context.scope.file.functions
    return f"{name}_" in load_catalog().init_names and not taken


def _over_tensor(node: ast.expr, context: Context) -> ast.expr:
    """Canonical, where `w` is the tensor, whatever else is called so in the block."""
    hidden = context.scope.locals.get(TENSOR)
    context.scope.locals[TENSOR] = VALUE
    own = GAIN in context.scope.locals or GAIN in context.scope.file.functions
    expression = context.canonical(node if own else _Gains().visit(node))
    del context.scope.locals[TENSOR]
    if hidden is not None:
        context.scope.locals[TENSOR] = hidden
    return expression


class _Gains(ast.NodeTransformer):
    """`nn.init.calculate_gain`, a number, by its own name as the init functions are."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id != GAIN:
            return node
        made = expression_tree(f"nn.init.{GAIN}").body
        for part in ast.walk(made):
            ast.copy_location(part, node)
        return made


def _init_name(node: ast.expr) -> str | None:
    """`zeros_`, however it was reached: `init.zeros_`, `torch.nn.init.zeros_`."""
    text = ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""
    for prefix in ("torch.", "nn.", "init."):
        text = text.removeprefix(prefix)
    return text if text.isidentifier() else None


def _init_call(name: str, arguments: list[ast.expr], at: ast.expr) -> ast.Call:
    """`nn.init.NAME(w, ...)`, standing where the user's text stands."""

    def here(node: ast.expr) -> ast.expr:
        return ast.copy_location(node, at)

    init = here(ast.Attribute(here(ast.Name("nn", ast.Load())), "init", ast.Load()))
    function = here(ast.Attribute(init, name, ast.Load()))
    tensor = here(ast.Name(TENSOR, ast.Load()))
    call = ast.Call(function, [tensor, *arguments], [])
    return ast.copy_location(call, at)


def _type_rules(
    statements: Iterable[Statement], condition: ast.expr | None, context: Context
) -> Iterator[TypeRule]:
    """Type rules out of nested conditions; each keeps the condition it stood under."""
    for statement in statements:
        if isinstance(statement, InitByType):
            for rule in statement.rules:
                yield TypeRule(rule.types, condition, rule.leaves, rule.span)
        elif isinstance(statement, If):
            inside = _and(condition, statement.test)
            yield from _type_rules(statement.body, inside, context)
            outside = _and(condition, negated(statement.test))
            yield from _type_rules(statement.orelse, outside, context)
        elif isinstance(statement, For):
            for rule in _type_rules(statement.body, condition, context):
                context.report.error(
                    "type-rule-in-loop",
                    "a rule for a layer type cannot stand in a loop",
                    rule.span,
                    help="all type rules are one pass; write it once, outside",
                )


def _and(condition: ast.expr | None, test: ast.expr) -> ast.expr:
    if condition is None:
        return test
    return ast.copy_location(ast.BoolOp(ast.And(), [condition, test]), test)


def _without_types(statements: Iterable[Statement]) -> Iterator[Statement]:
    for statement in statements:
        if isinstance(statement, If):
            body = tuple(_without_types(statement.body))
            orelse = tuple(_without_types(statement.orelse))
            yield from branch(statement.test, body, orelse, statement.span)
        elif isinstance(statement, For):
            inner = tuple(_without_types(statement.body))
            if inner:
                yield For(statement.target, statement.iterable, inner, statement.span)
        elif not isinstance(statement, InitByType):
            yield statement


# --- tie and freeze -----------------------------------------------------------------


def _tie(entry: Entry, context: Context) -> Iterable[Statement]:
    if not isinstance(entry.value, ScalarNode) or not isinstance(
        entry.value.value, str
    ):
        context.report.error(
            "wrong-kind",
            f"the name of a parameter is expected, got {describe_node(entry.value)}",
            entry.value.span,
        )
        return
    target, source = context.name(entry.key), context.name(entry.value)
    yield Tie(target, source, entry.key.span)


def _freeze(item: Node, context: Context) -> Iterable[Statement]:
    if not isinstance(item, ScalarNode) or item.is_null:
        context.report.error(
            "wrong-kind", f"a name is expected, got {describe_node(item)}", item.span
        )
        return
    yield Freeze(context.name(item), item.span)
