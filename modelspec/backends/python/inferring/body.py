"""Statements of one body, in the order in which a type checker reads them.

Comes in: the statements of a method or of a constructor. Goes out: what it returns and
the codes it needs, in the `Body` that ran them. Branches are followed apart and meet.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from modelspec.backends.python.inferring.calls import Calls
from modelspec.backends.python.inferring.names import told_by_isinstance
from modelspec.backends.python.kinds import (
    ANY,
    NONE,
    annotated,
    merged,
)
from modelspec.trees import expression_tree


class Body(Calls):
    """One body."""

    def run(self, body: Sequence[ast.stmt]) -> None:
        for one in body:
            self._statement(one)

    def _statement(self, one: ast.stmt) -> None:
        match one:
            case ast.Assign():
                value = self.infer(one.value)
                for target in one.targets:
                    self.bind(target, value)
            case ast.AnnAssign(value=ast.expr() as value):
                self.infer(value)
                self.bind(one.target, annotated(one.annotation))
            case ast.AugAssign():
                if isinstance(one.target, ast.Name):
                    self.filled.add(one.target.id)
                target = ast.copy_location(one.target, one)
                value = self._binary(self.infer(_loaded(target)), self.infer(one.value))
                if isinstance(one.target, ast.Name):
                    self.bind(one.target, value)
            case ast.For():
                item = self.item(self.iterable(one.iter))
                before = dict(self.names)
                self.bind(one.target, item)
                self.run([*one.body, *one.orelse])
                self.names = merged([before, self.names])
            case ast.If():
                self.infer(one.test)
                self._if(one)
            case ast.While():
                self.infer(one.test)
                before = dict(self.names)
                self.run([*one.body, *one.orelse])
                self.names = merged([before, self.names])
            case ast.With():
                for context in one.items:
                    self.infer(context.context_expr)
                self.run(one.body)
            case ast.Return():
                self.returned.append(
                    NONE if one.value is None else self.infer(one.value)
                )
            case ast.Expr():
                self.infer(one.value)
            case ast.Assert():
                self.infer(one.test)

    def _if(self, one: ast.If) -> None:
        before, known = dict(self.names), set(self.declared)
        self.narrow(one.test, holds=True)
        self.run(one.body)
        after = [] if ends(one.body) else [self.names]
        widened, self.widened = self.widened, set(self.declared) - known
        self.names = dict(before)
        self.narrow(one.test, holds=False)
        self.run(one.orelse)
        after += [] if ends(one.orelse) else [self.names]
        self.widened = widened
        narrowed = told_by_isinstance(one.test)
        self.names = merged(after) if after else before
        if narrowed is not None and not ends(one.body):
            self.names[narrowed[0]] = before.get(narrowed[0], ANY)


def ends(body: Sequence[ast.stmt]) -> bool:
    """Whether nothing goes on after these statements."""
    if not body:
        return False
    last = body[-1]
    if isinstance(last, ast.If):
        return ends(last.body) and ends(last.orelse)
    return isinstance(last, ast.Return | ast.Raise | ast.Continue | ast.Break)


def _loaded(target: ast.expr) -> ast.expr:
    """An assignment's target as it is read."""
    return expression_tree(ast.unparse(target)).body
