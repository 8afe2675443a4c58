"""f-strings, in the quotes that Python 3.10 allows.

There, an expression inside may hold neither the quotes around it nor a backslash. A
tree that cannot be written so (a newer Python can parse it) becomes a call of
`str.format`, which means the same.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from modelspec.layout.document import flat_text
from modelspec.layout.literals import (
    QUOTES,
    UnquotableError,
    escape,
    preferred_quote,
)

if TYPE_CHECKING:
    from modelspec.layout.expressions import Expressions

Inner = Callable[[tuple[str, ...]], "Expressions"]


def f_string_text(node: ast.JoinedStr, quotes: tuple[str, ...], inner: Inner) -> str:
    """An f-string in one of the quotes at hand; `inner` lays out what it holds."""
    first = preferred_quote(_literal_text(node))
    ordered = sorted(quotes, key=lambda quote: (len(quote), quote != first))
    for quote in ordered:
        left = tuple(
            other for other in quotes if quote not in other and len(other) <= len(quote)
        )
        try:
            text = _parts(node, quote, inner(left))
        except UnquotableError:
            continue
        if quotes is QUOTES or "\\" not in text:
            return f"f{quote}{text}{quote}"
    if quotes is QUOTES:
        return _format_call(node, inner(QUOTES))
    raise UnquotableError


def _literal_text(node: ast.JoinedStr) -> str:
    return "".join(
        part.value
        for part in node.values
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    )


def _parts(node: ast.JoinedStr, quote: str, expressions: Expressions) -> str:
    return "".join(_part(part, quote, expressions) for part in node.values)


def _part(part: ast.expr, quote: str, expressions: Expressions) -> str:
    if isinstance(part, ast.FormattedValue):
        return _field(
            part, quote, flat_text(expressions.layout(part.value)), expressions
        )
    assert isinstance(part, ast.Constant)
    return escape(str(part.value), quote).replace("{", "{{").replace("}", "}}")


def _field(
    part: ast.FormattedValue, quote: str, value: str, expressions: Expressions
) -> str:
    """One replacement field; `quote` escapes what its format holds."""
    if value.startswith("{"):
        value = f" {value} "
    if quote in value:
        raise UnquotableError
    text = "{" + value
    if part.conversion != -1:
        text += "!" + chr(part.conversion)
    if isinstance(part.format_spec, ast.JoinedStr):
        text += ":" + _parts(part.format_spec, quote, expressions)
    return text + "}"


def _format_call(node: ast.JoinedStr, expressions: Expressions) -> str:
    """The same text by `str.format`, whose arguments may hold any string."""
    template, values = _template(node)
    quote = preferred_quote(template)
    arguments = (flat_text(expressions.layout(value)) for value in values)
    return f"{quote}{escape(template, quote)}{quote}.format({', '.join(arguments)})"


def _template(node: ast.JoinedStr) -> tuple[str, list[ast.expr]]:
    text = ""
    values: list[ast.expr] = []
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            values.append(part.value)
            text += "{" + (f"!{chr(part.conversion)}" if part.conversion != -1 else "")
            if isinstance(part.format_spec, ast.JoinedStr):
                spec, more = _template(part.format_spec)
                text += ":" + spec
                values += more
            text += "}"
        elif isinstance(part, ast.Constant):
            text += str(part.value).replace("{", "{{").replace("}", "}}")
    return text, values
