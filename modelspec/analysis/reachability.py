"""Pass: statements that nothing reaches, in methods and functions.

What stands behind a `return`, `raise`, `break` or `continue`, behind an `if` all of
whose branches end so, or behind a `while True` without a `break`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from modelspec.analysis.facts import Facts, Text, text_statements
from modelspec.diagnostics.diagnostic import Diagnostic, Label, Report
from modelspec.diagnostics.span import Span
from modelspec.pysubset import span_of

_ENDS = (ast.Return, ast.Raise, ast.Break, ast.Continue)


def check_reachability(facts: Facts) -> Iterator[Diagnostic]:
    report = Report()
    for text in facts.texts:
        if text.arguments is not None:
            _check(text_statements(text), text, report)
    yield from report.found


def _check(body: Sequence[ast.stmt], text: Text, report: Report) -> None:
    for at, one in enumerate(body):
        for inner in _bodies(one):
            _check(inner, text, report)
        if ends(one) and at + 1 < len(body):
            report.warning(
                "unreachable-code",
                "nothing comes to this statement",
                span_of(body[at + 1], text.source),
                labels=(Label(_head(one, text), "it ends here"),),
            )
            return


def _head(node: ast.stmt, text: Text) -> Span:
    """A statement, without what stands in it."""
    match node:
        case ast.If() | ast.While():
            return span_of(node.test, text.source)
        case ast.With():
            return span_of(node.items[0].context_expr, text.source)
    return span_of(node, text.source)


def _bodies(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse"):
        inner = getattr(node, name, None)
        if isinstance(inner, list):
            yield inner


def ends(node: ast.stmt) -> bool:
    """Whether nothing that follows a statement in its body is run."""
    match node:
        case ast.If(body=body, orelse=orelse):
            return bool(orelse) and ends_in(body) and ends_in(orelse)
        case ast.With(body=body):
            return ends_in(body)
        case ast.While(test=ast.Constant(value=value), body=body) if value:
            return not any(_breaks(one) for one in body)
    return isinstance(node, _ENDS)


def ends_in(body: Sequence[ast.stmt]) -> bool:
    return any(ends(one) for one in body)


def _breaks(node: ast.AST) -> bool:
    """Whether a statement leaves the loop it stands in."""
    if isinstance(node, ast.Break):
        return True
    if isinstance(node, ast.For | ast.While):
        return any(_breaks(one) for one in node.orelse)
    return any(_breaks(one) for one in ast.iter_child_nodes(node))
