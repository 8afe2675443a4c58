"""Types of params, read from a parsed expression (`list[int]`, `int | None`).

In: an ast. Out: a `TypeExpression`, or None with a diagnostic. Also what type a
default value has where none is written.
"""

from __future__ import annotations

import ast

from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.span import Source, Span
from modelspec.diagnostics.suggest import suggest
from modelspec.program.ir import TypeExpression
from modelspec.pysubset import span_of

PLAIN = ("int", "float", "bool", "str", "layer", "module", "children", "dtype", "any")
GENERIC = ("list", "tuple", "dict")
NAMES = (*PLAIN, *GENERIC, "None")


def is_type(node: ast.expr) -> bool:
    """Whether an expression has the form of a type and names only types."""
    match node:
        case ast.Constant(value=None):
            return True
        case ast.Name(id=name):
            return name in NAMES
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return is_type(left) and is_type(right)
        case ast.Subscript(value=ast.Name(id=name)):
            return name in GENERIC
        case _:
            return False


def read_type(node: ast.expr, source: Source, report: Report) -> TypeExpression | None:
    """The type an expression names."""
    match node:
        case ast.Constant(value=None) | ast.Name(id="None"):
            return TypeExpression("None")
        case ast.Name(id=name) if name in NAMES:
            return TypeExpression(name)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _union(
                read_type(left, source, report), read_type(right, source, report)
            )
        case ast.Subscript(value=ast.Name(id=name), slice=inside) if name in GENERIC:
            return _generic(name, inside, source, report)
    unknown_type(ast.unparse(node), span_of(node, source), report)
    return None


def type_of_value(node: ast.expr) -> TypeExpression:
    """The type of a default that was written without one."""
    match node:
        case ast.Constant(value=None):
            return TypeExpression("any")
        case ast.Constant(value=value):
            return TypeExpression(type(value).__name__)
        case ast.UnaryOp(operand=operand):
            return type_of_value(operand)
        case ast.Attribute(value=ast.Name(id="math")):
            return TypeExpression("float")
        case ast.List(elts=items):
            return TypeExpression("list", _common([type_of_value(i) for i in items]))
        case ast.Tuple(elts=items):
            inner = _common([type_of_value(i) for i in items])
            return TypeExpression("tuple", inner, variadic=bool(inner))
        case ast.Dict(values=values):
            return TypeExpression("dict", _common([type_of_value(v) for v in values]))
        case _:
            return TypeExpression("any")


def _common(types: list[TypeExpression]) -> tuple[TypeExpression, ...]:
    found = set(types)
    if found == {TypeExpression("int"), TypeExpression("float")}:
        return (TypeExpression("float"),)
    return (types[0],) if len(found) == 1 else ()


def _union(
    left: TypeExpression | None, right: TypeExpression | None
) -> TypeExpression | None:
    if left is None or right is None:
        return None
    members = [
        member
        for side in (left, right)
        for member in (side.arguments if side.name == "union" else (side,))
    ]
    return TypeExpression("union", tuple(dict.fromkeys(members)))


def _generic(
    name: str, inside: ast.expr, source: Source, report: Report
) -> TypeExpression | None:
    parts = list(inside.elts) if isinstance(inside, ast.Tuple) else [inside]
    variadic = isinstance(parts[-1], ast.Constant) and parts[-1].value is ...
    if variadic:
        parts.pop()
    if name == "dict" and len(parts) == 2:
        parts = parts[1:]
    types = [read_type(part, source, report) for part in parts]
    if any(one is None for one in types):
        return None
    known = tuple(one for one in types if one is not None)
    if name in ("list", "dict") and (len(known) != 1 or variadic):
        form = "list[T]" if name == "list" else "dict[str, T]"
        report.error(
            "unknown-type", f"the form of this type is {form}", span_of(inside, source)
        )
        return None
    return TypeExpression(name, known, variadic)


def unknown_type(text: str, span: Span, report: Report) -> None:
    """Reports a text that stands where a type does and is none."""
    from modelspec.catalog.foreign import type_meant

    nearest = type_meant(text) or suggest(text, NAMES)
    report.error(
        "unknown-type",
        f"'{text}' is no type of a param",
        span,
        meant=nearest,
        help=(
            f"types: {', '.join(PLAIN)}, list[T], tuple[T, ...], dict[str, T], A | B",
            "a text as default is quoted, if it could be taken for a type",
        ),
    )
