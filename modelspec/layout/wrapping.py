"""Which parts of an expression stand in parentheses.

Those that must, or the text would parse to another tree; and those that its author put
in parentheses, if somebody knows (`kept`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from modelspec.layout.precedence import (
    AND,
    ATOM,
    BINARY,
    COMPARE,
    COMPARISON,
    OR,
    POWER,
    UNARY,
    precedence,
)
from modelspec.pysubset.refused import dotted_name


class Operand(NamedTuple):
    """An operand, and whether it stands in parentheses."""

    node: ast.expr
    wrapped: bool


class Operator(NamedTuple):
    """An operator between two operands, and how tightly it binds."""

    symbol: str
    level: int


Part: TypeAlias = Operand | Operator
Kept: TypeAlias = Callable[[ast.expr], bool]

# Brackets of their own: more around them would say nothing.
_BRACKETED = (
    *(ast.Tuple, ast.List, ast.Set, ast.Dict, ast.GeneratorExp),
    *(ast.ListComp, ast.SetComp, ast.DictComp),
)


@dataclass(frozen=True, slots=True)
class Wrapping:
    """Decides on parentheses; `kept` tells whether an operand had some."""

    kept: Kept | None = None

    def wraps(self, node: ast.expr, minimum: int) -> bool:
        """Whether an operand gets parentheses where `minimum` binds without."""
        if precedence(node) < minimum:
            return True
        if self.kept is None or isinstance(node, _BRACKETED):
            return False
        return self.kept(node)

    def wraps_value(self, node: ast.expr) -> bool:
        """Whether what is called or subscripted does."""
        return self.wraps(node, ATOM)

    def wraps_owner(self, node: ast.expr) -> bool:
        """The same before a dot, where a number would swallow it."""
        if isinstance(node, ast.Constant) and type(node.value) in (int, float, complex):
            return True
        if dotted_name(node) is not None:
            return False  # the parts of `math.pi` have the place of the whole
        return self.wraps_value(node)

    def wraps_signed(self, node: ast.UnaryOp) -> bool:
        """Whether what a sign stands before does: a power always, to be clear."""
        operand = node.operand
        is_power = isinstance(operand, ast.BinOp) and isinstance(operand.op, ast.Pow)
        return is_power or self.wraps(operand, precedence(node))

    def flatten(self, node: ast.expr) -> list[Part]:
        """Operands and operators of a binary expression, outer and inner, in order.

        Comparisons are all alike, and so are `and` and `or`, which break together.
        """
        parts: list[Part] = []
        self._flatten(node, parts)
        return parts

    def _flatten(self, node: ast.expr, parts: list[Part]) -> None:
        if isinstance(node, ast.BinOp):
            symbol, level = BINARY[type(node.op)]
            left = level + 1 if level == POWER else level
            right = UNARY if level == POWER else level + 1
            self._flatten_operand(node.left, left, parts)
            parts.append(Operator(symbol, level))
            self._flatten_operand(node.right, right, parts)
        elif isinstance(node, ast.Compare):
            self._flatten_operand(node.left, COMPARISON + 1, parts)
            for op, right_node in zip(node.ops, node.comparators, strict=True):
                parts.append(Operator(COMPARE[type(op)], COMPARISON))
                self._flatten_operand(right_node, COMPARISON + 1, parts)
        elif isinstance(node, ast.BoolOp):
            level = precedence(node)
            for index, value in enumerate(node.values):
                if index:
                    parts.append(Operator("or" if level == OR else "and", AND))
                self._flatten_operand(value, level + 1, parts)

    def _flatten_operand(self, node: ast.expr, minimum: int, parts: list[Part]) -> None:
        if self.wraps(node, minimum):
            parts.append(Operand(node, True))
        elif isinstance(node, (ast.BinOp, ast.Compare, ast.BoolOp)):
            self._flatten(node, parts)
        else:
            parts.append(Operand(node, False))
