"""Expressions: one Python expression, or the target of an assignment."""

from __future__ import annotations

import ast

from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.span import Fragment
from modelspec.policy import Limits
from modelspec.pysubset.check import Mode, check_expression, check_target
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


def parse_target(fragment: Fragment, report: Report, limits: Limits) -> ast.expr | None:
    """What may stand between `for` and `in`, or left of `=`."""
    target = _parse(fragment, report, limits)
    if target is None:
        return None
    for node in ast.walk(target):
        if isinstance(node, (ast.Name, ast.Tuple, ast.List, ast.Starred)):
            node.ctx = ast.Store()
    if not check_target(target, Mode.EXPRESSION, fragment.source, report, limits):
        return None
    return target


def _parse(fragment: Fragment, report: Report, limits: Limits) -> ast.expr | None:
    inner = fragment.strip()
    if not inner.text:
        report.error("missing-expression", "expected an expression", fragment.span())
        return None
    if not is_short(inner, limits.expression_characters, "an expression", report):
        return None
    tree = parse_text(inner, report, limits, mode="eval")
    return None if tree is None else tree.body
