"""Expressions with everything that is known put in.

Comes in: an expression and the values of the names known so far. Goes out: its value,
if it needs no module, or the same expression with each part that is known written as a
literal. Names that are not known before construction are `dynamic`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from modelspec.backends.python.flat.defaults import Defaults
from modelspec.backends.python.flat.values import Code, UnwritableError, written
from modelspec.backends.python.nodes import names_in, path_of
from modelspec.diagnostics.span import Source
from modelspec.pysubset.evaluator import Evaluator
from modelspec.pysubset.faults import EvaluationError
from modelspec.pysubset.values import Scope
from modelspec.trees import clone


class UnknownError(Exception):
    """An expression has no value before construction."""


class Environment:
    """What the names of one block mean at one point of its construction."""

    def __init__(
        self,
        evaluator: Evaluator,
        source: Source,
        globals: Mapping[str, object],
        constants: Mapping[str, ast.expr],
        defaults: Defaults,
    ) -> None:
        self.defaults = defaults
        self.evaluator = evaluator
        self.source = source
        self.constants = constants
        self.scope = Scope({}, globals)
        self.dynamic: set[str] = {"self"}

    def copy(self) -> Environment:
        made = Environment(
            self.evaluator,
            self.source,
            self.scope.globals,
            self.constants,
            self.defaults,
        )
        made.scope.locals.update(self.scope.locals)
        made.dynamic = set(self.dynamic)
        return made

    def bind(self, target: ast.expr, value: object) -> None:
        self.evaluator.assign(target, self.source)(self.scope, value)
        for one in names_in(target):
            self.dynamic.discard(one)

    def forget(self, *names: str) -> None:
        """From here on these names are known only when modules are made."""
        for one in names:
            self.scope.locals.pop(one, None)
            self.dynamic.add(one)

    # Values ------------------------------------------------------------------------

    def value(self, node: ast.expr) -> object:
        """Raises `UnknownError` if there is none yet."""
        node = self._with_constants(node)
        if self.dynamic.intersection(names_in(node)):
            raise UnknownError
        try:
            return self.evaluator.expression(node, self.source)(self.scope)
        except EvaluationError:
            raise UnknownError from None

    def truth(self, node: ast.expr) -> bool:
        value = self.value(node)
        if isinstance(value, Code):
            raise UnknownError
        return bool(value)

    def items(self, node: ast.expr) -> list[object]:
        self.value(node)
        try:
            node = self._with_constants(node)
            return self.evaluator.items(node, self.source)(self.scope)
        except EvaluationError:
            raise UnknownError from None

    def literal(self, node: ast.expr) -> ast.expr:
        """The value as an expression. Raises `UnknownError`."""
        try:
            return written(self.value(node))
        except UnwritableError:
            raise UnknownError from None

    def _with_constants(self, node: ast.expr) -> ast.expr:
        """`self.expansion` as the constant that it is."""
        if not self.constants or "self" not in names_in(node):
            return node
        made: ast.expr = _Constants(self.constants).visit(clone(node))
        return made

    # What is left ------------------------------------------------------------------

    def settled(self, node: ast.expr) -> ast.expr:
        """The expression with all that is known put in."""
        made = _Settle(self).visit(clone(node))
        assert isinstance(made, ast.expr)
        return made


class _Constants(ast.NodeTransformer):
    def __init__(self, constants: Mapping[str, ast.expr]) -> None:
        self.constants = constants

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        path = path_of(node)
        if path is not None and path[0] == "self" and len(path) == 2:
            return clone(self.constants.get(path[1], node))
        self.generic_visit(node)
        return node


class _Settle(ast.NodeTransformer):
    """Replaces the largest parts that are known."""

    def __init__(self, known: Environment) -> None:
        self.known = known

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.expr) and _may_be_literal(node):
            try:
                return self.known.literal(node)
            except UnknownError:
                pass
        return self._inside(node)

    def _inside(self, node: ast.AST) -> ast.AST:
        parts: ast.AST = super().visit(node)
        return parts

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        try:
            chosen = node.body if self.known.truth(node.test) else node.orelse
        except UnknownError:
            return self.generic_visit(node)
        return self.visit(chosen)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        """`None or width` is `width`."""
        is_or = isinstance(node.op, ast.Or)
        while len(node.values) > 1:
            try:
                if self.known.truth(node.values[0]) is is_or:
                    return self.visit(node.values[0])
            except UnknownError:
                return self.generic_visit(node)
            del node.values[0]
        return self.visit(node.values[0])

    def visit_Call(self, node: ast.Call) -> ast.AST:
        computed = {
            one.arg for one in node.keywords if not isinstance(one.value, ast.Constant)
        }
        self.generic_visit(node)
        node.keywords = self.known.defaults.without(node, computed)
        function = node.func
        if isinstance(function, ast.Call) and path_of(function.func) == ("partial",):
            return _applied(function, node)
        node.args = [one for arg in node.args for one in _spread(arg)]
        return node

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        return self._comprehension(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.AST:
        return self._comprehension(node)

    def visit_DictComp(self, node: ast.DictComp) -> ast.AST:
        return self._comprehension(node)

    def _comprehension(
        self, node: ast.ListComp | ast.GeneratorExp | ast.DictComp
    ) -> ast.AST:
        """Its own names are not known, whatever they mean outside."""
        inner = self.known.copy()
        for one in node.generators:
            inner.forget(*names_in(one.target))
        node.generators[0].iter = self._visited(node.generators[0].iter)
        inside = _Settle(inner)
        for one in node.generators[1:]:
            one.iter = inside._visited(one.iter)
        for one in node.generators:
            one.ifs = [inside._visited(test) for test in one.ifs]
        if isinstance(node, ast.DictComp):
            node.key = inside._visited(node.key)
            node.value = inside._visited(node.value)
        else:
            node.elt = inside._visited(node.elt)
        return node

    def _visited(self, node: ast.expr) -> ast.expr:
        made = self.visit(node)
        assert isinstance(made, ast.expr)
        return made


def _may_be_literal(node: ast.expr) -> bool:
    """Constants stay as they are spelled, names of torch and `self` as they are."""
    if isinstance(node, ast.Constant | ast.Starred | ast.FormattedValue | ast.Slice):
        return False
    path = path_of(node) if isinstance(node, ast.Attribute) else None
    return path is None or path[0] not in ("torch", "nn", "F", "math", "self")


def _applied(function: ast.Call, node: ast.Call) -> ast.Call:
    """`partial(f, a, k=1)(b)` as `f(a, b, k=1)`."""
    given = {one.arg for one in node.keywords}
    kept = [one for one in function.keywords if one.arg not in given]
    if None in given or any(one.arg is None for one in kept):
        return node
    arguments = [*function.args[1:], *node.args]
    return ast.Call(function.args[0], arguments, [*node.keywords, *kept])


def _spread(node: ast.expr) -> list[ast.expr]:
    """`*[a, b]` among arguments as `a, b`."""
    if isinstance(node, ast.Starred) and isinstance(node.value, ast.List | ast.Tuple):
        return node.value.elts
    return [node]
