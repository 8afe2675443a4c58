"""Prints Python trees as `ruff format` would leave them: 88 columns, Python 3.10.

Comes in: `ast` nodes; the comments among them (lines and columns in the coordinates of
the nodes); what a tree does not hold, from callers that know the source: `spelling`
tells how a number was written, `kept` whether an operand stood in parentheses. Goes
out: text that parses back to the same tree. No formatter is run; nothing but layout is
decided.

Where nobody tells what the source did, the printer chooses, and `ruff format` leaves
the choice alone: parentheses only where they are needed; a tuple without any when
returned or unpacked, with them elsewhere, and one item a line when it is broken; every
string as one token, however long; `else: if` as written where columns tell, else
`elif`; no blank line at the beginning of a block or before an `else`.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from modelspec.layout.document import STEP, flat_text
from modelspec.layout.expressions import Expressions, Spelling
from modelspec.layout.headers import Headers
from modelspec.layout.statements import Statements, render_line
from modelspec.layout.wrapping import Kept
from modelspec.pysubset.body import Comment

__all__ = [
    "Comment",
    "Kept",
    "Spelling",
    "print_expression",
    "print_line",
    "print_module",
    "print_statements",
]


def print_expression(
    node: ast.expr,
    *,
    indent: int = 0,
    prefix: str = "",
    suffix: str = "",
    step: int = STEP,
    spelling: Spelling | None = None,
    kept: Kept | None = None,
) -> str:
    """An expression, all of it on the lines of one statement `prefix` ... `suffix`.

    What is broken is indented by `step`.
    """
    doc = (prefix, Expressions(spelling, kept).standalone(node), suffix)
    return "\n".join(render_line(doc, indent, step))


def print_line(
    node: ast.expr, *, spelling: Spelling | None = None, kept: Kept | None = None
) -> str:
    """An expression on one line, however long."""
    return flat_text(Expressions(spelling, kept).standalone(node))


def print_statements(
    body: Sequence[ast.stmt],
    *,
    indent: int = 0,
    comments: Sequence[Comment] = (),
    spelling: Spelling | None = None,
    kept: Kept | None = None,
) -> list[str]:
    """The lines of a function's body."""
    statements = Statements(Headers(Expressions(spelling, kept)), comments)
    return statements.block(body, indent, parent=None).lines


def print_module(
    module: ast.Module,
    *,
    comments: Sequence[Comment] = (),
    spelling: Spelling | None = None,
    kept: Kept | None = None,
) -> str:
    """A whole file, its last newline included."""
    statements = Statements(Headers(Expressions(spelling, kept)), comments)
    lines = statements.block(module.body, 0, parent=module).lines
    return "".join(line + "\n" for line in lines)
