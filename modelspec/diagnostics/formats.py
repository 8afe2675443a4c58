"""Diagnostics for programs: one line each, JSON, and commands for GitHub's log.

In: diagnostics, in order. Out: text without a line feed at the end, all of them and
none shortened.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from modelspec.diagnostics.cells import printable
from modelspec.diagnostics.diagnostic import Diagnostic, Fix, Label
from modelspec.diagnostics.span import Span


def render_concise(diagnostics: Iterable[Diagnostic]) -> str:
    """`path:line:column: error[code]: message`, one a line."""
    return "\n".join(map(_concise, diagnostics))


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """One array of objects; places are null where there is no text."""
    return json.dumps([json_object(one) for one in diagnostics], indent=2)


def render_github(diagnostics: Iterable[Diagnostic]) -> str:
    """Workflow commands, which become annotations of the changed files."""
    return "\n".join(map(_github, diagnostics))


FORMATS: dict[str, Callable[[Iterable[Diagnostic]], str]] = {
    "concise": render_concise,
    "github": render_github,
    "json": render_json,
}


def json_object(diagnostic: Diagnostic) -> dict[str, Any]:
    """A diagnostic as plain data; what is printed before the help leads it."""
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "help": [*_before_help(diagnostic), *diagnostic.help],
        **_json_place(diagnostic.span, diagnostic.path),
        "labels": [_json_label(label) for label in diagnostic.labels],
        "fix": _json_fix(diagnostic.fix),
    }


def _before_help(diagnostic: Diagnostic) -> list[str]:
    """What is printed at the underline, and the table."""
    return [text for text in (diagnostic.note, "\n".join(diagnostic.details)) if text]


def _json_label(label: Label) -> dict[str, Any]:
    return {"text": label.text, **_json_place(label.span, None)}


def _json_fix(fix: Fix | None) -> dict[str, Any] | None:
    if fix is None:
        return None
    return {"text": fix.text, "places": [_json_place(one, None) for one in fix.spans]}


def _json_place(span: Span | None, path: str | None) -> dict[str, Any]:
    if span is None:
        places = dict.fromkeys(("line", "column", "end_line", "end_column"))
        return {"path": path, **places}
    return {
        "path": span.source.name,
        "line": span.first.line,
        "column": span.first.column,
        "end_line": span.last.line,
        "end_column": span.last.column,
    }


def _concise(diagnostic: Diagnostic) -> str:
    place = diagnostic.path or ""
    if diagnostic.span is not None:
        at = diagnostic.span.first
        place = f"{diagnostic.span.source.name}:{at.line}:{at.column}"
    lead = f"{place}: " if place else ""
    severity = diagnostic.severity.value
    return printable(f"{lead}{severity}[{diagnostic.code}]: {diagnostic.message}")


def _github(diagnostic: Diagnostic) -> str:
    fields = {**_github_place(diagnostic), "title": diagnostic.code}
    shown = ",".join(f"{key}={_property(str(one))}" for key, one in fields.items())
    texts = (diagnostic.message, *_before_help(diagnostic), *diagnostic.help)
    lines = (printable(line) for text in texts for line in text.split("\n"))
    return f"::{diagnostic.severity.value} {shown}::{_data(chr(10).join(lines))}"


def _github_place(diagnostic: Diagnostic) -> dict[str, str | int]:
    span = diagnostic.span
    if span is None:
        return {"file": printable(diagnostic.path)} if diagnostic.path else {}
    place: dict[str, str | int] = {
        "file": printable(span.source.name),
        "line": span.first.line,
        "endLine": span.last.line,
    }
    # Columns count only where the annotation is of one line.
    if span.first.line == span.last.line:
        place |= {"col": span.first.column, "endColumn": span.last.column}
    return place


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
