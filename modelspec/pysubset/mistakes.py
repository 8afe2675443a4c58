"""Python's syntax errors in plain words, at the right place of the file.

In goes a `SyntaxError` about a fragment and what `scan` saw in it, out comes one
`invalid-python` diagnostic in the report.
"""

from __future__ import annotations

import re

from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.span import Span
from modelspec.pysubset.place import Placement
from modelspec.pysubset.scan import Scan, tokens

_SENTENCES: tuple[tuple[str, str, str], ...] = (
    # Python's message, ours, help
    (
        r"cannot assign to .*|invalid syntax\. Maybe you meant '==' or ':='.*",
        "expected a value here, got an assignment with `=`",
        "to compare write `==`",
    ),
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
)


def report_syntax_error(
    error: SyntaxError, placement: Placement, seen: Scan, report: Report
) -> None:
    """Brackets and quotes first: Python often sees their consequences elsewhere."""
    fragment = placement.fragment
    if seen.mismatch is not None:
        wrong = seen.mismatch
        span = fragment.span(wrong.start, wrong.end)
        report.error("invalid-python", wrong.message, span)
        return
    if (error.msg or "").startswith("positional argument follows keyword"):
        _after_keyword(error, placement, report)
        return
    span, at_end = _span(error, placement)
    message, advice = _sentence(error.msg or "invalid syntax", span, at_end)
    report.error(
        "invalid-python", message, span, help=advice or _folded(placement) or ()
    )


def _after_keyword(error: SyntaxError, placement: Placement, report: Report) -> None:
    """Python points at the end of the call; the argument itself is wrong."""
    fragment = placement.fragment
    end = _index(placement, error.lineno, error.offset)
    start, stop = _positional_after_keyword(fragment.text, end)
    report.error(
        "invalid-python",
        f"expected `name=value` after another such argument,"
        f" got `{printable(fragment.text[start:stop])}`",
        fragment.span(start, stop),
        help="arguments without a name stand first",
    )


def _positional_after_keyword(text: str, end: int) -> tuple[int, int]:
    """The first argument without a name, of the call that ends at `end`, that stands
    after one with a name."""
    marks = [one for one in tokens(text) if one.kind not in ("word", "number")]
    inside, depth, start = [], 0, 0
    for one in reversed([one for one in marks if one.start < end]):
        depth += (one.kind == "close") - (one.kind == "open")
        if depth < 0:
            start = one.end
            break
        inside.append(one)
    blank = list(text)
    for one in inside:  # what stands in brackets or strings is none of the call's
        blank[one.start : one.end] = "_" * (one.end - one.start)
    pieces, depth, at = [start], 0, start
    opened = {one.start: 1 for one in inside if one.kind == "open"}
    closed = {one.start: -1 for one in inside if one.kind == "close"}
    for at in range(start, end):
        depth += opened.get(at, 0) + closed.get(at, 0)
        if depth == 0 and blank[at] == ",":
            pieces.append(at + 1)
    ends = [*(one - 1 for one in pieces[1:]), end]
    named = False
    for first, last in zip(pieces, ends, strict=True):
        argument = "".join(blank[first:last])
        if re.match(r"\s*\w+\s*=(?!=)|\s*\*\*", argument):
            named = True
        elif named and argument.strip():
            lead = len(argument) - len(argument.lstrip())
            return first + lead, first + len(argument.rstrip())
    return max(end - 1, 0), end


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
        return f"`{got}` is not expected here", ""
    text = re.sub(r" \(detected at line \d+\)| on line \d+", "", text)
    return f"not valid Python: {printable(text)}", ""


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
    if end <= start:
        end = min(start + 1, len(fragment.text))
    if start >= len(fragment.text.rstrip()):
        # At the very end there is nothing to underline but the last character.
        stop = len(fragment.text.rstrip())
        return fragment.span(_last_word(fragment.text[:stop]), stop), True
    return fragment.span(start, max(start, end)), False


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
