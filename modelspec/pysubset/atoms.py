"""Constants and names.

In: a node. Out: a closure that gives its value. Names of comprehensions and locals of
functions are told apart from those of the scope here, so that scopes are Python's.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from modelspec.pysubset.access import nearest
from modelspec.pysubset.builtin import NAMES
from modelspec.pysubset.code import Code
from modelspec.pysubset.faults import EvaluationError, Fault
from modelspec.pysubset.values import MISSING, Scope, kind_of

if TYPE_CHECKING:
    from modelspec.pysubset.closures import Closures


def constant_code(closures: Closures, node: ast.Constant) -> Code:
    value = node.value
    if isinstance(value, (bytes, complex)):
        fault = Fault("unsupported-syntax", f"{kind_of(value)} is no plain value")
        raise closures.located(fault, node)
    if (
        type(value) is int
        and value.bit_length() > closures.run.budget.limits.integer_bits
    ):
        fault = Fault("limit-exceeded", "this integer is too large")
        raise closures.located(fault, node)
    return lambda scope: value


def name_code(closures: Closures, node: ast.Name) -> Code:
    name = node.id
    key = closures.names.key(name)
    if key is not None:
        return _hidden(closures, node, key)
    if closures.names.own is not None and name in closures.names.own:
        return _local(closures, node)
    builtin = NAMES.get(name, MISSING)

    def look_up(scope: Scope) -> object:
        value = scope.locals.get(name, MISSING)
        if value is MISSING:
            value = scope.globals.get(name, builtin)
            if value is MISSING:
                raise _undefined(closures, node, scope)
        return value

    return look_up


def _hidden(closures: Closures, node: ast.Name, key: str) -> Code:
    def look_up(scope: Scope) -> object:
        try:
            return scope.hidden[key]
        except KeyError:
            raise _unset(closures, node) from None

    return look_up


def _local(closures: Closures, node: ast.Name) -> Code:
    name = node.id

    def look_up(scope: Scope) -> object:
        try:
            return scope.locals[name]
        except KeyError:
            raise _unset(closures, node) from None

    return look_up


def _unset(closures: Closures, node: ast.Name) -> EvaluationError:
    message = f"'{node.id}' is read before it is set"
    return closures.located(Fault("undefined-name", message), node)


def _undefined(closures: Closures, node: ast.Name, scope: Scope) -> EvaluationError:
    near = nearest(node.id, [*scope.locals, *scope.globals, *NAMES])
    message = f"there is nothing named '{node.id}'"
    return closures.located(
        Fault("undefined-name", message, wrong=node.id, meant=near), node
    )
