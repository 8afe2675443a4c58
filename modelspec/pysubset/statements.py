"""The statements of `functions`, compiled to closures.

A statement's closure returns None when the next one follows, or one of the signals
`BREAK`, `CONTINUE` and `RETURN` (the value then lies in the scope's `result`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from modelspec.pysubset.access import set_item, subscript
from modelspec.pysubset.arithmetic import in_place
from modelspec.pysubset.closures import Closures
from modelspec.pysubset.code import Code, cost
from modelspec.pysubset.faults import Fault
from modelspec.pysubset.template import text
from modelspec.pysubset.values import Scope
from modelspec.trees import children

BREAK, CONTINUE, RETURN = "break", "continue", "return"

Step: TypeAlias = Callable[[Scope], str | None]


def block(closures: Closures, nodes: Sequence[ast.stmt]) -> Step:
    steps = [statement(closures, node) for node in nodes]
    if len(steps) == 1:
        return steps[0]

    def run(scope: Scope) -> str | None:
        for step in steps:
            signal = step(scope)
            if signal is not None:
                return signal
        return None

    return run


def statement(closures: Closures, node: ast.stmt) -> Step:
    """Charged before it runs; faults that are nobody else's are its own."""
    compiler = _COMPILERS.get(type(node))
    if compiler is None:
        what = type(node).__name__
        fault = Fault("unsupported-syntax", f"{what} cannot be evaluated")
        raise closures.located(fault, node)
    step = compiler(closures, node)
    budget, steps = closures.run.budget, 1 + _own_cost(node)

    def run(scope: Scope) -> str | None:
        try:
            budget.charge(steps)
            return step(scope)
        except Fault as fault:
            raise closures.located(fault, node) from None

    return run


def _own_cost(node: ast.stmt) -> int:
    """Of the expressions of a statement, without the statements inside it."""
    parts = children(node)
    return sum(cost(child) for child in parts if isinstance(child, ast.expr))


def _expression(closures: Closures, node: ast.Expr) -> Step:
    code = closures.compile(node.value)

    def run(scope: Scope) -> None:
        code(scope)

    return run


def _assign(closures: Closures, node: ast.Assign) -> Step:
    value = closures.compile(node.value)
    stores = [closures.store(target) for target in node.targets]

    def run(scope: Scope) -> None:
        held = value(scope)
        for store in stores:
            store(scope, held)

    return run


def _annotated(closures: Closures, node: ast.AnnAssign) -> Step:
    if node.value is None:
        return _pass(closures, node)
    value, store = closures.compile(node.value), closures.store(node.target)

    def run(scope: Scope) -> None:
        store(scope, value(scope))

    return run


def _augmented(closures: Closures, node: ast.AugAssign) -> Step:
    if isinstance(node.target, ast.Subscript):
        return _augmented_item(closures, node, node.target)
    run, name = closures.run, type(node.op).__name__
    old = ast.copy_location(ast.Name(_name(node.target), ast.Load()), node.target)
    current, value = closures.compile(old), closures.compile(node.value)
    store = closures.store(node.target)

    def update(scope: Scope) -> None:
        held = current(scope)
        store(scope, in_place(run, name, held, value(scope)))

    return update


def _name(target: ast.expr) -> str:
    return target.id if isinstance(target, ast.Name) else ""


def _augmented_item(
    closures: Closures, node: ast.AugAssign, target: ast.Subscript
) -> Step:
    run, name = closures.run, type(node.op).__name__
    value = closures.compile(node.value)
    of, at = closures.compile(target.value), closures.compile(target.slice)

    def update(scope: Scope) -> None:
        held, index = of(scope), at(scope)
        current = subscript(run, held, index)
        set_item(run, held, index, in_place(run, name, current, value(scope)))

    return update


def _if(closures: Closures, node: ast.If) -> Step:
    test = closures.truth(node.test)
    yes = block(closures, node.body)
    no = block(closures, node.orelse) if node.orelse else _next
    return lambda scope: yes(scope) if test(scope) else no(scope)


def _for(closures: Closures, node: ast.For) -> Step:
    run, items = closures.run, closures.compile(node.iter)
    store, body = closures.store(node.target), block(closures, node.body)
    otherwise = block(closures, node.orelse) if node.orelse else _next

    def loop(scope: Scope) -> str | None:
        value = items(scope)
        try:
            for item in run.iterate(value):
                run.budget.charge(1)
                store(scope, item)
                signal = body(scope)
                if signal is BREAK:
                    return None
                if signal is RETURN:
                    return signal
        except Fault as fault:
            raise closures.located(fault, node.iter) from None
        return otherwise(scope)

    return loop


def _while(closures: Closures, node: ast.While) -> Step:
    budget = closures.run.budget
    test, body = closures.truth(node.test), block(closures, node.body)
    otherwise = block(closures, node.orelse) if node.orelse else _next
    steps = 1 + cost(node.test)

    def loop(scope: Scope) -> str | None:
        while test(scope):
            budget.charge(steps)
            signal = body(scope)
            if signal is BREAK:
                return None
            if signal is RETURN:
                return signal
        return otherwise(scope)

    return loop


def _return(closures: Closures, node: ast.Return) -> Step:
    if node.value is None:
        return _signal(RETURN)
    value = closures.compile(node.value)

    def run(scope: Scope) -> str:
        scope.result = value(scope)
        return RETURN

    return run


def _assert(closures: Closures, node: ast.Assert) -> Step:
    test, message = closures.truth(node.test), _message(closures, node.msg)

    def run(scope: Scope) -> None:
        if not test(scope):
            said = message(scope) or "an assertion of the spec does not hold"
            raise closures.located(Fault("assertion-failed", said), node.test)

    return run


def _raise(closures: Closures, node: ast.Raise) -> Step:
    given = node.exc.args if isinstance(node.exc, ast.Call) else []
    message = _message(closures, given[0] if given else None)

    def run(scope: Scope) -> None:
        said = message(scope) or "a function of the spec raised an error"
        raise closures.located(Fault("raised", said), node)

    return run


def _message(closures: Closures, node: ast.expr | None) -> Code:
    """The user's own words, without control characters and of a sane length."""
    if node is None:
        return lambda scope: ""
    run, code = closures.run, closures.compile(node)
    from modelspec.pysubset.mistakes import printable

    return lambda scope: printable(text(run, code(scope)), 500)


def _next(scope: Scope) -> None:
    return None


def _pass(closures: Closures, node: ast.stmt) -> Step:
    return _next


def _signal(signal: str) -> Step:
    return lambda scope: signal


def _leave(closures: Closures, node: ast.stmt) -> Step:
    return _signal(BREAK if isinstance(node, ast.Break) else CONTINUE)


# `Any` as each takes the node type it stands beside.
_COMPILERS: dict[type[ast.AST], Callable[[Closures, Any], Step]] = {
    ast.AnnAssign: _annotated,
    ast.Assert: _assert,
    ast.Assign: _assign,
    ast.AugAssign: _augmented,
    ast.Break: _leave,
    ast.Continue: _leave,
    ast.Expr: _expression,
    ast.For: _for,
    ast.If: _if,
    ast.Pass: _pass,
    ast.Raise: _raise,
    ast.Return: _return,
    ast.While: _while,
}
