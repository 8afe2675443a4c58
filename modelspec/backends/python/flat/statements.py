"""Statements of one block with values put in: loops unrolled, conditions decided.

Comes in: a block and the values of its params that are known. Goes out: statements of
the same block that make the same modules in the same order. A loop or a condition over
what is not known stays; a name that is set inside one is then a local of the class.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from modelspec.backends.python.flat.expressions import Environment, UnknownError
from modelspec.backends.python.nodes import name, target_names
from modelspec.backends.python.traversal import statements_in
from modelspec.diagnostics.diagnostic import Diagnostic, SpecError
from modelspec.program import ir

Name = ast.Constant | ast.JoinedStr


MOST_TURNS = 100_000


class RestartError(Exception):
    """A name must be a local of the class from the start."""

    def __init__(self, names: set[str]) -> None:
        super().__init__(names)
        self.names = names


class Statements:
    """`kept` are names whose `let` stays a statement."""

    def __init__(self, kept: frozenset[str]) -> None:
        self.kept = kept
        self._made = 0

    def settle(
        self, body: Sequence[ir.Statement], known: Environment
    ) -> tuple[ir.Statement, ...]:
        return tuple(new for one in body for new in self._statement(one, known))

    def _statement(self, one: ir.Statement, known: Environment) -> list[ir.Statement]:
        match one:
            case ir.Let():
                return self._let(one, known)
            case ir.For():
                return self._for(one, known)
            case ir.If():
                return self._if(one, known)
            case ir.Child():
                value = self._value(one.value, known)
                settled = None if one.name is None else _name(one.name, known)
                return [replace(one, name=settled, value=value)]
            case ir.Splice():
                return _spliced(one, known)
            case ir.Replace():
                value = self._value(one.value, known)
                return [replace(one, path=_name(one.path, known), value=value)]
            case ir.Keep():
                return [_keep(one, known)]
            case ir.CallMethod():
                return [one]
        return _own(one, known)

    # Flow --------------------------------------------------------------------------

    def _let(self, one: ir.Let, known: Environment) -> list[ir.Statement]:
        names = set(target_names(one.target))
        if isinstance(one.value, ir.Value) and not names & self.kept:
            try:
                known.bind(one.target, known.value(one.value.expression))
            except UnknownError:
                pass
            else:
                return []
        made = replace(one, value=self._value(one.value, known))
        known.forget(*names)
        return [] if _changes_nothing(made) else [made]

    def _for(self, one: ir.For, known: Environment) -> list[ir.Statement]:
        try:
            items = known.items(one.iterable)
            found: list[ir.Statement] = []
            for item in items:
                self._count(one)
                known.bind(one.target, item)
                found += self.settle(one.body, known)
            return found
        except UnknownError:
            self._must_keep(one.body)
        iterable = known.settled(one.iterable)
        known.forget(*target_names(one.target))
        return [replace(one, iterable=iterable, body=self.settle(one.body, known))]

    def _if(self, one: ir.If, known: Environment) -> list[ir.Statement]:
        try:
            chosen = one.body if known.truth(one.test) else one.orelse
        except UnknownError:
            self._must_keep(one.body + one.orelse)
        else:
            return list(self.settle(chosen, known))
        test = known.settled(one.test)
        body = self.settle(one.body, known.copy())
        orelse = self.settle(one.orelse, known.copy())
        for inner in statements_in(one.body + one.orelse):
            if isinstance(inner, ir.Let | ir.For):
                known.forget(*target_names(inner.target))
        return [replace(one, test=test, body=body, orelse=orelse)]

    def _count(self, one: ir.For) -> None:
        """Keeps a small spec from becoming a source that nobody can open."""
        self._made += 1
        if self._made > MOST_TURNS:
            message = f"unrolled, the loops make more than {MOST_TURNS:,} turns"
            advice = ("the parametric style keeps loops as they are",)
            raise SpecError(
                [Diagnostic("limit-exceeded", message, one.span, "", advice)]
            )

    def _must_keep(self, body: Sequence[ir.Statement]) -> None:
        names: set[str] = set()
        for inner in statements_in(body):
            if isinstance(inner, ir.Let):
                names.update(target_names(inner.target))
        if names - self.kept:
            raise RestartError(names)

    # Values ------------------------------------------------------------------------

    def _value(self, value: ir.ModuleValue, known: Environment) -> ir.ModuleValue:
        if isinstance(value, ir.Value):
            return value.with_expression(known.settled(value.expression))
        callee = value.callee
        if value.into is not None:
            callee = known.settled(callee)
        return replace(
            value, callee=callee, children=self.settle(value.children, known)
        )


def _changes_nothing(one: ir.Let) -> bool:
    """Whether a name is bound to itself, as `n = 1 if small else n` is when settled."""
    match one.value:
        case ir.Value(expression=ast.Name(id=source)):
            return isinstance(one.target, ast.Name) and one.target.id == source
    return False


def _spliced(one: ir.Splice, known: Environment) -> list[ir.Statement]:
    """Modules that stand in a list of their own are children like others."""
    value = known.settled(one.value)
    if isinstance(value, ast.List) and not any(
        isinstance(item, ast.Starred) for item in value.elts
    ):
        return [
            ir.Child(None, ir.Value(item, one.span), one.span) for item in value.elts
        ]
    return [replace(one, value=value)]


def _name(path: Name, known: Environment) -> Name:
    settled = known.settled(path)
    assert isinstance(settled, ast.Constant | ast.JoinedStr)
    return settled


def _keep(one: ir.Keep, known: Environment) -> ir.Statement:
    """A value that is put in is an attribute set to it."""
    try:
        value = known.literal(name(one.name))
    except UnknownError:
        return one
    return ir.OwnAttribute(ast.Constant(one.name), value, one.span)


def _own(one: ir.Statement, known: Environment) -> list[ir.Statement]:
    match one:
        case ir.OwnParameter():
            gradient = _optional(one.requires_grad, known)
            value = known.settled(one.value)
            key = _name(one.name, known)
            return [replace(one, name=key, value=value, requires_grad=gradient)]
        case ir.OwnBuffer():
            lasts = _optional(one.persistent, known)
            value = known.settled(one.value)
            key = _name(one.name, known)
            return [replace(one, name=key, value=value, persistent=lasts)]
        case ir.OwnAttribute():
            value = known.settled(one.value)
            return [replace(one, name=_name(one.name, known), value=value)]
        case ir.InitByType():
            rules = [new for rule in one.rules for new in _rule(rule, known)]
            return [replace(one, rules=tuple(rules))] if rules else []
        case ir.InitByName():
            return [
                replace(
                    one,
                    pattern=_name(one.pattern, known),
                    parameter=(
                        None
                        if one.parameter is None
                        else _initializer(one.parameter, known)
                    ),
                    leaves=_leaves(one.leaves, known),
                )
            ]
        case ir.Tie():
            target, source = _name(one.target, known), _name(one.source, known)
            return [replace(one, target=target, source=source)]
        case ir.Freeze():
            return [replace(one, pattern=_name(one.pattern, known))]
    return [one]


def _optional(node: ast.expr | None, known: Environment) -> ast.expr | None:
    return None if node is None else known.settled(node)


def _rule(rule: ir.TypeRule, known: Environment) -> list[ir.TypeRule]:
    condition = rule.condition
    if condition is not None:
        settled = known.settled(condition)
        try:
            if not known.truth(condition):
                return []
            condition = None
        except UnknownError:
            condition = settled
    types = tuple(known.settled(one) for one in rule.types)
    leaves = _leaves(rule.leaves, known)
    return [replace(rule, types=types, condition=condition, leaves=leaves)]


def _leaves(
    leaves: tuple[tuple[str, ir.Initializer], ...], known: Environment
) -> tuple[tuple[str, ir.Initializer], ...]:
    return tuple((leaf, _initializer(one, known)) for leaf, one in leaves)


def _initializer(one: ir.Initializer, known: Environment) -> ir.Initializer:
    """The tensor `w` is not known."""
    inner = known.copy()
    inner.forget("w")
    return replace(one, expression=inner.settled(one.expression))
