"""Sizes that become arguments of their block.

Two sizes of a block that are the same in each of its modules are one argument. Names
are given when all of a block's are known: that of what the size is given to, with the
child's before it where several would be called so.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence

from modelspec.diagnostics.span import Span
from modelspec.inference.rows import Maker, Value
from modelspec.program.ir import Block, Param, TypeExpression

_INT = TypeExpression("int")


class Lift:
    """One argument; `values` are what it is in each module."""

    def __init__(
        self, values: Mapping[Maker, Value], argument: str | None, child: str | None
    ) -> None:
        self.values = dict(values)
        self.argument = argument
        self.child = child
        self.name = ""
        self.span: Span | None = None
        self._nodes: list[ast.Name] = []
        self._at: ast.expr | None = None

    def name_node(self, at: ast.expr) -> ast.Name:
        """Its name, standing where something else stood."""
        node = ast.copy_location(ast.Name(self.name, ast.Load()), at)
        self._nodes.append(node)
        self._at = self._at or at
        return node

    def give_name(self, name: str) -> None:
        self.name = name
        for node in self._nodes:
            node.id = name

    def literal(self, value: Value) -> ast.expr:
        assert self._at is not None
        node: ast.expr = (
            ast.Constant(value)
            if isinstance(value, int)
            else ast.List([self.literal(one) for one in value], ast.Load())
        )
        return ast.copy_location(node, self._at)

    def param(self, *, is_needed: bool) -> Param:
        """The block's new argument; one that not all modules need has a default."""
        first = next(iter(self.values.values()))
        return self._param(None if is_needed else self.literal(first))

    def root_param(self, defaults: Sequence[int]) -> Param:
        """The root's: its default is what it is with the root's defaults."""
        value = self.default(defaults)
        return self._param(None if value is None else self.literal(value))

    def default(self, defaults: Sequence[int]) -> Value | None:
        """The value in the trace of the defaults, one of these."""
        found = (value for (run, _), value in self.values.items() if run in defaults)
        return next(found, None)

    def _param(self, default: ast.expr | None) -> Param:
        assert self.span is not None
        type_ = _type(next(iter(self.values.values())))
        return Param(self.name, type_, default, self.span, keyword_only=True)


class Lifts:
    """The new arguments of one block."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self.made: list[Lift] = []

    def add(
        self, values: Mapping[Maker, Value], argument: str | None, child: str | None
    ) -> Lift:
        """An argument with these values: one that is there, where they agree."""
        for one in self.made:
            shared = one.values.keys() & values.keys()
            if shared and all(one.values[key] == values[key] for key in shared):
                one.values |= values
                return one
        lift = Lift(values, argument, child)
        self.made.append(lift)
        return lift

    def give_names(self, taken: Collection[str]) -> None:
        used = set(taken)
        plain = [lift.argument or "size" for lift in self.made]
        for lift, name in zip(self.made, plain, strict=True):
            if plain.count(name) > 1 or name in used:
                name = _prefixed(lift.child, name)
            if name in used:
                numbered = (f"{name}{count}" for count in range(2, 1000))
                name = next(one for one in numbered if one not in used)
            used.add(name)
            lift.give_name(name)


def _prefixed(child: str | None, name: str) -> str:
    if child is None or name.startswith(f"{child}_"):
        return name
    joined = f"{child}_{name}"
    return joined if joined.isidentifier() else f"layer{joined}".replace("-", "_")


def _type(value: Value) -> TypeExpression:
    if isinstance(value, int):
        return _INT
    return TypeExpression("list", (_type(value[0]),))
