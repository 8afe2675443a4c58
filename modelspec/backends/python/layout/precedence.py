"""How tightly an expression binds, and where it therefore needs parentheses.

What needs none gets none; what does is told here, so that the text parses back to the
same tree.
"""

from __future__ import annotations

import ast
from typing import NamedTuple, TypeAlias

ANY = 0
CONDITIONAL = 1
OR = 2
AND = 3
NOT = 4
COMPARISON = 5
BIT_OR = 6
BIT_XOR = 7
BIT_AND = 8
SHIFT = 9
SUM = 10
TERM = 11
UNARY = 12
POWER = 13
ATOM = 15

BINARY: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: ("+", SUM),
    ast.Sub: ("-", SUM),
    ast.Mult: ("*", TERM),
    ast.MatMult: ("@", TERM),
    ast.Div: ("/", TERM),
    ast.Mod: ("%", TERM),
    ast.FloorDiv: ("//", TERM),
    ast.LShift: ("<<", SHIFT),
    ast.RShift: (">>", SHIFT),
    ast.BitOr: ("|", BIT_OR),
    ast.BitXor: ("^", BIT_XOR),
    ast.BitAnd: ("&", BIT_AND),
    ast.Pow: ("**", POWER),
}
COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
UNARY_SYMBOL: dict[type[ast.unaryop], str] = {
    ast.UAdd: "+",
    ast.USub: "-",
    ast.Invert: "~",
    ast.Not: "not ",
}


def precedence(node: ast.expr) -> int:
    """How tightly the outermost operator of an expression binds."""
    kind = type(node)
    if kind in (ast.Name, ast.Attribute, ast.Call, ast.Subscript):
        return ATOM
    if isinstance(node, ast.BinOp):
        return BINARY[type(node.op)][1]
    if isinstance(node, ast.BoolOp):
        return OR if isinstance(node.op, ast.Or) else AND
    if isinstance(node, ast.UnaryOp):
        return NOT if isinstance(node.op, ast.Not) else UNARY
    if isinstance(node, ast.Constant):
        return UNARY if _is_negative(node.value) else ATOM
    if kind is ast.Compare:
        return COMPARISON
    if kind is ast.IfExp:
        return CONDITIONAL
    if kind is ast.Starred:
        return ANY
    return ATOM


def _is_negative(value: object) -> bool:
    """Only in trees made by hand: a parser reads `-1` as an operator and `1`."""
    if isinstance(value, complex):
        return str(value)[0] in "(-"
    return isinstance(value, (int, float)) and str(value)[0] == "-"


def value_is_wrapped(node: ast.expr) -> bool:
    """Whether what is called, subscripted or asked for an attribute gets parentheses."""
    return precedence(node) < ATOM


def owner_is_wrapped(node: ast.expr) -> bool:
    """The same before a dot, where a number would swallow it."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float, complex):
        return True
    return value_is_wrapped(node)


def operand_is_wrapped(node: ast.UnaryOp) -> bool:
    """Whether what a sign stands before gets parentheses: a power does, to be clear."""
    operand = node.operand
    is_power = isinstance(operand, ast.BinOp) and isinstance(operand.op, ast.Pow)
    return is_power or precedence(operand) < precedence(node)


class Operand(NamedTuple):
    """An operand, and whether it stands in parentheses."""

    node: ast.expr
    wrapped: bool


class Operator(NamedTuple):
    """An operator between two operands, and how tightly it binds."""

    symbol: str
    level: int


Part: TypeAlias = Operand | Operator


def flatten(node: ast.expr) -> list[Part]:
    """Operands and operators of a binary expression, outer and inner, in order of text.

    Comparisons are all alike, and so are `and` and `or`, which break together.
    """
    parts: list[Part] = []
    _flatten(node, parts)
    return parts


def _flatten(node: ast.expr, parts: list[Part]) -> None:
    if isinstance(node, ast.BinOp):
        symbol, level = BINARY[type(node.op)]
        left = level + 1 if level == POWER else level
        right = UNARY if level == POWER else level + 1
        _flatten_operand(node.left, left, parts)
        parts.append(Operator(symbol, level))
        _flatten_operand(node.right, right, parts)
    elif isinstance(node, ast.Compare):
        _flatten_operand(node.left, COMPARISON + 1, parts)
        for op, right_node in zip(node.ops, node.comparators, strict=True):
            parts.append(Operator(COMPARE[type(op)], COMPARISON))
            _flatten_operand(right_node, COMPARISON + 1, parts)
    elif isinstance(node, ast.BoolOp):
        level = precedence(node)
        for index, value in enumerate(node.values):
            if index:
                parts.append(Operator("or" if level == OR else "and", AND))
            _flatten_operand(value, level + 1, parts)


def _flatten_operand(node: ast.expr, minimum: int, parts: list[Part]) -> None:
    if precedence(node) < minimum:
        parts.append(Operand(node, True))
    elif isinstance(node, (ast.BinOp, ast.Compare, ast.BoolOp)):
        _flatten(node, parts)
    else:
        parts.append(Operand(node, False))
