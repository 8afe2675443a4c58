"""Syntax errors of lines: indentation and colons.

Each function says whether it knew the fault.
"""

from __future__ import annotations

import re

from modelspec.diagnostics.diagnostic import Diagnostic, Fix, Label
from modelspec.syntax.cuts import end_of_line, start_of_line
from modelspec.syntax.faults.case import Case, as_quoted
from modelspec.syntax.keys import control_word
from modelspec.syntax.refusals import quoted

_COMMENT = re.compile(r"\s+(?:#|$)")
_MISSING_SPACE = re.compile(r"\s*(?:- +)*([\w.$-]+):([^\s:].*)")


def directive(case: Case) -> bool:
    start = start_of_line(case.text, case.at)
    if case.text[start : start + 1] != "%":
        return False
    case.report.error(
        "yaml-directive",
        "expected a spec, got a YAML directive",
        case.line_span(start),
        help="Remove the line, or quote text that starts with %.",
    )
    return True


def tab(case: Case) -> bool:
    at = case.at
    if case.char != "\t" and "tab" not in case.problem.split():
        return False
    start = start_of_line(case.text, at)
    line = case.text[start : end_of_line(case.text, start)]
    indent = line[: len(line) - len(line.lstrip())]
    tab = indent.find("\t")
    first = start + tab if tab >= 0 else at
    end = start + len(indent) if tab >= 0 else at + 1
    case.report.error(
        "tab-indentation",
        "expected spaces as indentation, got a tab",
        case.span(first, max(end, first + 1)),
        help="Indent with two spaces a level.",
    )
    return True


def second_colon(case: Case) -> bool:
    if case.char != ":" or "values are not allowed" not in case.problem:
        return False
    if _missing_space(case):
        return True
    last = case.last
    if last is not None and "\n" in last.text:
        if control_word(last.text) is not None:
            _control_without_colon(case, last.start)
            return True
        case.report.error(
            "bad-indentation",
            "this line reads as more of the text above it, because of its indentation",
            case.line_span(case.at),
            help="Indent it like the keys it belongs to.",
            labels=(Label(case.line_span(last.start), "the text starts here"),),
        )
        return True
    start = case.at if last is None else last.start
    line = case.text[start : end_of_line(case.text, start)]
    value = case.span(start, start + len(_COMMENT.split(line, maxsplit=1)[0]))
    whole, key = as_quoted(value.text), case.line_span(start)
    before = case.text[key.start : start]
    advice = f"Quote the value: {before}{whole}"
    found = Diagnostic(
        "second-colon",
        f"expected one ': ' on a line, got a second one in {quoted(value.text)}",
        case.span(case.at, case.at + 1),
        help=(advice, "Or put the inner key on the next line, indented."),
        fix=Fix((value,), whole),
    )
    case.report.extend([found])
    return True


def _control_without_colon(case: Case, start: int) -> None:
    span = case.line_span(start)
    case.report.error(
        "missing-colon",
        f"expected a colon at the end of {quoted(span.text)}",
        span,
        help=f"Write {span.text.removeprefix('- ').lstrip()}:",
    )


def _missing_space(case: Case) -> bool:
    last = case.last
    if last is None or "\n" not in last.text:
        return False
    start = start_of_line(case.text, last.start)
    line = case.text[start : end_of_line(case.text, start)]
    match = _MISSING_SPACE.match(line)
    if match is None:
        return False
    case.report.error(
        "missing-space",
        f"expected a blank after the colon of {quoted(match[0].strip())}",
        case.span(start + match.end(1), start + match.end(1) + 1),
        help=f"Write {match[1]}: {match[2]}",
    )
    return True


def missing_colon(case: Case) -> bool:
    if "could not find expected ':'" not in case.problem:
        return False
    span = case.line_span(case.context_at)
    match = _MISSING_SPACE.match(span.text)
    if match is not None:
        colon = span.start + match.end(1)
        case.report.error(
            "missing-space",
            f"expected a blank after the colon of {quoted(span.text)}",
            case.span(colon, colon + 1),
            help=f"Write {match[1]}: {match[2]}",
        )
        return True
    case.report.error(
        "missing-colon",
        f"expected 'key: value', got {quoted(span.text)}",
        span,
        help="End a key with a colon, or indent the line if it continues a text.",
    )
    return True


def list_on_key_line(case: Case) -> bool:
    if "sequence entries are not allowed" not in case.problem:
        return False
    case.report.error(
        "bad-indentation",
        "a list cannot start on the line of its key",
        case.rest_span(),
        help=(
            "Put each '- ' item on a line of its own below the key.",
            f"Or quote it, if it is text: {as_quoted(case.rest)}.",
        ),
    )
    return True


def indentation(case: Case) -> bool:
    if case.before.strip() or not case.rest or "expected" not in case.problem:
        return False
    width = len(case.before)
    labels: tuple[Label, ...] = ()
    if case.context_at < case.at:
        above = case.source.position(case.context_at)
        label = f"what it stands in starts in column {above.column}"
        labels = (Label(case.span(case.context_at, case.context_at + 1), label),)
    case.report.error(
        "bad-indentation",
        f"expected {_expected(case)}, got {quoted(case.rest)} indented by {width}",
        case.rest_span(),
        help="Indent what belongs together by the same number of spaces.",
        labels=labels,
    )
    return True


def _expected(case: Case) -> str:
    if "'-'" in case.problem or "collection" in case.context:
        return "another '- ' item"
    if "document start" in case.problem:
        return "the end of the file or a key in the first key's column"
    return "another key"
