"""Expressions of a construction, compiled once, read on stand-ins.

In: canonical expressions of one source. Out: closures that give their values in a
scope. Errors out of a block that an expression makes get the place of use; an
expression that asks what something is that nobody knows ends with `Unknowable`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from modelspec.analysis.registering import fail
from modelspec.analysis.standins import Opaque, Unknowable
from modelspec.diagnostics.diagnostic import Label
from modelspec.diagnostics.span import Source
from modelspec.program.names import name_problem
from modelspec.pysubset.faults import EvaluationError, Fault, at_span
from modelspec.pysubset.place import span_of
from modelspec.pysubset.refused import dotted_name
from modelspec.pysubset.values import Scope

if TYPE_CHECKING:
    from modelspec.analysis.elaborate import Elaborator

Read: TypeAlias = "Callable[[Scope], object]"


class Reads:
    """The expressions of one source."""

    def __init__(self, source: Source, elaborator: Elaborator) -> None:
        self.source = source
        self.elaborator = elaborator

    def read(self, node: ast.expr) -> Read:
        """An expression; errors out of a block that it makes get the place of use."""
        if isinstance(node, ast.Constant):
            value = node.value
            return lambda scope: value
        read = self._asked(
            node, self.elaborator.evaluator.expression(node, self.source)
        )
        if not _has_call(node):
            return read
        entering, narrowed = self.elaborator.entering, self.elaborator.narrowed
        label = Label(span_of(node, self.source), "used here")

        def located(scope: Scope) -> object:
            try:
                with entering(label):
                    return read(scope)
            except EvaluationError as error:
                self._go_on(node, error, scope)
                narrowed(error, node, self.source)
                raise

        return located

    def _go_on(self, node: ast.expr, error: EvaluationError, scope: Scope) -> None:
        """Keeps what else is wrong with an expression that ended with an error."""
        if isinstance(error, Unknowable):
            return
        # What is right needs none of it.
        from modelspec.analysis.beside import parts_after

        for part in parts_after(node, error.diagnostic, self.source):
            try:
                self.read(part)(scope)
            except EvaluationError as another:
                if not _has_call(part):  # with one, this was done where it was read
                    self._go_on(part, another, scope)
                self.elaborator.recover(another)

    def _asked(self, node: ast.expr, read: Read) -> Read:
        """Stops where an expression asks what something is that nobody knows."""
        asked = [*_identity_operands(node)]
        if not asked:
            return read
        operands = [self.elaborator.evaluator.expression(o, self.source) for o in asked]

        def checked(scope: Scope) -> object:
            for operand in operands:
                try:
                    value = operand(scope)
                except Unknowable:
                    raise
                except EvaluationError:
                    continue  # not reached, or a name of a comprehension
                if isinstance(value, Opaque):
                    raise Unknowable
            return read(scope)

        return checked

    def test(self, node: ast.expr) -> Callable[[Scope], bool]:
        read, truth = self.read(node), self.elaborator.evaluator.runtime.truth

        def test(scope: Scope) -> bool:
            try:
                return truth(read(scope))
            except Fault as fault:
                raise at_span(fault, span_of(node, self.source)) from None

        return test

    def name(self, node: ast.expr, base: str) -> Read:
        if isinstance(node, ast.Constant):
            text = str(node.value)
            return lambda scope: text
        read, span = self.read(node), span_of(node, self.source)

        def computed(scope: Scope) -> object:
            name = read(scope)
            problem = name_problem(str(name), base)
            if problem is not None:
                fail(
                    "invalid-name", f"the name {name!r} is not allowed: {problem}", span
                )
            return name

        return computed

    def arguments(
        self, call: ast.Call
    ) -> Callable[[Scope], tuple[list[object], dict[str, object]]]:
        """The arguments of a call, evaluated as a list and a dict of their own."""
        items = ast.copy_location(ast.List(call.args, ast.Load()), call)
        pairs = [(one.arg, self.read(one.value)) for one in call.keywords]
        positional = self.read(items)

        def given(scope: Scope) -> tuple[list[object], dict[str, object]]:
            args = positional(scope)
            kwargs: dict[str, object] = {}
            for name, read in pairs:
                value = read(scope)
                if name is not None:
                    kwargs[name] = value
                elif isinstance(value, dict):
                    kwargs |= value
                else:
                    raise Unknowable
            return list(args) if isinstance(args, list) else [], kwargs

        def arguments(scope: Scope) -> tuple[list[object], dict[str, object]]:
            try:
                return given(scope)
            except EvaluationError as error:
                self._go_on(call, error, scope)
                raise

        return arguments


def _has_call(node: ast.expr) -> bool:
    return any(isinstance(one, ast.Call) for one in ast.walk(node))


def _identity_operands(node: ast.expr) -> list[ast.expr]:
    """What `is` and `isinstance` look at, in an expression."""
    found: list[ast.expr] = []
    for one in ast.walk(node):
        if isinstance(one, ast.Compare):
            if any(isinstance(operator, ast.Is | ast.IsNot) for operator in one.ops):
                found += [one.left, *one.comparators]
        elif isinstance(one, ast.Call) and dotted_name(one.func) == "isinstance":
            found += one.args[:1]
    return [one for one in found if not isinstance(one, ast.Constant)]
