"""The full format: a diagnostic with the lines it is about, for people.

In: diagnostics, in the order in which they are to be shown. Out: text without a line
feed at the end; a summary is the caller's. Whatever comes from the user is printed
without control characters.
"""

from __future__ import annotations

from collections.abc import Iterable

from modelspec.diagnostics.cells import printable
from modelspec.diagnostics.colors import Paint, paint_ansi, paint_plain
from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.diagnostics.snippet import gutter_width, render_snippet


def render_full(
    diagnostics: Iterable[Diagnostic], *, color: bool, limit: int = 20
) -> str:
    """At most `limit` diagnostics, and how many more there are."""
    every = tuple(diagnostics)
    paint = paint_ansi if color else paint_plain
    parts = [render_one(one, paint) for one in every[:limit]]
    rest = len(every) - limit
    if rest > 0:
        parts.append(f"... and {rest} more")
    return "\n\n".join(parts)


def render_one(diagnostic: Diagnostic, paint: Paint = paint_plain) -> str:
    """One diagnostic in the full format."""
    severity = diagnostic.severity.value
    head = paint(severity, f"{severity}[{diagnostic.code}]")
    message = paint("title", f": {printable(diagnostic.message)}")
    gutter = gutter_width(diagnostic)
    lines = [head + message, *render_snippet(diagnostic, gutter, paint)]
    if diagnostic.span is None and diagnostic.path:
        arrow = paint("gutter", " " * (gutter + 1) + "-->")
        lines.append(f"{arrow} {printable(diagnostic.path)}")
    lines += _detail_lines(diagnostic, gutter, paint)
    if diagnostic.help and (diagnostic.span is not None or diagnostic.details):
        lines.append(paint("gutter", " " * (gutter + 2) + "|"))
    lines += _help_lines(diagnostic, gutter, paint)
    return "\n".join(lines)


def _detail_lines(diagnostic: Diagnostic, gutter: int, paint: Paint) -> list[str]:
    edge = paint("gutter", " " * (gutter + 2) + "|")
    lines = [f"{edge} {printable(line)}".rstrip() for line in diagnostic.details]
    return [edge, *lines] if lines else []


def _help_lines(diagnostic: Diagnostic, gutter: int, paint: Paint) -> list[str]:
    lines: list[str] = []
    for advice in diagnostic.help:
        first, *more = advice.split("\n")
        sign = paint("gutter", " " * (gutter + 2) + "=")
        lines.append(f"{sign} {paint('help', 'help')}: {printable(first)}")
        # What follows a help's first line stands under its text.
        indent = " " * (gutter + 2 + len("= help: "))
        lines += [f"{indent}{printable(line)}".rstrip() for line in more]
    return lines
