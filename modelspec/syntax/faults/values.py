"""Syntax errors of single values. Each says whether it knew the fault."""

from __future__ import annotations

from modelspec.syntax.cuts import end_of_line
from modelspec.syntax.faults.case import Case, as_quoted
from modelspec.syntax.refusals import quoted, shortened

_CANNOT_START = ("cannot start any token", "mapping keys are not allowed")


def reserved(case: Case) -> bool:
    at = _start_of_token(case)
    char = case.text[at : at + 1]
    known = any(words in case.problem for words in _CANNOT_START)
    if not (known or _reads_property(case)):
        return False
    end = case.end_of_value(at)
    written = case.text[at:end]
    case.report.error(
        "reserved-character",
        f"text that starts with {char} has to be quoted",
        case.span(at, end),
        help=f"Write {as_quoted(written)}.",
    )
    return True


def quote(case: Case) -> bool:
    if "quoted scalar" not in case.context:
        return False
    if "end of stream" in case.problem or "document indicator" in case.problem:
        opener = case.context_at
        mark = case.text[opener : opener + 1]
        case.report.error(
            "unclosed-quote",
            f"the quote {mark} is never closed",
            case.span(opener, end_of_line(case.text, opener)),
            help=f"Close it with {mark}; {_inside(mark)}.",
        )
        return True
    return _escape(case)


def _inside(mark: str) -> str:
    if mark == "'":
        return "inside, ' is written ''"
    return 'inside, " is written \\"'


def _escape(case: Case) -> bool:
    backslash = case.text.rfind("\\", case.context_at, case.at + 2)
    start = case.at if backslash < 0 else backslash
    case.report.error(
        "unknown-escape",
        f"{quoted(case.text[start : start + 2])} is no escape of YAML",
        case.span(start, start + 2),
        help="Write \\\\ for a backslash, or put the text into single quotes.",
    )
    return True


def after_value(case: Case) -> bool:
    """`"a" + b`, `[1] * 2`, `{...}[k]`, `*x y`: a value that ends too early."""
    last, at = case.last, _start_of_token(case)
    if last is None or last.end == last.start or not case.rest or case.char == ":":
        return False
    first = case.text[last.start]
    if case.text[last.end : at].strip(" \t") or first not in "\"'[{*":
        return False
    end = case.end_of_value(at)
    advice = f"Quote the whole: {as_quoted(case.text[last.start : end])}."
    if first == "'" and at == last.end:
        advice = "Inside single quotes, ' is written ''."
    case.report.error(
        "text-after-value",
        f"the value {shortened(last.text)} is followed by more text",
        case.span(at, end),
        help=advice,
    )
    return True


def _start_of_token(case: Case) -> int:
    """Where the text that cannot be read starts."""
    return case.context_at if _reads_property(case) else case.at


def _reads_property(case: Case) -> bool:
    return case.context.endswith(("an alias", "an anchor", "a tag"))


def block_header(case: Case) -> bool:
    if "scanning a block scalar" not in case.context:
        return False
    mark = case.text[case.context_at]
    case.report.error(
        "block-header",
        f"expected the end of the line after {mark}, got {quoted(case.rest)}",
        case.rest_span(),
        help=(
            "Start the text on the next line, indented.",
            f"Quote it, if it is text that starts with {mark}.",
        ),
    )
    return True
