"""A hole: what stands in a tree for a mistake that was told.

An expression that could not be read, or a name that means nothing, is a `Hole` from
there on, as long as the text that it replaces. Whatever looks at a tree knows nothing
of a hole and says nothing about what touches one; what it hides is no more than that.
A tree with a hole is never built or printed.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeGuard

from modelspec.trees import all_nodes

UNKNOWN_NAME = "?"
"""What the world of an evaluator is asked for where a hole stands."""


class Hole(ast.expr):
    """An expression of which nothing is known, but for parts of it that can be read:
    those `inside` are looked at as if they stood alone."""

    _fields = ("inside",)
    inside: Sequence[ast.expr] = ()


def has_hole(nodes: Iterable[ast.AST]) -> bool:
    return any(isinstance(one, Hole) for one in all_nodes(nodes))


def hole_body(at: Hole) -> tuple[ast.stmt, ...]:
    """The statements of a text that could not be read."""
    return (ast.copy_location(ast.Return(at), at),)


def is_hole_body(statements: Sequence[ast.stmt]) -> bool:
    only = statements[0] if len(statements) == 1 else None
    return isinstance(only, ast.Return) and is_hole(only.value)


def in_place(statements: list[ast.stmt], refused: Collection[int]) -> None:
    """Puts holes in the place of nodes inside statements, known by their `id`; of a
    statement nothing but a hole is left."""
    cutter = _Cutter(refused)
    made = [cutter.visit(one) for one in statements]
    statements[:] = [one for one in made if isinstance(one, ast.stmt)]


class _Cutter(ast.NodeTransformer):
    def __init__(self, refused: Collection[int]) -> None:
        self._refused = refused

    def visit(self, node: ast.AST) -> Any:  # as in typeshed
        if id(node) not in self._refused:
            return self.generic_visit(node)
        at = ast.copy_location(Hole(), node)
        if isinstance(node, ast.Attribute):
            at.inside = [self.visit(node.value)]
        if isinstance(node, ast.stmt):
            return ast.copy_location(ast.Expr(at), node)
        return at


def is_hole(node: object) -> TypeGuard[Hole]:
    return isinstance(node, Hole)
