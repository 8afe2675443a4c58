"""What operators make of values, and which they refuse."""

from __future__ import annotations

import ast

from modelspec.analysis.values.held import (
    FLOAT,
    INT,
    NUMBERS,
    TENSOR,
    TEXT,
    UNKNOWN,
    Held,
)
from modelspec.analysis.values.modules import container_kind

SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
}
DIVIDES = (ast.Div, ast.FloorDiv, ast.Mod)


def is_single(held: Held) -> bool:
    """Whether a value has no items: a number, None, a module that is no container."""
    if held.what in NUMBERS or held.what == "none":
        return True
    made = held.made
    if held.what != "module" or made is None:
        return False
    return container_kind(made) is None


def is_refused(op: ast.operator, left: Held, right: Held) -> bool:
    both = (left.what, right.what)
    if _is_layer(left) or _is_layer(right) or "none" in both:
        return True
    if "unknown" in both:
        return False
    if "str" in both and left.what != right.what:
        return isinstance(op, ast.Add) or "tensor" in both
    if "tuple" in both and ("tensor" in both or NUMBERS & set(both)):
        return isinstance(op, ast.Add | ast.Sub | ast.Div | ast.MatMult) or (
            "tensor" in both and bool(left.said or right.said)
        )
    return False


def _is_layer(held: Held) -> bool:
    return held.what == "module" and is_single(held)


def operand_help(held: Held) -> str:
    if held.what == "module" and held.said:
        return f"call it: `{held.said}(...)`"
    if held.what == "tuple" and held.said:
        return "take it apart first: `y, _ = ...`"
    return ""


def result_of(op: ast.operator, left: Held, right: Held) -> Held:
    both = {left.what, right.what}
    if "tensor" in both:
        return TENSOR
    if both <= {"int", "bool"} and not isinstance(op, ast.Pow | ast.Div):
        return INT if both == {"int"} else UNKNOWN
    if both <= NUMBERS and not isinstance(op, ast.Pow):
        return FLOAT
    if left.what == "str" and isinstance(op, ast.Mod | ast.Add):
        return TEXT
    if both == {"tuple"} and isinstance(op, ast.Add):
        known = left.items is not None and right.items is not None
        return Held(
            "tuple", (*(left.items or ()), *(right.items or ())) if known else None
        )
    return Held("list") if both == {"list"} else UNKNOWN
