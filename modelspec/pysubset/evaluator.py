"""Construction-time evaluation of checked, canonical expressions, within bounds.

In goes a settled ast, out comes a closure that is run many times. It raises
`EvaluationError` for whatever a spec's values do wrong and nothing else. Everything
that one evaluator runs spends the same budget.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from modelspec.diagnostics.span import Source
from modelspec.policy import Limits
from modelspec.pysubset.budget import Budget
from modelspec.pysubset.builtin_calls import HANDLERS
from modelspec.pysubset.closures import Closures
from modelspec.pysubset.code import Names, cost
from modelspec.pysubset.faults import EvaluationError, Fault, limit, located
from modelspec.pysubset.function import FunctionValue
from modelspec.pysubset.runtime import Runtime
from modelspec.pysubset.values import Scope
from modelspec.pysubset.world import World


class Evaluator:
    def __init__(
        self, world: World, limits: Limits, budget: Budget | None = None
    ) -> None:
        self.budget = budget or Budget(limits)
        self.runtime = Runtime(world, self.budget, HANDLERS)

    def expression(self, node: ast.expr, source: Source) -> Callable[[Scope], object]:
        """The node's value in a scope."""
        code = self._closures(source).compile(node)
        if isinstance(node, ast.Constant):
            return code
        budget, steps = self.budget, cost(node)

        def evaluate(scope: Scope) -> object:
            try:
                budget.spent += steps
                if budget.spent > budget.checkpoint:
                    budget.check()
                return code(scope)
            except Fault as fault:
                raise located(fault, node, source) from None
            except (RecursionError, MemoryError):
                raise _too_deep(node, source) from None

        return evaluate

    def condition(self, node: ast.expr, source: Source) -> Callable[[Scope], bool]:
        """The node's truth, as `if` sees it."""
        value, truth = self.expression(node, source), self.runtime.truth

        def decide(scope: Scope) -> bool:
            found = value(scope)
            try:
                return truth(found)
            except Fault as fault:
                raise located(fault, node, source) from None

        return decide

    def items(self, node: ast.expr, source: Source) -> Callable[[Scope], list[object]]:
        """What `for` goes through, in a new list."""
        value, listed = self.expression(node, source), self.runtime.listed

        def collect(scope: Scope) -> list[object]:
            found = value(scope)
            try:
                return listed(found)
            except Fault as fault:
                raise located(fault, node, source) from None
            except (RecursionError, MemoryError):
                raise _too_deep(node, source) from None

        return collect

    def assign(
        self, target: ast.expr, source: Source
    ) -> Callable[[Scope, object], None]:
        """Assignment to a target of `for` or `let`."""
        store = self._closures(source).store(target)

        def assign(scope: Scope, value: object) -> None:
            try:
                store(scope, value)
            except Fault as fault:
                raise located(fault, target, source) from None
            except (RecursionError, MemoryError):
                raise _too_deep(target, source) from None

        return assign

    def function(
        self,
        definition: ast.FunctionDef,
        source: Source,
        globals: Mapping[str, object] | None = None,
    ) -> FunctionValue:
        """A function of the spec; `globals` may be filled after."""
        known = {} if globals is None else globals
        return FunctionValue(self.runtime, definition, source, known)

    def _closures(self, source: Source) -> Closures:
        return Closures(self.runtime, source, Names())


def _too_deep(node: ast.AST, source: Source) -> EvaluationError:
    return located(limit("this goes too deep, or its value is too large"), node, source)
