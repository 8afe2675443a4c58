"""Params, constants and vars: section 3 of the language.

A param is `name: default`, `name: type`, `name: type = default` or the long form.
Defaults see blocks, functions and `torch.nn`, never other params, as in Python.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace

from modelspec.diagnostics.diagnostic import Label
from modelspec.diagnostics.span import Fragment
from modelspec.diagnostics.suggest import suggest
from modelspec.program.ir import (
    Constant,
    Let,
    Param,
    Statement,
    TypeExpression,
    Value,
)
from modelspec.program.kinds import bind_target
from modelspec.program.lowering.context import Context, constant, hole
from modelspec.program.lowering.flow import lower_mapping
from modelspec.program.lowering.param_values import given_value
from modelspec.program.lowering.unknown import text_of_type
from modelspec.program.names import (
    check_child,
    check_identifier,
    is_identifier,
)
from modelspec.program.types import (
    NAMES,
    is_type,
    read_type,
    type_of_value,
    unknown_type,
)
from modelspec.pysubset import parse_expression, span_of
from modelspec.spec.frame import ParamSpec
from modelspec.spec.validate import read_mapping
from modelspec.syntax.nodes import (
    Entry,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    describe_node,
)

_NOT_YET = "constants belong to the class: make it a var"
_YAML_WORDS = {"true": True, "false": False, "null": None}


def lower_params(node: MappingNode | None, context: Context) -> tuple[Param, ...]:
    """The params of a block, in order; names are checked."""
    params: list[Param] = []
    optional_seen = keyword_only = False
    entries = node.entries if node is not None else ()
    note = "a default sees no other params: make it a var"
    context.hints = {entry.key.text: note for entry in entries}
    for entry in entries:
        param = _param(entry, context)
        keyword_only = keyword_only or (optional_seen and param.default is None)
        optional_seen = optional_seen or param.default is not None
        params.append(_with_keyword_only(param) if keyword_only else param)
    return tuple(_one_for_children(params, context))


def lower_constants(
    node: MappingNode | None, params: tuple[Param, ...], context: Context
) -> tuple[Constant, ...]:
    """The constants of a block; they see neither its params nor each other."""
    found: list[Constant] = []
    entries = node.entries if node is not None else ()
    names = [*(param.name for param in params), *(one.key.text for one in entries)]
    context.hints = dict.fromkeys(names, _NOT_YET)
    for entry in entries:
        name, span = entry.key.text, entry.key.span
        if check_identifier(name, "a constant", span, context.report):
            check_child(name, "a constant", "Module", span, context.report)
        value = context.value(entry.value)
        if not _reads_no_instance(value, context):
            value = hole(entry.value.span)
        found.append(Constant(entry.key.text, value, entry.key.span))
    return tuple(found)


def _reads_no_instance(value: ast.expr, context: Context) -> bool:
    for node in ast.walk(value):
        if isinstance(node, ast.Name) and node.id == "self":
            span = span_of(node, context.source)
            message = "a constant cannot read `self`"
            context.report.error("unknown-name", message, span, note=_NOT_YET)
            return False
    return True


def lower_vars(node: MappingNode, context: Context) -> tuple[Statement, ...]:
    """`vars` as `Let` statements; each sees those before it."""
    return lower_mapping(node, context, lambda entry: _var(entry, context))


# --- one param --------------------------------------------------------------------


def _param(entry: Entry, context: Context) -> Param:
    if isinstance(entry.value, ScalarNode) and entry.value.refused:
        return _unknown(entry)
    if _lacks_colon(entry, context):
        return _unknown(entry)
    if not check_identifier(entry.key.text, "a param", entry.key.span, context.report):
        context.scope.file.reported.update(entry.key.text.split())
    if isinstance(entry.value, MappingNode) and _is_long_form(entry.value):
        return _long_param(entry, entry.value, context)
    found = _short_form(entry.value, context)
    if found is None:
        return _unknown(entry)
    type_, default = found
    return Param(entry.key.text, type_, default, entry.key.span)


def _lacks_colon(entry: Entry, context: Context) -> bool:
    """Reports `{dim int, heads: int}`, in which a key is a name and a type."""
    name, _, rest = entry.key.text.partition(" ")
    nothing = isinstance(entry.value, ScalarNode) and entry.value.is_null
    if not rest or not nothing or entry.value.span.text or not is_identifier(name):
        return False
    context.report.error(
        "missing-colon",
        f"expected 'name: default', got '{entry.key.text}'",
        entry.key.span,
        help=f"write `{name}: {rest.strip()}`",
    )
    context.scope.file.reported.add(name)
    return True


def _unknown(entry: Entry) -> Param:
    """A param that was reported: its name is known all the same, which is enough for
    the rest of the spec to be read without further messages."""
    nothing = hole(entry.value.span)
    return Param(entry.key.text, TypeExpression("any"), nothing, entry.key.span)


def _is_long_form(node: MappingNode) -> bool:
    """A dict as default that has such a key is written under `default:`."""
    return any(entry.key.text in ("type", "default") for entry in node.entries)


def _short_form(
    node: Node, context: Context
) -> tuple[TypeExpression, ast.expr | None] | None:
    if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
        value = context.value(node)
        return type_of_value(value), value
    if node.style == "plain":
        return _plain_text(node, context)
    written = _typed_default(node.fragment, context)
    if written is not None:
        return written
    value = context.interpolated(node)
    return type_of_value(value), value


def _plain_text(
    node: ScalarNode, context: Context
) -> tuple[TypeExpression, ast.expr | None] | None:
    """`int`, `int = 1`, or a string as default."""
    written = _typed_default(node.fragment, context)
    if written is not None:
        return written
    if "${" in node.text:
        value = context.interpolated(node)
        return type_of_value(value), value
    # Most specs need no names of other languages.
    from modelspec.catalog.foreign import is_type_elsewhere

    is_near = is_type_elsewhere(node.text) or suggest(node.text, NAMES)
    if is_near or any(mark in node.text for mark in "[=|"):
        wrong = node.fragment.part(0, _cut(node.text)).strip()
        parsed = _parse_quietly(wrong, context)
        if parsed is not None:
            read_type(parsed, context.source, context.report)
        else:
            unknown_type(wrong.text, wrong.span(), context.report)
        return None
    return TypeExpression("str"), constant(node.text, node.span)


def _cut(text: str) -> int:
    """Where the type ends and `= default` begins."""
    at = text.find("=")
    return at if at >= 0 else len(text)


def _typed_default(
    fragment: Fragment, context: Context
) -> tuple[TypeExpression, ast.expr | None] | None:
    """`TYPE` or `TYPE = DEFAULT`; None where the text has not that form."""
    cut = _cut(fragment.text)
    parsed = _parse_quietly(fragment.part(0, cut).strip(), context)
    if parsed is None or not is_type(parsed):
        return None
    type_ = read_type(parsed, context.source, context.report)
    if type_ is None:
        return TypeExpression("any"), hole(fragment.span())
    if cut == len(fragment.text):
        return type_, None
    written = fragment.part(cut + 1, len(fragment.text)).strip()
    return type_, _default(written, type_, context)


def _default(fragment: Fragment, type_: TypeExpression, context: Context) -> ast.expr:
    """An expression; YAML's own words for truth values and nothing are understood."""
    if fragment.text in _YAML_WORDS:
        return constant(_YAML_WORDS[fragment.text], fragment.span())
    return context.expression(fragment, text_of_type(type_))


