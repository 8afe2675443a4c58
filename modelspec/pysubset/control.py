"""Control keys: `for TARGET in EXPR`, `if EXPR`, `elif EXPR`, `else`, `let X = EXPR`.

The colon that ends a key is YAML's own; one written inside quotes is accepted too.
"""

from __future__ import annotations

import ast
from typing import TypeAlias

from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.span import Fragment
from modelspec.policy import Limits
from modelspec.pysubset.check import check_expression, check_target
from modelspec.pysubset.check_expressions import Mode
from modelspec.pysubset.expression import parse_expression
from modelspec.pysubset.grammar import is_short, parse_text
from modelspec.pysubset.place import span_of
from modelspec.pysubset.scan import tokens
from modelspec.records import dataclass
from modelspec.syntax.keys import control_word, written_word


@dataclass(frozen=True, slots=True)
class ForControl:
    target: ast.expr
    iterable: ast.expr


@dataclass(frozen=True, slots=True)
class IfControl:
    test: ast.expr


@dataclass(frozen=True, slots=True)
class ElifControl:
    test: ast.expr


@dataclass(frozen=True, slots=True)
class ElseControl:
    pass


@dataclass(frozen=True, slots=True)
class LetControl:
    target: ast.expr
    value: ast.expr


Control: TypeAlias = ForControl | IfControl | ElifControl | ElseControl | LetControl


def parse_control(fragment: Fragment, report: Report, limits: Limits) -> Control | None:
    """A checked control key, or None and a report."""
    inner = _without_colon(fragment.strip())
    if not is_short(inner, limits.expression_characters, "a key", report):
        return None
    if not _is_spelled_well(inner, report):
        return None
    word = written_word(inner.text)
    if word == "for":
        return _for(inner, report, limits)
    if word == "else":
        return _else(inner, report)
    if word == "let":
        return _let(inner, report, limits)
    test = _test(inner, len(word), report, limits)
    if test is None:
        return None
    return IfControl(test) if word == "if" else ElifControl(test)


def _without_colon(fragment: Fragment) -> Fragment:
    if fragment.text.endswith(":"):
        return fragment.part(0, len(fragment.text) - 1).strip()
    return fragment


def _is_spelled_well(fragment: Fragment, report: Report) -> bool:
    written, meant = written_word(fragment.text), control_word(fragment.text)
    if written == meant:
        return True
    message = f"`{' '.join(written.split())[:40]}` is no control key"
    advice = "control keys are `for`, `if`, `elif`, `else` and `let`"
    report.error(
        "invalid-control",
        message,
        fragment.span(0, len(written)),
        note=f"did you mean `{meant}`?" if meant else "",
        meant=meant,
        help=advice,
    )
    return False


def _test(
    fragment: Fragment, word: int, report: Report, limits: Limits
) -> ast.expr | None:
    rest = fragment.part(word, len(fragment.text)).strip()
    if not rest.text:
        name = fragment.text
        message = f"expected a condition after `{name}`"
        report.error("invalid-control", message, fragment.span())
        return None
    return parse_expression(rest, report, limits)


def _else(fragment: Fragment, report: Report) -> ElseControl | None:
    rest = fragment.part(4, len(fragment.text)).strip()
    if not rest.text:
        return ElseControl()
    message = "`else` takes no condition"
    advice = "write `elif` for another condition"
    report.error("invalid-control", message, rest.span(), help=advice)
    return None


def _for(fragment: Fragment, report: Report, limits: Limits) -> ForControl | None:
    if not _has_in(fragment.text):
        message = "expected `in` between the name and what it goes through"
        advice = "write `for i in range(3)`"
        report.error("invalid-control", message, fragment.span(), help=advice)
        return None
    line = _in_one_line(fragment)
    tree = parse_text(line, report, limits, mode="exec", tail=":\n pass")
    if tree is None:
        return None
    loop = tree.body[0] if len(tree.body) == 1 else None
    if not isinstance(loop, ast.For) or not isinstance(loop.body[0], ast.Pass):
        message = "expected nothing but `for NAME in EXPRESSION`"
        report.error("invalid-control", message, fragment.span())
        return None
    source = fragment.source
    sound = check_target(loop.target, Mode.EXPRESSION, source, report, limits)
    iterable = loop.iter
    sound = (
        check_expression(iterable, Mode.EXPRESSION, source, report, limits) and sound
    )
    return ForControl(loop.target, iterable) if sound else None


def _has_in(text: str) -> bool:
    """Whether there is an `in` outside brackets and strings."""
    depth = 0
    for token in tokens(text):
        depth += (token.kind == "open") - (token.kind == "close")
        if token.text == "in" and token.kind == "word" and depth == 0:
            return True
    return False


def _let(fragment: Fragment, report: Report, limits: Limits) -> LetControl | None:
    rest = fragment.part(3, len(fragment.text)).strip()
    advice = "write `let width = width + 4`"
    if "=" not in rest.text:
        message = "expected `=` and a value after the name"
        report.error("invalid-control", message, fragment.span(), help=advice)
        return None
    tree = parse_text(_in_one_line(rest), report, limits, mode="exec")
    if tree is None:
        return None
    only = tree.body[0] if len(tree.body) == 1 else None
    if not isinstance(only, ast.Assign) or len(only.targets) != 1:
        message = "expected `let NAME = EXPRESSION`"
        where = rest.span() if only is None else span_of(only, fragment.source)
        report.error("invalid-control", message, where, help=advice)
        return None
    source, target = fragment.source, only.targets[0]
    sound = check_target(target, Mode.EXPRESSION, source, report, limits)
    value = only.value
    sound = check_expression(value, Mode.EXPRESSION, source, report, limits) and sound
    return LetControl(target, value) if sound else None


def _in_one_line(fragment: Fragment) -> Fragment:
    """A folded key is one line; a comment at its end is dropped."""
    text = fragment.text
    for token in tokens(text):
        if token.kind == "comment":
            fragment = fragment.part(0, token.start).strip()
            text = fragment.text
            break
    if "\n" in text or "\r" in text:
        text = text.replace("\n", " ").replace("\r", " ")
        return Fragment(text, fragment.source, fragment.origin)
    return fragment
