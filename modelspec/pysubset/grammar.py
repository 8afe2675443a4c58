"""From a fragment to a settled ast, or to one diagnostic.

The only caller of Python's parser. What could hurt it (length, bracket depth, long
numbers, NUL, lone surrogates) is refused before, and whatever it raises is reported.
"""

from __future__ import annotations

import ast
import re
from keyword import iskeyword
from typing import Literal, overload

from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.span import Fragment
from modelspec.policy import Limits
from modelspec.pysubset.place import Placement, settle, span_of
from modelspec.pysubset.scan import Scan, scan
from modelspec.trees import quiet_tree


@overload
def parse_text(
    fragment: Fragment,
    report: Report,
    limits: Limits,
    *,
    mode: Literal["eval"],
    tail: str = "",
) -> ast.Expression | None: ...


@overload
def parse_text(
    fragment: Fragment,
    report: Report,
    limits: Limits,
    *,
    mode: Literal["exec"],
    tail: str = "",
) -> ast.Module | None: ...


def parse_text(
    fragment: Fragment,
    report: Report,
    limits: Limits,
    *,
    mode: Literal["eval", "exec"],
    tail: str = "",
) -> ast.AST | None:
    """`tail` is put after the text to complete it, as `: pass` does a bare `if`."""
    text = fragment.text
    if mode == "eval" and limits.expression_depth > 0:
        word = _word(fragment)
        if word is not None:
            return ast.Expression(word)
    if not _is_text(fragment, report):
        return None
    seen = scan(text)
    if not _is_bounded(fragment, seen, report, limits):
        return None
    lead = ""
    if mode == "eval" and ("\n" in text or "\r" in text):
        # Several lines are one expression, as they would be between parentheses.
        lead, tail = "(", "\n)"
        if seen.mismatch is not None:
            wrong = seen.mismatch
            span = fragment.span(wrong.start, wrong.end)
            report.error("invalid-python", wrong.message, span)
            return None
    placement = Placement(fragment, len(lead))
    tree = _parse(lead + text + tail, mode, placement, seen, report)
    if tree is None:
        return None
    deep = settle(tree, placement, limits.expression_depth, limits.nesting)
    if deep is not None:
        message = f"this is nested more than {limits.expression_depth} deep"
        span = span_of(deep, fragment.source)
        report.error("limit-exceeded", message, span, help="name a part of it")
        return None
    return tree


_WHOLE = re.compile(r"(?:0|[1-9][0-9]{0,8})", re.ASCII)
_NAMED = {"None": None, "True": True, "False": False}


def _word(fragment: Fragment) -> ast.expr | None:
    """What a text of one word is, without Python's parser: a third of a spec's are.

    None for any other text, and for words that mean something to Python.
    """
    text = fragment.text
    made: ast.expr
    if text in _NAMED:
        made = ast.Constant(_NAMED[text], None)
    elif text.isidentifier():
        if iskeyword(text) or not text.isascii():
            return None
        made = ast.Name(text, ast.Load())
    elif _WHOLE.fullmatch(text):
        made = ast.Constant(int(text), None)
    else:
        return None
    first, last = fragment.offset(0), fragment.offset(len(text) - 1) + 1
    made.lineno, made.col_offset = fragment.source.byte_column(first)
    made.end_lineno, made.end_col_offset = fragment.source.byte_column(last)
    return made


def _parse(
    text: str, mode: str, placement: Placement, seen: Scan, report: Report
) -> ast.AST | None:
    try:
        return quiet_tree(text, "<spec>", mode)
    except SyntaxError as error:
        from modelspec.pysubset.mistakes import report_syntax_error

        report_syntax_error(error, placement, seen, report)
    except (RecursionError, MemoryError):
        span = placement.fragment.span()
        report.error("limit-exceeded", "this is nested too deep", span)
    except ValueError:
        span = placement.fragment.span()
        report.error("invalid-python", "Python cannot read this text", span)
    return None


def _is_text(fragment: Fragment, report: Report) -> bool:
    text = fragment.text
    at = text.find("\0")
    if at < 0 and not text.isascii():
        surrogates = (i for i, c in enumerate(text) if "\ud800" <= c <= "\udfff")
        at = next(surrogates, -1)
    if at < 0:
        return True
    message = "a control character or half a character stands in this text"
    report.error("invalid-python", message, fragment.span(at, at + 1))
    return False


def _is_bounded(fragment: Fragment, seen: Scan, report: Report, limits: Limits) -> bool:
    if seen.depth > limits.expression_depth:
        at = seen.deepest
        message = f"brackets are nested more than {limits.expression_depth} deep"
        report.error("limit-exceeded", message, fragment.span(at, at + 1))
    elif seen.long_number is not None:
        number = seen.long_number
        message = f"a number has {len(number.text)} characters"
        span = fragment.span(number.start, number.end)
        report.error("limit-exceeded", message, span)
    elif seen.foreign_name is not None:
        name = seen.foreign_name
        message = f"`{name.text[:60]}` is not an ASCII name"
        span = fragment.span(name.start, name.end)
        advice = "names are letters a to z, digits and `_`"
        report.error("non-ascii-name", message, span, help=advice)
    else:
        return True
    return False


def is_short(fragment: Fragment, characters: int, what: str, report: Report) -> bool:
    """Whether a text keeps to its limit; reported where it does not."""
    if len(fragment.text) <= characters:
        return True
    size = len(fragment.text)
    message = f"{what} has {size} characters, more than the {characters} allowed"
    report.error("limit-exceeded", message, fragment.span())
    return False
