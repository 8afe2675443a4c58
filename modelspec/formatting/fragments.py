"""The Python inside a spec, in the layout of `ruff format`.

In: the text of a scalar and its role. Out: a `Fragment`, which prints it on one line or
on several, and knows what it means; None where the text is not Python of that kind, or
holds what the printer would not keep (a comment in brackets, strings side by side): it
stays as written.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.span import Fragment as Origin
from modelspec.diagnostics.span import Source
from modelspec.formatting.tree import Role
from modelspec.layout.comments import comment_text
from modelspec.layout.printer import Printer
from modelspec.policy import Limits
from modelspec.program.types import is_type
from modelspec.pysubset import (
    Comment,
    ElseControl,
    ForControl,
    LetControl,
    Mode,
    parse_body,
    parse_control,
    parse_expression,
    parse_function,
)
from modelspec.pysubset.body import read_statements
from modelspec.pysubset.scan import closing_brace, tokens
from modelspec.records import dataclass
from modelspec.syntax.keys import written_word

_STEP = 2
_BODIES = {Role.FORWARD: Mode.FORWARD, Role.INIT: Mode.INIT}
_YAML_WORDS = ("true", "false", "null")


@dataclass(frozen=True, slots=True)
class Piece:
    """An expression between two texts, which are printed as they are."""

    prefix: str
    node: ast.expr
    printer: Printer
    suffix: str = ""

    def line(self) -> str:
        return f"{self.prefix}{self.printer.line(self.node)}{self.suffix}"


@dataclass(frozen=True, slots=True)
class Line:
    """Python that stands on one line if it fits."""

    pieces: tuple[Piece, ...]
    end: str
    flat: str

    def broken(self, indent: int, head: str) -> list[str]:
        """The lines after a head, which is part of the first; one where there is more
        than one expression."""
        if len(self.pieces) != 1 or self.end:
            return [head + self.flat]
        (piece,) = self.pieces
        prefix = (head + piece.prefix)[indent:]
        lines = piece.printer.lines(piece.node, indent, prefix, piece.suffix, _STEP)
        return [head + lines[0][len(head) :], *lines[1:]]

    def meaning(self) -> object:
        texts = [(piece.prefix, ast.dump(piece.node)) for piece in self.pieces]
        return (*texts, self.end)


@dataclass(frozen=True, slots=True)
class Body:
    """Statements and the comments among them."""

    statements: tuple[ast.stmt, ...]
    comments: tuple[Comment, ...]
    printer: Printer

    def lines(self, indent: int) -> list[str] | None:
        """None where a comment would come to stand in brackets: it is long, and the
        statement before it would be broken for it."""
        text = self.printer.statements(self.statements, indent, self.comments)
        return None if _is_delicate(text) else text.split("\n")

    def meaning(self) -> object:
        texts = [comment_text(one) for one in self.comments]
        return [ast.dump(one) for one in self.statements], texts


def read_line(text: str, role: Role, limits: Limits) -> Line | None:
    """A scalar that is an expression, holds some, or is a control key."""
    if _is_delicate(text):
        return None
    line = _read_line(text, role, limits)
    if line is None or len(line.flat) > limits.expression_characters:
        return None
    return line


def _line(*pieces: Piece, end: str = "") -> Line:
    return Line(pieces, end, "".join(piece.line() for piece in pieces) + end)


def read_body(text: str, role: Role, limits: Limits) -> Body | None:
    """The text of a method, of `init` or of a function."""
    if _is_delicate(text) or not _is_right(text, role, limits):
        return None
    body = _read_statements(text, limits)
    lines = body.lines(0) if body is not None else None
    if lines is None:
        return None
    printed = "\n".join(lines)
    if len(printed) >= limits.function_characters:
        return None
    again = _read_statements(printed, limits)
    # A docstring would lose blanks, and a text is worth more than its layout.
    same = body and again and again.meaning() == body.meaning()
    return body if same else None


def _read_statements(text: str, limits: Limits) -> Body | None:
    origin = _origin(text)
    found = read_statements(origin, Report(), limits)
    return None if found is None else Body(*found, Printer(origin.source))


def _is_right(text: str, role: Role, limits: Limits) -> bool:
    report = Report()
    if role is Role.FUNCTION:
        parse_function(_origin(text), report, limits)
    else:
        parse_body(_origin(text), report, limits, mode=_BODIES[role])
    return not report.found


def _is_delicate(text: str) -> bool:
    """Whether there is a comment in brackets, or strings side by side or over several
    lines, docstrings excepted."""
    depth, end_of_string = 0, -1
    for token in tokens(text):
        depth += (token.kind == "open") - (token.kind == "close")
        if token.kind == "comment" and depth:
            return True
        if token.kind == "string":
            before = text[text.rfind("\n", 0, token.start) + 1 : token.start]
            if "\n" in token.text and before.strip():
                return True
            if end_of_string >= 0 and not text[end_of_string : token.start].strip():
                return True
            end_of_string = token.end
    return False


def _origin(text: str) -> Origin:
    return Origin(text, Source("<fragment>", text), 0)


def _read_line(text: str, role: Role, limits: Limits) -> Line | None:
    match role:
        case Role.EXPRESSION if text.lstrip().startswith("${"):
            return _interpolated(text, limits)
        case Role.EXPRESSION | Role.FORWARD | Role.INIT:
            return _expression("", text, limits)
        case Role.VALUE if "${" in text:
            return _interpolated(text, limits)
        case Role.PARAM:
            return _param(text, limits)
        case Role.CONTROL:
            return _control(text, limits)
    return None


def _expression(prefix: str, text: str, limits: Limits) -> Line | None:
    if any(token.kind == "comment" for token in tokens(text)):
        return None
    origin = _origin(text)
    node = parse_expression(origin, Report(), limits)
    if node is None or (isinstance(node, ast.Tuple) and text.lstrip()[0] != "("):
        return None  # a tuple in parentheses reads as a call where it is a key
    return _line(Piece(prefix, node, Printer(origin.source)))


def _param(text: str, limits: Limits) -> Line | None:
    """`TYPE` or `TYPE = DEFAULT`."""
    written, equals, default = text.partition("=")
    type_ = _expression("", written, limits)
    if type_ is None or not is_type(type_.pieces[0].node):
        return _interpolated(text, limits) if "${" in text else None
    if not equals:
        return type_
    if default.strip() in _YAML_WORDS:
        return _line(end=f"{type_.flat} = {default.strip()}")
    return _expression(f"{type_.flat} = ", default, limits)


def _control(text: str, limits: Limits) -> Line | None:
    if any(token.kind == "comment" for token in tokens(text)):
        return None
    origin = _origin(text)
    printer = Printer(origin.source)
    match parse_control(origin, Report(), limits):
        case None:
            return None
        case ElseControl():
            return _line(end="else")
        case ForControl(target, iterable):
            target_text = _without_parentheses(printer.line(target), target)
            return _line(Piece(f"for {target_text} in ", iterable, printer))
        case LetControl(target, value):
            target_text = _without_parentheses(printer.line(target), target)
            return _line(Piece(f"let {target_text} = ", value, printer))
        case found:
            word = " ".join(written_word(text).split())
            return _line(Piece(f"{word} ", found.test, printer))


def _without_parentheses(text: str, target: ast.expr) -> str:
    if not isinstance(target, ast.Tuple) or len(target.elts) < 2:
        return text
    return text.removeprefix("(").removesuffix(")")


def _interpolated(text: str, limits: Limits) -> Line | None:
    """A text with `${...}` in it, of which only the expressions are laid out."""
    pieces: list[Piece] = []
    for literal, inner in _cut(text):
        if inner is None:
            return _line(*pieces, end=literal)
        found = _expression("", inner, limits)
        if found is None:
            return None
        (piece,) = found.pieces
        pieces.append(Piece(literal + "${", piece.node, piece.printer, "}"))
    return None


def _cut(text: str) -> Iterator[tuple[str, str | None]]:
    """Texts, each with the expression after it; the last has none.

    Nothing comes after an expression that is never closed.
    """
    began = at = 0
    while (found := text.find("${", at)) >= 0:
        if text[found - 1 : found] == "$" and found > at:
            at = found + 2
            continue
        end = closing_brace(text, found + 2)
        if end is None:
            return
        yield text[began:found], text[found + 2 : end]
        began = at = end + 1
    yield text[began:], None


def without_slice_blanks(text: str) -> str:
    """Python on one line, no blanks around the colons of its slices.

    `x[a : b]` has to be quoted in YAML, and `x[a:b]` has not.
    """
    parts: list[str] = []
    opened: list[str] = []
    at = 0
    for token in (*tokens(text), None):
        start = len(text) if token is None else token.start
        between = text[at:start]
        if opened and opened[-1] == "[":
            between = re.sub(r" *: *", ":", between)
        parts.append(between)
        if token is None:
            break
        parts.append(token.text)
        at = token.end
        if token.kind == "open":
            opened.append(token.text)
        elif token.kind == "close" and opened:
            opened.pop()
    return "".join(parts)


def collapse(lines: list[str]) -> str:
    """Lines as YAML folds them."""
    return " ".join(re.sub(r"^ +", "", line) for line in lines)
