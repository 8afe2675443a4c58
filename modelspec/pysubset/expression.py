"""Texts that are one Python expression."""

from __future__ import annotations

import ast

from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.span import Fragment
from modelspec.policy import Limits
from modelspec.pysubset.check import check_expression
from modelspec.pysubset.check_expressions import Mode
from modelspec.pysubset.grammar import is_short, parse_text


def parse_expression(
    fragment: Fragment, report: Report, limits: Limits
) -> ast.expr | None:
    """A checked expression with the file's positions, or None and a report."""
    expression = _parse(fragment, report, limits)
    if expression is None:
        return None
    source = fragment.source
    if not check_expression(expression, Mode.EXPRESSION, source, report, limits):
        return None
    return expression


def _parse(fragment: Fragment, report: Report, limits: Limits) -> ast.expr | None:
    inner = fragment.strip()
    if not inner.text:
        report.error("missing-expression", "expected an expression", fragment.span())
        return None
    if not is_short(inner, limits.expression_characters, "an expression", report):
        return None
    tree = parse_text(inner, report, limits, mode="eval")
    return None if tree is None else tree.body
