"""`parameters`, `buffers` and `attributes`: what a block owns besides modules.

Under `parameters` and `buffers` a string is an expression; under `attributes` it is a
string and `${...}` an expression.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from modelspec.program.ir import OwnAttribute, OwnBuffer, OwnParameter, Statement
from modelspec.program.kinds import UNKNOWN
from modelspec.program.lowering.context import Context, hole
from modelspec.program.lowering.flow import lower_mapping, unknown_lets
from modelspec.program.names import check_child
from modelspec.spec.frame import BufferSpec, ParameterSpec
from modelspec.spec.validate import read_mapping
from modelspec.syntax.nodes import Entry, MappingNode, ScalarNode

_DECLARATION = re.compile(
    r"(?:int|float|bool|str|list|tuple|dict|layer|module|children|dtype|any)\b[^=(]*"
    r"(?:=(?!=).*)?"
)


def lower_parameters(node: MappingNode, context: Context) -> tuple[Statement, ...]:
    return lower_mapping(node, context, lambda entry: _parameter(entry, context))


def lower_buffers(node: MappingNode, context: Context) -> tuple[Statement, ...]:
    return lower_mapping(node, context, lambda entry: _buffer(entry, context))


def lower_attributes(node: MappingNode, context: Context) -> tuple[Statement, ...]:
    return lower_mapping(node, context, lambda entry: _attribute(entry, context))


def _parameter(entry: Entry, context: Context) -> Iterable[Statement]:
    name = _name(entry, "a parameter", context)
    value: ast.expr
    grad: ast.expr | None = None
    if isinstance(entry.value, MappingNode):
        reading = read_mapping(
            ParameterSpec, entry.value, "a parameter", context.report
        )
        value = hole(entry.value.span)
        if reading is not None:
            value = context.scalar_expression(reading.spec.value)
        if reading is not None and reading.spec.requires_grad is not None:
            grad = context.scalar_expression(reading.spec.requires_grad)
    elif _declares_param(entry, context):
        yield from unknown_lets([entry.key.text], entry.key.span)
        return
    else:
        value = context.node_expression(entry.value, "a parameter")
    yield OwnParameter(name, value, grad, entry.key.span)


def _declares_param(entry: Entry, context: Context) -> bool:
    """Reports `width: int = 8`, which is how `params` are written."""
    if not isinstance(entry.value, ScalarNode):
        return False
    if not _DECLARATION.fullmatch(entry.value.text):
        return False
    context.report.error(
        "wrong-kind",
        f"a parameter is a tensor, and '{entry.value.text}' declares a param",
        entry.value.span,
        help="what a block is given stands under `params:`",
    )
    context.scope.locals.setdefault(entry.key.text, UNKNOWN)
    return True


def _buffer(entry: Entry, context: Context) -> Iterable[Statement]:
    name = _name(entry, "a buffer", context)
    value: ast.expr
    persistent: ast.expr | None = None
    if isinstance(entry.value, MappingNode):
        reading = read_mapping(BufferSpec, entry.value, "a buffer", context.report)
        value = hole(entry.value.span)
        if reading is not None:
            value = context.scalar_expression(reading.spec.value)
        if reading is not None and reading.spec.persistent is not None:
            persistent = context.scalar_expression(reading.spec.persistent)
    else:
        value = context.node_expression(entry.value, "a buffer")
    yield OwnBuffer(name, value, persistent, entry.key.span)


def _attribute(entry: Entry, context: Context) -> Iterable[Statement]:
    name = _name(entry, "an attribute", context)
    value = context.value(entry.value)
    yield OwnAttribute(name, value, entry.key.span)


def _name(entry: Entry, what: str, context: Context) -> ast.Constant | ast.JoinedStr:
    name = context.name(entry.key)
    if isinstance(name, ast.Constant):
        text = str(name.value)
        check_child(text, what, context.base, entry.key.span, context.report)
    return name
