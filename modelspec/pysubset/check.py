"""The allow-list of syntax: what of Python is in the language.

In goes a settled ast, out come diagnostics, one for each thing refused, at the
smallest stretch that is wrong. Only syntax is looked at: whether a name exists or an
attribute may be read is for later stages. A tree must not be deeper than the limits
say, which `parse_text` has seen to.

Of statements, what is refused is cut out where the rest can be read without it: a
hole stands in its place. Where it may bind names, nothing of the text is kept.
"""

from __future__ import annotations

import ast

from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.span import Source
from modelspec.policy import Limits
from modelspec.pysubset.check_expressions import Mode
from modelspec.pysubset.check_statements import StatementChecker
from modelspec.pysubset.place import (
    span_of,
    span_of_word,
)


def check_expression(
    node: ast.expr, mode: Mode, source: Source, report: Report, limits: Limits
) -> bool:
    checker = _Checker(mode, source, report, limits)
    checker.expression(node)
    return checker.sound


def check_target(
    node: ast.expr, mode: Mode, source: Source, report: Report, limits: Limits
) -> bool:
    checker = _Checker(mode, source, report, limits)
    checker.target(node)
    return checker.sound


def check_statements(
    nodes: list[ast.stmt],
    mode: Mode,
    source: Source,
    report: Report,
    limits: Limits,
) -> bool:
    """Whether the statements can be read on, now with holes for what was refused."""
    checker = _Checker(mode, source, report, limits)
    checker.statements(nodes)
    return checker.cut_out(nodes)


def check_definition(
    node: ast.FunctionDef, mode: Mode, source: Source, report: Report, limits: Limits
) -> bool:
    """A `def` line and its body, as `check_statements`."""
    checker = _Checker(mode, source, report, limits)
    checker.definition(node)
    if not checker.sound:
        checker.is_lost = True
    checker.statements(node.body)
    return checker.cut_out(node.body)


class _Checker(StatementChecker):
    """With the `def` line."""

    def definition(self, node: ast.FunctionDef) -> None:
        self.name(node.name, span_of_word(node, self.source))
        for decorator in node.decorator_list:
            message = "a decorator is not in the language"
            span = span_of(decorator, self.source)
            self.error("unsupported-syntax", message, span, "leave it out")
        if getattr(node, "type_params", None):
            message = "type parameters are not in the language"
            span = span_of(node.type_params[0], self.source)  # type: ignore[attr-defined]
            self.error("unsupported-syntax", message, span, "leave them out")
        self.arguments(node.args)
        if node.returns is not None:
            self.annotation(node.returns)

    def arguments(self, node: ast.arguments) -> None:
        named = [*node.posonlyargs, *node.args, *node.kwonlyargs]
        given: set[str] = set()
        for one in (*named, node.vararg, node.kwarg):
            if one is None:
                continue
            if one.arg in given:
                message = f"the argument `{one.arg}` is there twice"
                self.error("invalid-python", message, span_of(one, self.source))
            given.add(one.arg)
            self.name(one.arg, span_of(one, self.source))
            if one.annotation is not None:
                self.annotation(one.annotation)
        for default in (*node.defaults, *node.kw_defaults):
            if default is not None:
                self._default(default)

    def _default(self, node: ast.expr) -> None:
        if _is_literal(node):
            self.expression(node)
            return
        span = span_of(node, self.source)
        message = "a default is a number, a text, None or a tuple of these"
        advice = "make `None` the default and compute the value inside"
        self.error("default-not-literal", message, span, advice)


def _is_literal(node: ast.expr) -> bool:
    """Whether its value can never change: one list would be shared by all calls."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        return isinstance(node.operand, ast.Constant)
    return isinstance(node, ast.Tuple) and all(map(_is_literal, node.elts))
