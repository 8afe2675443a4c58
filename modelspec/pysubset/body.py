"""The texts of `forward`, `methods`, `init` and `functions`.

A body is statements, or one expression, or one `def` with nothing around it but
comments. What comes out is the same for all three: checked statements with the
file's positions, the arguments where there was a `def`, and the comments, which an
ast does not keep.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize

from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.span import Fragment, Source
from modelspec.policy import Limits
from modelspec.pysubset.check import check_definition, check_statements
from modelspec.pysubset.check_expressions import Mode
from modelspec.pysubset.grammar import is_short, parse_text
from modelspec.pysubset.place import Placement, span_of, span_of_word
from modelspec.records import dataclass


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment with its `#`; line from 1 and byte column from 0, as in an ast.

    `own_line` is true where nothing stands before it on its line.
    """

    line: int
    column: int
    text: str
    own_line: bool


@dataclass(frozen=True, slots=True)
class Body:
    """What a text does.

    `arguments`, `name` and `returns` (the annotation after `->`) are those of its
    `def` line, if it has one. A text that is one expression is a `Return` of it.
    """

    arguments: ast.arguments | None
    name: str | None
    statements: tuple[ast.stmt, ...]
    comments: tuple[Comment, ...]
    returns: ast.expr | None


@dataclass(frozen=True, slots=True)
class Function:
    """An entry of `functions`."""

    definition: ast.FunctionDef
    comments: tuple[Comment, ...]


def parse_body(
    fragment: Fragment, report: Report, limits: Limits, *, mode: Mode = Mode.FORWARD
) -> Body | None:
    """A checked body, with holes for what was reported, or None and a report.

    In `init` one expression is run and not returned.
    """
    tree = _parse(fragment, report, limits)
    if tree is None:
        return None
    source = fragment.source
    comments = _comments(fragment)
    definition = _definition(tree, fragment, report)
    if definition is not None:
        if not check_definition(definition, mode, source, report, limits):
            return None
        statements, named = tuple(definition.body), definition
        return Body(named.args, named.name, statements, comments, named.returns)
    if _report_stray(tree, fragment, report):
        return None
    if not check_statements(tree.body, mode, source, report, limits):
        return None
    statements = tuple(tree.body)
    if mode is not Mode.INIT and len(statements) == 1:
        statements = (_returned(statements[0], source),)
    return Body(None, None, statements, comments, None)


def parse_function(
    fragment: Fragment, report: Report, limits: Limits
) -> Function | None:
    """A checked function of the `functions` key, as `parse_body` a body."""
    tree = _parse(fragment, report, limits)
    if tree is None:
        return None
    definition = _definition(tree, fragment, report)
    if definition is None:
        if not _report_stray(tree, fragment, report):
            span = span_of_word(tree.body[0], fragment.source)
            advice = "write `def name(...):` and the statements under it"
            message = "expected one `def`"
            report.error("expected-def", message, span, help=advice)
        return None
    mode, source = Mode.FUNCTION, fragment.source
    if not check_definition(definition, mode, source, report, limits):
        return None
    return Function(definition, _comments(fragment))


def read_statements(
    fragment: Fragment, report: Report, limits: Limits
) -> tuple[tuple[ast.stmt, ...], tuple[Comment, ...]] | None:
    """The statements of a text as they stand, and its comments; nothing is checked."""
    tree = _parse(fragment, report, limits)
    return None if tree is None else (tuple(tree.body), _comments(fragment))


def _parse(fragment: Fragment, report: Report, limits: Limits) -> ast.Module | None:
    text = fragment.text
    if "\n" not in text.strip():
        fragment = fragment.strip()
    if not is_short(fragment, limits.function_characters, "this text", report):
        return None
    tree = parse_text(fragment, report, limits, mode="exec")
    if tree is not None and not tree.body:
        message = "expected statements or an expression"
        report.error("missing-expression", message, fragment.span())
        return None
    return tree


def _definition(
    tree: ast.Module, fragment: Fragment, report: Report
) -> ast.FunctionDef | None:
    only = tree.body[0]
    if len(tree.body) == 1 and isinstance(only, ast.FunctionDef):
        return only
    return None


def _report_stray(tree: ast.Module, fragment: Fragment, report: Report) -> bool:
    """Whether there is a `def` with something around it."""
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    if not found:
        return False
    others = [node for node in tree.body if node is not found[0]]
    message = f"nothing may stand around `def {found[0].name}`"
    advice = "a text holds one `def`; further ones are entries of their own"
    span = span_of_word(others[0], fragment.source)
    report.error("code-around-def", message, span, help=advice)
    return True


def _returned(statement: ast.stmt, source: Source) -> ast.stmt:
    """A `return` of the one expression; a docstring alone computes nothing."""
    if not isinstance(statement, ast.Expr):
        return statement
    if span_of(statement, source).text.startswith(('"""', "'''")):
        return statement
    return ast.copy_location(ast.Return(statement.value), statement)


def _comments(fragment: Fragment) -> tuple[Comment, ...]:
    text = fragment.text
    if "#" not in text:
        return ()
    placement = Placement(fragment)
    lines = re.split(r"\r\n|\r|\n", text)
    found: list[Comment] = []
    reader = io.StringIO("\n".join(lines) + "\n").readline
    try:
        for token in tokenize.generate_tokens(reader):
            if token.type == tokenize.COMMENT:
                line, column = token.start
                before = lines[line - 1][:column]
                place = placement.first(line, len(before.encode(errors="replace")))
                found.append(Comment(*place, token.string, not before.strip()))
    except (tokenize.TokenError, SyntaxError, IndexError):
        # Python has parsed the text; a comment that its own tokenizer cannot find
        # again is left out.
        return tuple(found)
    return tuple(found)
