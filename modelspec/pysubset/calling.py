"""Calls: of layer types, functions, methods of values.

In: a call. Out: a closure that evaluates the function, then the arguments in order, and
locates what is refused at the function, the argument or the whole call.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from modelspec.pysubset.access import attribute, no_attribute
from modelspec.pysubset.code import NO_SCOPE, Code
from modelspec.pysubset.faults import EvaluationError, Fault, at_span, called_from
from modelspec.pysubset.methods import Method, method
from modelspec.pysubset.place import span_of_keyword
from modelspec.pysubset.reading import at_name, settled_name
from modelspec.pysubset.runtime import SpecCallable
from modelspec.pysubset.values import MISSING, Scope, in_words

if TYPE_CHECKING:
    from modelspec.pysubset.closures import Closures


def call_code(closures: Closures, node: ast.Call) -> Code:
    args = closures.several(node.args)
    kwargs = _keywords(closures, node)
    function = node.func
    if isinstance(function, ast.Attribute):
        known = settled_name(closures, function)
        if known is MISSING:
            return _method_call(closures, node, function, args, kwargs)
        if not isinstance(known, EvaluationError) and not closures.run.is_plain(known):
            return _world_call(closures, node, known, args, kwargs)
    run, target = closures.run, closures.compile(function)

    def call(scope: Scope) -> object:
        called = target(scope)
        given, named = args(scope), kwargs(scope)
        try:
            return run.call(called, given, named)
        except Fault as fault:
            raise _bad_call(closures, fault, node) from None
        except EvaluationError as error:
            if isinstance(called, SpecCallable):
                raise called_from(error, node, closures.source) from None
            raise

    return call


def _world_call(
    closures: Closures, node: ast.Call, known: object, args: Code, kwargs: Code
) -> Code:
    """The usual call, `nn.Linear(8, 8)`: nothing is left to find out."""
    call = closures.run.call_world

    def make(scope: Scope) -> object:
        given, named = args(scope), kwargs(scope)
        try:
            return call(known, given, named)
        except Fault as fault:
            raise _bad_call(closures, fault, node) from None

    return make


def _method_call(
    closures: Closures,
    node: ast.Call,
    function: ast.Attribute,
    args: Code,
    kwargs: Code,
) -> Code:
    run, name = closures.run, function.attr
    value = closures.compile(function.value)

    def call(scope: Scope) -> object:
        of = value(scope)
        called: Method | None = method(of, name)
        target: object = None
        try:
            if called is None:
                target = attribute(run, of, name)
        except Fault as fault:
            if type(of) is dict and fault.code == "unknown-key":
                fault = no_attribute(of, name)
            raise at_name(closures, fault, function) from None
        given, named = args(scope), kwargs(scope)
        try:
            if called is not None:
                return called(run, of, given, named)
            return run.call(target, given, named)
        except Fault as fault:
            raise _bad_call(closures, fault, node) from None

    return call


def _bad_call(closures: Closures, fault: Fault, node: ast.Call) -> EvaluationError:
    if fault.code == "not-callable":
        return closures.located(fault, node.func)
    if fault.code == "unexpected-argument":
        for keyword in node.keywords:
            if keyword.arg and f"'{keyword.arg}'" in fault.message:
                return at_span(fault, span_of_keyword(keyword, closures.source))
    return closures.located(fault, node)


def _keywords(closures: Closures, node: ast.Call) -> Code:
    if not node.keywords:
        return lambda scope: {}
    parts = [(one.arg, one.value, closures.compile(one.value)) for one in node.keywords]
    if all(arg is not None for arg, _, _ in parts):
        if all(isinstance(value, ast.Constant) for _, value, _ in parts):
            values = {str(arg): code(NO_SCOPE) for arg, _, code in parts}
            return lambda scope: values.copy()
        pairs = [(str(arg), code) for arg, _, code in parts]
        return lambda scope: {arg: code(scope) for arg, code in pairs}

    def named(scope: Scope) -> dict[str, object]:
        found: dict[str, object] = {}
        for arg, value, code in parts:
            given = code(scope)
            more = {arg: given} if arg is not None else given
            try:
                _merge(closures, found, more)
            except Fault as fault:
                raise closures.located(fault, value) from None
        return found

    return named


def _merge(closures: Closures, found: dict[str, object], more: Any) -> None:
    if type(more) is not dict:
        message = f"`**` takes a dict, got {in_words(more)}"
        raise Fault("wrong-argument", message)
    closures.run.budget.items(len(more))
    for key, value in more.items():
        if type(key) is not str:
            message = f"`**` takes names as keys, got {in_words(key)}"
            raise Fault("wrong-argument", message)
        if key in found:
            raise Fault("wrong-argument", f"the argument '{key}' is given twice")
        found[key] = value
