"""Docstrings, indented with the code around them."""

from __future__ import annotations

import ast
import re

from modelspec.layout.literals import escape_character

_QUOTE_RUNS = re.compile(r'^"|"{3,}|"+$')


def docstring_value(node: ast.stmt) -> str | None:
    """The text of a statement that would be the docstring of its body."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Constant):
        return None
    value = node.value.value
    return value if isinstance(value, str) else None


def docstring_lines(text: str, indent: int) -> list[str]:
    """The docstring in its quotes.

    Lines after the first are moved as one, no line ends in blanks, and the closing
    quotes keep a line of their own if they had one.
    """
    first, *rest = [line.rstrip() for line in text.split("\n")]
    first = first.lstrip()
    rest = _dedent(rest)
    while rest and not rest[-1] and (len(rest) > 1 and not rest[-2]):
        rest.pop()
    if not first and not any(rest):
        return [" " * indent + '""" """']
    margin = " " * indent
    body = _escape("\n".join([first, *rest]))
    lines = ('"""' + body).split("\n")
    lines = [margin + line if line else "" for line in lines]
    if not lines[-1]:
        lines[-1] = margin
    lines[-1] += '"""'
    return lines


def _dedent(lines: list[str]) -> list[str]:
    expanded = [_expand(line) for line in lines]
    widths = [len(line) - len(line.lstrip()) for line in expanded if line]
    margin = min(widths, default=0)
    return [line[margin:] for line in expanded]


def _expand(line: str) -> str:
    body = line.lstrip()
    return line[: len(line) - len(body)].expandtabs(8) + body


def _escape(text: str) -> str:
    """The text between triple quotes: newlines stay, all else unseen is escaped."""
    text = "".join("\n" if char == "\n" else escape_character(char) for char in text)
    return _QUOTE_RUNS.sub(lambda run: '\\"' * len(run[0]), text)
