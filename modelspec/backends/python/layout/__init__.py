"""Prints Python trees as `ruff format` would leave them: 88 columns, Python 3.10.

Comes in: `ast` nodes, the comments among them (lines and columns in the coordinates of
the nodes), and how their author spelled numbers. Goes out: text that parses back to the
same tree. It never runs a formatter, and decides nothing but layout.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from modelspec.backends.python.layout.document import flat_text
from modelspec.backends.python.layout.expressions import Expressions, Spelling
from modelspec.backends.python.layout.headers import Headers
from modelspec.backends.python.layout.statements import Statements, render_line
from modelspec.pysubset.comments import Comment

__all__ = ["Comment", "Spelling", "print_expression", "print_module", "print_statements"]


def print_expression(
    node: ast.expr,
    *,
    indent: int = 0,
    prefix: str = "",
    suffix: str = "",
    spelling: Spelling | None = None,
) -> str:
    """An expression, all of it on the lines of one statement `prefix` ... `suffix`."""
    doc = (prefix, Expressions(spelling).standalone(node), suffix)
    return "\n".join(render_line(doc, indent))


def print_flat(node: ast.expr, *, spelling: Spelling | None = None) -> str:
    """An expression on one line, however long."""
    return flat_text(Expressions(spelling).layout(node))


def print_statements(
    body: Sequence[ast.stmt],
    *,
    indent: int = 0,
    comments: Sequence[Comment] = (),
    spelling: Spelling | None = None,
) -> list[str]:
    """The lines of a function's body."""
    statements = Statements(Headers(Expressions(spelling)), comments)
    return statements.block(body, indent, parent=None).lines


def print_module(
    module: ast.Module,
    *,
    comments: Sequence[Comment] = (),
    spelling: Spelling | None = None,
) -> str:
    """A whole file, its last newline included."""
    statements = Statements(Headers(Expressions(spelling)), comments)
    lines = statements.block(module.body, 0, parent=module).lines
    return "".join(line + "\n" for line in lines)
