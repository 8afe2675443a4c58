"""Syntax errors inside `[ ]` and `{ }`. Each says whether it knew the fault."""

from __future__ import annotations

from modelspec.diagnostics.diagnostic import Label
from modelspec.syntax.cuts import matching_bracket
from modelspec.syntax.faults.case import Case, as_quoted
from modelspec.syntax.refusals import quoted


def cut_text(case: Case) -> bool:
    """`[${x}]`, `[x[0]]`: a bracket right after text, inside a flow collection."""
    if case.flow is None or case.char not in ("[", "{") or not case.at:
        return False
    if case.text[case.at - 1] in " \t\r\n[]{},":
        return False
    start = _start_of_word(case)
    close = matching_bracket(case.text, case.at)
    end = case.at + 1 if close is None else _end_of_word(case.text, close + 1)
    span = case.span(start, end)
    kind = "list" if case.text[case.flow] == "[" else "mapping"
    case.report.error(
        "cut-by-yaml",
        f"{quoted(span.text)} cannot stand unquoted in a {kind} in brackets",
        span,
        help=(
            f"Quote it: {as_quoted(span.text)}.",
            "Or write one entry a line, without the brackets.",
        ),
    )
    return True


def _start_of_word(case: Case) -> int:
    last = case.last
    if last is not None and last.end == case.at and last.end > last.start:
        return last.start
    # The key of `{${x}: 1}` was followed by an empty value already.
    start = case.at
    while start and case.text[start - 1] not in " \t\r\n[]{},":
        start -= 1
    return start


def _end_of_word(text: str, at: int) -> int:
    while at < len(text) and text[at] not in " \t\r\n]},:":
        at += 1
    return at


def unclosed(case: Case) -> bool:
    if case.flow is None or "flow" not in case.context:
        return False
    at_end = not case.text[case.at :].strip()
    if not at_end and matching_bracket(case.text, case.flow, len(case.text)):
        return False
    opener = case.text[case.flow]
    closer = "]" if opener == "[" else "}"
    case.report.error(
        "unclosed-bracket",
        f"the bracket {opener} is never closed",
        case.span(case.flow, case.flow + 1),
        help=f"Close it with {closer}.",
    )
    return True


def in_flow(case: Case) -> bool:
    if case.flow is None or "flow" not in case.context:
        return False
    closer = "]" if case.text[case.flow] == "[" else "}"
    got = quoted(case.char.strip() or "the end of the line")
    case.report.error(
        "yaml-syntax",
        f"expected a value, ',' or '{closer}' here, got {got}",
        case.span(case.at, case.at + 1),
        help="Separate entries with ', ', and quote text that holds , [ ] { or }.",
        labels=(Label(case.span(case.flow, case.flow + 1), "inside this bracket"),),
    )
    return True


def stray(case: Case) -> bool:
    if case.char not in tuple("]},"):
        return False
    case.report.error(
        "reserved-character",
        f"expected a value, got '{case.char}'",
        case.span(case.at, case.at + 1),
        help=f"Remove it, or quote text that starts with {case.char}.",
    )
    return True
