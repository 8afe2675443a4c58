"""How tightly expressions bind, and the signs they bind with."""

from __future__ import annotations

import ast

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
