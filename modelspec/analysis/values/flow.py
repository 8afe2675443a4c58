"""What the locals of a method hold, statement by statement.

In: a method of a block. Out: what it returns; on the way each expression is looked at
once, and `Judge` is asked about each use of a value. Branches are followed apart and
joined; what a loop sets is unknown in it, and so is, under a condition, a name that
the condition asks about.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from modelspec.analysis.facts import Facts, Text, argument_nodes
from modelspec.analysis.reachability import ends_in
from modelspec.analysis.values.expressions import Expressions
from modelspec.analysis.values.held import (
    BOOL,
    FLOAT,
    INT,
    NONE,
    TENSOR,
    TEXT,
    UNKNOWN,
    Held,
    join,
)
from modelspec.analysis.values.judge import Judge
from modelspec.program.ir import Block, Method
from modelspec.trees import all_nodes, children

Names = dict[str, Held]

_ANNOTATED = {
    "torch.Tensor": TENSOR,
    "Tensor": TENSOR,
    "int": INT,
    "float": FLOAT,
    "bool": BOOL,
    "str": TEXT,
}


class Flow:
    """Goes through the statements of one method."""

    def __init__(self, text: Text, facts: Facts, judge: Judge) -> None:
        assert text.method is not None
        assert text.block is not None
        self.text = text
        self.judge = judge
        self.returned: list[Held] = []
        self.expressions = Expressions(text, facts, judge)
        self.steady = _steady(text.method)

    def run(self) -> Held:
        """What the method returns; unknown where it may come to its end without."""
        method, block = self.text.method, self.text.block
        assert method is not None
        assert block is not None
        names = dict(_arguments(method, block))
        self.statements(method.statements, names)
        ended = ends_in(method.statements)
        return join(self.returned) if ended else UNKNOWN

    def statements(self, nodes: Iterable[ast.stmt], names: Names) -> None:
        for node in nodes:
            self.statement(node, names)

    def statement(self, node: ast.stmt, names: Names) -> None:
        value = self.expressions.value
        match node:
            case ast.Assign(targets=targets, value=source):
                held = value(source, names)
                for target in targets:
                    self.bind(target, held, source, names)
            case ast.AnnAssign(target=target, value=source):
                held = UNKNOWN if source is None else value(source, names)
                if source is not None:
                    self.bind(target, UNKNOWN if held is NONE else held, source, names)
            case ast.AugAssign(target=target, op=op, value=source):
                self.augmented(node, target, op, source, names)
            case ast.If():
                self.branch(node, names)
            case ast.For(target=target, iter=items, body=body, orelse=orelse):
                element = self.expressions.element(items, names)
                self.forget(_stored([node]), names)
                inner = dict(names)
                self.bind(target, element, items, inner, each=True)
                self.statements(body, inner)
                self.statements(orelse, names)
            case ast.While(test=test, body=body, orelse=orelse):
                self.forget(_stored([node]), names)
                value(test, names)
                self.statements(body, _under(test, names))
                self.statements(orelse, names)
            case ast.With(items=items, body=body):
                for item in items:
                    value(item.context_expr, names)
                self.forget(_stored([one.optional_vars for one in items]), names)
                self.statements(body, names)
            case ast.Return(value=source):
                self.returned.append(NONE if source is None else value(source, names))
            case ast.Assert(test=test, msg=message):
                value(test, names)
                if message is not None:
                    value(message, names)
                names.update(_under(test, names))
            case _:
                for child in children(node):
                    if isinstance(child, ast.expr):
                        value(child, names)

    def forget(self, stored: Iterable[str], names: Names) -> None:
        names.update(dict.fromkeys(stored, UNKNOWN))

    def branch(self, node: ast.If, names: Names) -> None:
        self.expressions.value(node.test, names)
        ways: list[Names] = []
        for body in (node.body, node.orelse):
            way = _under(node.test, names)
            self.statements(body, way)
            if not ends_in(body):
                ways.append(way)
        if ways:
            every = {name for way in ways for name in way}
            names.update(
                {one: join([way.get(one, UNKNOWN) for way in ways]) for one in every}
            )

    def augmented(
        self,
        node: ast.AugAssign,
        target: ast.expr,
        op: ast.operator,
        source: ast.expr,
        names: Names,
    ) -> None:
        right = self.expressions.value(source, names)
        if isinstance(target, ast.Name):
            left = names.get(target.id, UNKNOWN)
            found = self.judge.operation(node, op, left, right, source)
            names[target.id] = found
        else:
            self.stored_at(target, names)

    def bind(
        self,
        target: ast.expr,
        held: Held,
        source: ast.expr,
        names: Names,
        *,
        each: bool = False,
    ) -> None:
        """What an assignment does; with `each`, what a loop does with its items."""
        match target:
            case ast.Name(id=name):
                if held.what == "list" and name not in self.steady:
                    held = Held("list")
                names[name] = held
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                self.judge.unpacking(target, parts, held, source, each=each)
                for part, one in zip(parts, _spread(parts, held), strict=True):
                    self.bind(part, one, source, names)
            case ast.Starred(value=inner):
                self.bind(inner, Held("list"), source, names)
            case _:
                self.stored_at(target, names)

    def stored_at(self, target: ast.expr, names: Names) -> None:
        """An item or attribute that is assigned to: its parts are read."""
        if isinstance(target, ast.Subscript):
            self.expressions.value(target.value, names)
            self.expressions.value(target.slice, names)


def _spread(parts: Sequence[ast.expr], held: Held) -> list[Held]:
    """What each of several targets gets."""
    stars = any(isinstance(one, ast.Starred) for one in parts)
    if held.items is not None and len(held.items) == len(parts) and not stars:
        return list(held.items)
    element = held.element if held.element is not None else UNKNOWN
    return [element] * len(parts)


def _arguments(method: Method, block: Block) -> Iterator[tuple[str, Held]]:
    """What is known of the arguments: inputs with a shape are tensors."""
    inputs = {one.name: one for one in block.inputs if one.shape is not None}
    optional = len(method.arguments.args) - len(method.arguments.defaults)
    for at, one in enumerate(argument_nodes(method.arguments)):
        held = UNKNOWN
        if at < optional or not method.arguments.defaults:
            text = "" if one.annotation is None else ast.unparse(one.annotation)
            held = _ANNOTATED.get(text, UNKNOWN)
            given = inputs.get(one.arg) if method.name == "forward" else None
            if given is not None and not given.optional and held in (UNKNOWN, TENSOR):
                held = Held("tensor", rank=len(given.shape or ()))
        yield one.arg, held if one.arg != "self" else Held("self")


def _under(test: ast.expr, names: Names) -> Names:
    """Names where a test holds, or does not: what it asks about may be otherwise."""
    asked = {one.id for one in all_nodes([test]) if isinstance(one, ast.Name)}
    found = dict(names)
    found.update({one: UNKNOWN for one in asked & names.keys() if one != "self"})
    return found


def _stored(nodes: Iterable[ast.AST | None]) -> Iterator[str]:
    for one in all_nodes(node for node in nodes if node is not None):
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
            yield one.id


def _steady(method: Method) -> set[str]:
    """Names of which only items are read, so that a list of theirs cannot change."""
    loads: dict[str, int] = {}
    items: dict[str, int] = {}
    for node in all_nodes(method.statements):
        match node:
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Load()):
                items[name] = items.get(name, 0) + 1
            case ast.AugAssign(target=ast.Name(id=name)):
                loads[name] = loads.get(name, 0) + 1
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            loads[node.id] = loads.get(node.id, 0) + 1
    return {name for name, count in items.items() if loads.get(name) == count}
