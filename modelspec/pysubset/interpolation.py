"""Strings with `${...}` in them.

`$${` is a literal `${`. A text that is one `${...}` is that expression itself, of
whatever type; any other text with expressions in it is an f-string (`JoinedStr`).
"""

from __future__ import annotations

import ast
from typing import TypeVar

from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.span import Fragment
from modelspec.policy import Limits
from modelspec.pysubset.expression import parse_expression
from modelspec.pysubset.scan import closing_brace

_Node = TypeVar("_Node", bound=ast.expr)


def has_interpolation(text: str) -> bool:
    """Whether a text must go through `parse_interpolated` (`$${` counts too)."""
    return "${" in text


def parse_interpolated(
    fragment: Fragment, report: Report, limits: Limits
) -> ast.expr | None:
    parts = _parts(fragment, report, limits)
    if parts is None:
        return None
    if not parts:
        return _constant("", fragment)
    if len(parts) == 1:
        only = parts[0]
        return only.value if isinstance(only, ast.FormattedValue) else only
    return _placed(ast.JoinedStr(list(parts)), fragment)


def _parts(
    fragment: Fragment, report: Report, limits: Limits
) -> list[ast.Constant | ast.FormattedValue] | None:
    """The text cut into literal pieces and expressions."""
    text = fragment.text
    parts: list[ast.Constant | ast.FormattedValue] = []
    literal: list[str] = []
    began = at = 0
    sound = True

    def end_literal(stop: int) -> None:
        written = "".join(literal)
        if written:
            parts.append(_constant(written, fragment.part(began, stop)))
        literal.clear()

    while (found := text.find("${", at)) >= 0:
        if found > at and text[found - 1] == "$":
            literal.append(text[at : found - 1] + "${")
            at = found + 2
            continue
        literal.append(text[at:found])
        end = closing_brace(text, found + 2)
        if end is None:
            message = "`${` is never closed"
            span = fragment.span(found, found + 2)
            advice = "close it with `}`, or write `$${` for the characters themselves"
            report.error("unclosed-interpolation", message, span, help=advice)
            return None
        end_literal(found)
        value = _value(fragment.part(found, end + 1), report, limits)
        if value is None:
            sound = False
        else:
            parts.append(value)
        at = began = end + 1
    literal.append(text[at:])
    end_literal(len(text))
    return parts if sound else None


def _value(
    whole: Fragment, report: Report, limits: Limits
) -> ast.FormattedValue | None:
    inner = whole.part(2, len(whole.text) - 1)
    if not inner.text.strip():
        message = "expected an expression between `${` and `}`"
        report.error("missing-expression", message, whole.span())
        return None
    expression = parse_expression(inner, report, limits)
    if expression is None:
        return None
    return _placed(ast.FormattedValue(expression, -1, None), whole)


def _constant(text: str, fragment: Fragment) -> ast.Constant:
    return _placed(ast.Constant(text), fragment)


def _placed(node: _Node, fragment: Fragment) -> _Node:
    span, source = fragment.span(), fragment.source
    node.lineno, node.col_offset = source.byte_column(span.start)
    node.end_lineno, node.end_col_offset = source.byte_column(span.end)
    return node
