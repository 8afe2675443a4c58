"""Python's syntax errors in plain words, at the right place of the file.

In goes a `SyntaxError` about a fragment and what `scan` saw in it, out comes one
`invalid-python` diagnostic in the report.
"""

from __future__ import annotations

import re

from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.span import Span
from modelspec.pysubset.habits import (
    Slip,
    assignment,
    foreign_character,
    foreign_operator,
    late_position,
)
from modelspec.pysubset.place import Placement
from modelspec.pysubset.scan import Mismatch, Scan

_SENTENCES: tuple[tuple[str, str, str], ...] = (
    # Python's message, ours, help
    (
        r"invalid syntax\. Perhaps you forgot a comma\?",
        "expected a comma or an operator between two values",
        "",
    ),
    (r"expected ':'", "expected `:` at the end of this line", ""),
    (
        r"expected an indented block after (.*) on line \d+",
        r"expected an indented block after \1",
        "indent the lines that belong to it",
    ),
    (r"unexpected indent", "this line is indented more than the one above it", ""),
    (
        r"unindent does not match any outer indentation level",
        "this line's indentation matches no line above it",
        "",
    ),
    (
        r"inconsistent use of tabs and spaces in indentation",
        "indentation mixes tabs and spaces",
        "indent with spaces",
    ),
    (
        r"leading zeros in decimal integer literals .*",
        "a number may not start with 0",
        "write it without leading zeros, or `0o17` for octal",
    ),
    (
        r"unterminated .*string literal.*",
        "this string is never closed",
        "",
    ),
    (r"expected 'else' after 'if' expression", "`x if y` needs an `else z`", ""),
    (
        r"Generator expression must be parenthesized",
        "a generator beside other arguments needs its own parentheses",
        "",
    ),
    (
        r"unexpected character after line continuation character",
        "`\\\\` does not stand at the end of a line",
        "",
    ),
    (r"'return' outside function", "`return` is not possible here", ""),
    (
        r"Missing parentheses in call to 'print'.*",
        "nothing is printed in a spec",
        "leave the line out",
    ),
)


def report_syntax_error(
    error: SyntaxError, placement: Placement, seen: Scan, report: Report
) -> None:
    """Brackets and quotes first: Python often sees their consequences elsewhere."""
    fragment = placement.fragment
    slip = _slip(error, placement, seen.mismatch)
    if slip is not None:
        span = fragment.span(slip.start, slip.end)
        report.error(
            "invalid-python", printable(slip.message), span, help=slip.help or ()
        )
        return
    if seen.mismatch is not None:
        wrong = seen.mismatch
        span = fragment.span(wrong.start, wrong.end)
        report.error("invalid-python", wrong.message, span)
        return
    span, at_end = _span(error, placement)
    message, advice = _sentence(error.msg or "invalid syntax", span, at_end)
    report.error(
        "invalid-python", message, span, help=advice or _folded(placement) or ()
    )


def _slip(
    error: SyntaxError, placement: Placement, mismatch: Mismatch | None
) -> Slip | None:
    """What is known of how such an error comes about."""
    said, text = error.msg or "", placement.fragment.text
    start = _index(placement, error.lineno, error.offset)
    end = _index(placement, error.end_lineno, error.end_offset)
    if said.startswith("invalid ") and "character" in said:
        return foreign_character(text, start)
    if mismatch is not None:
        return None
    if _ASSIGNED.match(said):
        return assignment(text, start, max(start, end))
    if said.startswith("positional argument follows keyword argument"):
        return late_position(text, start)
    if said in ("invalid syntax", "expected ':'"):
        return foreign_operator(text, start)
    return None


_ASSIGNED = re.compile(
    r"cannot assign to (?!True|False|None|__debug__)(?!.*expression.* for )"
    r"|invalid syntax\. Maybe you meant '==' or ':='"
)


def _sentence(text: str, span: Span, at_end: bool) -> tuple[str, str]:
    for pattern, sentence, advice in _SENTENCES:
        found = re.fullmatch(pattern, text, re.DOTALL)
        if found:
            return found.expand(sentence), advice
    if text == "invalid syntax":
        got = printable(span.text.split("\n")[0])
        if span.text == "=":
            return "expected a value here, got an assignment", "to compare write `==`"
        if span.text == "$":
            return "`$` is not expected here", "names stand bare in an expression"
        if at_end:
            return f"expected something after `{got}`", ""
        if not got:
            return f"expected something after `{_before(span)}`", ""
        if got in ("else", "elif"):
            return (
                f"`{got}` belongs to no `if`",
                "the `if` stands right above it, as far to the left",
            )
        return f"`{got}` is not expected here", ""
    text = re.sub(r" \(detected at line \d+\)| on line \d+", "", text)
    return f"not valid Python: {printable(text)}", ""


def _before(span: Span) -> str:
    """The last word or sign on the line before a place."""
    text = span.source.text[: span.start].rstrip(" ")
    return printable(text[_last_word(text) :])


def printable(text: str, length: int = 120) -> str:
    """At most so many characters of a text, none of them a control character."""
    shown = "".join(
        one if one.isprintable() else "\N{REPLACEMENT CHARACTER}"
        for one in text[:length]
    )
    return shown + "..." if len(text) > length else shown


def _folded(placement: Placement) -> str:
    """Several lines of YAML that became one are the usual cause in a method's text."""
    fragment = placement.fragment
    lines = fragment.span().text.strip()
    if "\n" in lines and "\n" not in fragment.text.strip():
        return "YAML joins these lines into one: put them under `|`"
    return ""


def _span(error: SyntaxError, placement: Placement) -> tuple[Span, bool]:
    """Where the error is, and whether that is after the last character."""
    fragment = placement.fragment
    start = _index(placement, error.lineno, error.offset)
    end = _index(placement, error.end_lineno, error.end_offset)
    if isinstance(error, IndentationError) and not _WANTS_BODY.match(error.msg or ""):
        return _first_word(placement, error.lineno), False
    if end <= start:
        end = min(start + 1, len(fragment.text))
    if start >= len(fragment.text.rstrip()):
        # At the very end there is nothing to underline but the last character.
        stop = len(fragment.text.rstrip())
        return fragment.span(_last_word(fragment.text[:stop]), stop), True
    return fragment.span(start, max(start, end)), False


_WANTS_BODY = re.compile("expected an indented block")


def _first_word(placement: Placement, line: int | None) -> Span:
    """The word that a line begins with."""
    start = _index(placement, line, 1)
    word = re.compile(r"[^\S\n]*(\w+|[^\n]?)").match(placement.fragment.text, start)
    assert word is not None
    return placement.fragment.span(*word.span(1))


def _last_word(text: str) -> int:
    word = re.search(r"\w+$|.$", text)
    return word.start() if word else 0


def _index(placement: Placement, line: int | None, column: int | None) -> int:
    """Syntax errors count columns in characters, from 1."""
    text = placement.fragment.text
    if line is None or line < 1 or line > len(placement.starts):
        return len(text) if line else 0
    if not column:
        # What is missing is missing at the end of the line.
        later = placement.starts[line:]
        return later[0] - 1 if later else len(text)
    start = placement.starts[line - 1]
    lead = placement.lead if line == 1 else 0
    return min(len(text), start + max(0, column - 1 - lead))
