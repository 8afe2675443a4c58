"""Parameters and attributes that a block owns, as statements.

Comes in: `OwnParameter`, `OwnAttribute`. Goes out: an assignment where the name allows
one, else a call that registers under that name.
"""

from __future__ import annotations

import ast

from modelspec.backends.python.names import is_identifier
from modelspec.backends.python.nodes import (
    assign,
    attribute,
    call,
    dotted,
    may_be_none,
    method_call,
    path_of,
    statement,
    string,
)
from modelspec.backends.python.sinks import SELF
from modelspec.program import ir


def own_parameter(one: ir.OwnParameter) -> ast.stmt:
    """A Parameter at hand is shared, a tensor becomes a new one; what may be None is
    registered, since an attribute set to None would not be."""
    value = _as_parameter(one.value, one.requires_grad)
    text = string(one.name)
    if text is None or not is_identifier(text) or may_be_none(one.value):
        return statement(method_call(SELF, "register_parameter", one.name, value))
    return assign(attribute(SELF, text), value)


def _as_parameter(value: ast.expr, gradient: ast.expr | None) -> ast.expr:
    needs = gradient is not None and not is_true(gradient)
    match value:
        case ast.Constant(value=None):
            return value
        case ast.IfExp():
            first = _as_parameter(value.body, gradient)
            return ast.IfExp(value.test, first, _as_parameter(value.orelse, gradient))
        case ast.Name() | ast.Subscript():
            test = call("isinstance", value, dotted("nn.Parameter"))
            made: ast.expr = ast.IfExp(test, value, call("nn.Parameter", value))
        case _ if _is_parameter(value):
            made = value
        case _:
            new = call("nn.Parameter", value)
            if gradient is not None and needs:
                new.keywords = [ast.keyword("requires_grad", gradient)]
            return new
    if gradient is not None and needs:
        return method_call(made, "requires_grad_", gradient)
    return made


def _is_parameter(value: ast.expr) -> bool:
    path = path_of(value.func if isinstance(value, ast.Call) else value)
    if path is None:
        return False
    if isinstance(value, ast.Call):
        return path == ("nn", "Parameter")
    return isinstance(value, ast.Attribute) and path[0] not in ("torch", "math")


def own_attribute(key: ast.Constant | ast.JoinedStr, value: ast.expr) -> ast.stmt:
    text = string(key)
    if text is not None and is_identifier(text):
        return assign(attribute(SELF, text), value)
    return statement(call("setattr", SELF, key, value))


def is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True
