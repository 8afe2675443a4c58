"""The allow-list of statements, and what may stand in each.

See `check`, which tells what comes in and goes out.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any

from modelspec.diagnostics.suggest import suggest
from modelspec.pysubset import refused
from modelspec.pysubset.check_expressions import ExpressionChecker
from modelspec.pysubset.place import (
    span_of,
    span_of_word,
)
from modelspec.trees import children


class StatementChecker(ExpressionChecker):
    """With statements, and the annotations in them."""

    def annotation(self, node: ast.expr) -> None:
        if _is_type(node):
            before = len(self.refused)
            self.expression(node)
            self.is_lost = self.is_lost or len(self.refused) > before
            return
        span = span_of(node, self.source)
        message = "an annotation is a type, and this is not one"
        advice = "write types like `int`, `list[int]`, `torch.Tensor`, `int | None`"
        self.error("annotation-not-type", message, span, advice)

    def statements(self, nodes: Iterable[ast.stmt]) -> None:
        for node in nodes:
            self.statement(node)

    def statement(self, node: ast.stmt) -> None:
        kind = type(node)
        if kind not in refused.ALLOWED_STATEMENTS:
            self.refuse(node, span_of_word(node, self.source))
            return
        special = _STATEMENTS.get(kind)
        if special is not None:
            special(self, node)
            return
        for child in children(node):
            if isinstance(child, ast.expr):
                self.whole(child)
            elif isinstance(child, ast.stmt):
                self.statement(child)

    def whole(self, node: ast.expr) -> None:
        """An expression that is no part of another."""
        span = span_of(node, self.source)
        most = self.limits.expression_characters
        if span.end - span.start > most and not _is_docstring(node):
            size = span.end - span.start
            message = f"an expression has {size} characters, more than {most}"
            self.error("limit-exceeded", message, span, "name a part of it")
            return
        self.expression(node)

    def _assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self.target(target)
        self.whole(node.value)

    def _augmented(self, node: ast.AugAssign) -> None:
        self.target(node.target)
        self.whole(node.value)

    def _annotated(self, node: ast.AnnAssign) -> None:
        self.target(node.target)
        self.annotation(node.annotation)
        if node.value is not None:
            self.whole(node.value)

    def _for(self, node: ast.For) -> None:
        self.target(node.target)
        self.whole(node.iter)
        self._loop(node)

    def _while(self, node: ast.While) -> None:
        self.whole(node.test)
        self._loop(node)

    def _loop(self, node: ast.For | ast.While) -> None:
        self.loops += 1
        self.statements(node.body)
        self.loops -= 1
        self.statements(node.orelse)

    def _leave_loop(self, node: ast.Break | ast.Continue) -> None:
        if not self.loops:
            span = span_of(node, self.source)
            message = f"`{span.text}` stands in no loop"
            self.error("invalid-python", message, span)

    def _with(self, node: ast.With) -> None:
        if not self.runs:
            self.refuse(node, span_of_word(node, self.source))
            return
        for item in node.items:
            called = item.context_expr
            name = ""
            if isinstance(called, ast.Call):
                name = refused.dotted_name(called.func) or ""
            if name in refused.CONTEXTS:
                self.whole(called)
            else:
                known = ", ".join(f"`{one}(...)`" for one in sorted(refused.CONTEXTS))
                span = span_of(called, self.source)
                message = "`with` takes no other context than torch's gradient modes"
                near = suggest(name, sorted(refused.CONTEXTS))
                advice = f"write `{near}(...)`" if near else f"write one of {known}"
                self.error("unsupported-syntax", message, span, advice, cut=called)
            if item.optional_vars is not None:
                self.target(item.optional_vars)
        self.statements(node.body)

    def _raise(self, node: ast.Raise) -> None:
        allowed = (
            refused.RAISED_IN_FORWARD if self.runs else refused.RAISED_IN_FUNCTIONS
        )
        called = node.exc
        function = called.func if isinstance(called, ast.Call) else called
        known = isinstance(function, ast.Name) and function.id in allowed
        if node.cause is not None:
            span = span_of(node.cause, self.source)
            message = "`raise ... from ...` is not in the language"
            self.error("unsupported-syntax", message, span, "leave out `from`")
        elif known and not (isinstance(called, ast.Call) and called.keywords):
            for argument in called.args if isinstance(called, ast.Call) else ():
                self.whole(argument)
        else:
            where = node if called is None else called
            span = span_of(where, self.source)
            message = f"`raise` takes {' or '.join(allowed)}, with a message"
            advice = 'write `raise ValueError("...")`'
            self.error("unsupported-syntax", message, span, advice)


# `Any` as each takes the node type it stands beside.
_STATEMENTS: dict[type[ast.AST], Callable[[StatementChecker, Any], None]] = {
    ast.AnnAssign: StatementChecker._annotated,
    ast.Assign: StatementChecker._assign,
    ast.AugAssign: StatementChecker._augmented,
    ast.Break: StatementChecker._leave_loop,
    ast.Continue: StatementChecker._leave_loop,
    ast.For: StatementChecker._for,
    ast.Raise: StatementChecker._raise,
    ast.While: StatementChecker._while,
    ast.With: StatementChecker._with,
}


def _is_docstring(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_type(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return node.value is None or node.value is ...
    if isinstance(node, (ast.Name, ast.Attribute)):
        return refused.dotted_name(node) is not None
    if isinstance(node, ast.BinOp):
        whole = isinstance(node.op, ast.BitOr)
        return whole and _is_type(node.left) and _is_type(node.right)
    if isinstance(node, ast.Subscript):
        return _is_type(node.value) and _is_type(node.slice)
    if isinstance(node, (ast.Tuple, ast.List)):
        return all(_is_type(item) for item in node.elts)
    return False