def _parse_quietly(fragment: Fragment, context: Context) -> ast.expr | None:
    from modelspec.diagnostics.diagnostic import Report

    return parse_expression(fragment, Report(), context.limits)


def _long_param(entry: Entry, node: MappingNode, context: Context) -> Param:
    reading = read_mapping(ParamSpec, node, "a param", context.report)
    if reading is None:
        return _unknown(entry)
    spec = reading.spec
    type_: TypeExpression | None = None
    if spec.type is not None:
        parsed = parse_expression(spec.type.fragment, context.report, context.limits)
        if parsed is not None:
            type_ = read_type(parsed, context.source, context.report)
        if type_ is None:
            return _unknown(entry)
    ordered = _check_bounds(entry, spec, context)
    default = None
    if spec.default is not None:
        default = given_value(spec.default, type_ or TypeExpression("any"), context)
    elif reading.unread:
        default = hole(entry.value.span)  # it may be what could not be read
    if type_ is None and reading.unread:
        type_ = TypeExpression("any")
    elif type_ is None:
        type_ = type_of_value(default) if default is not None else TypeExpression("any")
    return Param(
        entry.key.text,
        type_,
        default,
        entry.key.span,
        doc=spec.doc.text if spec.doc is not None else None,
        minimum=_bound(spec.min, context) if ordered else None,
        maximum=_bound(spec.max, context) if ordered else None,
        choices=tuple(_choices(spec.choices, context)),
    )


def _check_bounds(entry: Entry, spec: ParamSpec, context: Context) -> bool:
    """Whether some number is within both bounds."""
    if spec.min is None or spec.max is None:
        return True
    least, most = spec.min.value, spec.max.value
    if not isinstance(least, int | float) or not isinstance(most, int | float):
        return True
    if least > most:
        context.report.error(
            "param-value",
            f"'min' of '{entry.key.text}' must be at most its 'max', {most},"
            f" got {least}",
            spec.min.span,
            labels=(Label(spec.max.span, "'max' is here"),),
        )
    return least <= most


def _bound(node: ScalarNode | None, context: Context) -> int | float | None:
    if node is None:
        return None
    if isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return node.value
    context.report.error(
        "wrong-kind", f"a bound is a number, got {describe_node(node)}", node.span
    )
    return None


def _choices(node: SequenceNode | None, context: Context) -> Iterable[object]:
    for item in node.items if node is not None else ():
        if isinstance(item, ScalarNode):
            yield item.value
        else:
            context.report.error(
                "wrong-kind",
                f"a choice is one value, got {describe_node(item)}",
                item.span,
            )


def _with_keyword_only(param: Param) -> Param:
    return replace(param, keyword_only=True)


def _one_for_children(params: list[Param], context: Context) -> Iterator[Param]:
    first: Param | None = None
    for param in params:
        if param.type.name != "children" or first is None:
            first = param if param.type.name == "children" else first
            yield param
            continue
        # Nothing else is said of it: it need not be given.
        yield replace(param, default=hole(param.span))
        context.report.error(
            "several-children",
            f"at most one param takes the children, got also '{param.name}'",
            param.span,
        )


def _var(entry: Entry, context: Context) -> Iterable[Statement]:
    check_identifier(entry.key.text, "a var", entry.key.span, context.report)
    value = context.node_expression(entry.value, "a var")
    target = ast.Name(entry.key.text, ast.Store())
    ast.copy_location(target, constant(0, entry.key.span))
    context.scope.locals.update(bind_target(target, context.kind_of(value)))
    yield Let(target, Value(value, entry.value.span), entry.key.span, is_var=True)
