"""Trees to lines: the layout printer with the spelling of one spec file.

Comes in: statements, signatures, expressions. Goes out: text at an indentation. A
number is spelled as its author did where the file says the same number at that place,
and an operand keeps its parentheses.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from modelspec.diagnostics.span import Source
from modelspec.layout import print_expression, print_line, print_statements
from modelspec.pysubset import number_spelling, span_of
from modelspec.pysubset.body import Comment


class Printer:
    def __init__(self, source: Source | None) -> None:
        self.source = source

    def statements(
        self,
        body: Sequence[ast.stmt],
        indent: int,
        comments: Sequence[Comment] = (),
    ) -> str:
        lines = print_statements(
            body,
            indent=indent,
            comments=comments,
            spelling=self.spelling,
            kept=self.kept,
        )
        return "\n".join(lines)

    def expression(
        self, node: ast.expr, indent: int, prefix: str = "", suffix: str = ""
    ) -> str:
        return print_expression(
            node,
            indent=indent,
            prefix=prefix,
            suffix=suffix,
            spelling=self.spelling,
            kept=self.kept,
        )

    def lines(
        self, node: ast.expr, indent: int, prefix: str, suffix: str, step: int
    ) -> list[str]:
        """An expression that does not stand among statements, indented by `step`."""
        text = print_expression(
            node,
            indent=indent,
            prefix=prefix,
            suffix=suffix,
            step=step,
            spelling=self.spelling,
            kept=self.kept,
        )
        return text.split("\n")

    def line(self, node: ast.expr) -> str:
        """An expression on one line, however long."""
        return print_line(node, spelling=self.spelling, kept=self.kept)

    def signature(
        self,
        name: str,
        arguments: ast.arguments,
        returns: ast.expr | None,
        indent: int,
    ) -> str:
        """`def name(...) -> returns:`"""
        definition = ast.FunctionDef(name, arguments, [ast.Pass()], [], returns)
        lines = self.statements([definition], indent).split("\n")
        return "\n".join(lines[:-1])

    def spelling(self, node: ast.Constant) -> str | None:
        """How the file spells a number, if it stands there."""
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            return None
        text = None
        if self.source is not None and getattr(node, "end_lineno", None) is not None:
            text = number_spelling(node, self.source)
        if text is not None and _same_number(text, node.value):
            return text
        return _plain(node.value)

    def kept(self, node: ast.expr) -> bool:
        """Whether parentheses stand around an operand in the file."""
        if self.source is None or getattr(node, "end_lineno", None) is None:
            return False
        span = span_of(node, self.source)
        text, near = self.source.text, 200
        before = text[max(0, span.start - near) : span.start].rstrip()
        after = text[span.end : span.end + near].lstrip()
        return before.endswith("(") and after.startswith(")")


def _same_number(text: str, value: float) -> bool:
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return False
    return type(found) is type(value) and bool(found == value)


def _plain(value: float) -> str | None:
    """`1e-5`, not `1e-05`."""
    text = repr(value)
    mantissa, sign, exponent = text.partition("e")
    if not sign or not exponent.lstrip("+-").isdigit():
        return None
    return f"{mantissa}e{int(exponent)}"
