"""Formats for programs."""

from __future__ import annotations

import json

from modelspec.diagnostics import Diagnostic, Label, Severity, Source, Span
from modelspec.diagnostics.diagnostic import Fix, Report
from modelspec.diagnostics.formats import render_concise, render_github, render_json

SOURCE = Source("a,b:c.yaml", "a: 100%\nb: 2\n")
FOUND = [
    Diagnostic(
        "bad-value",
        "100% wrong\n::error::",
        Span(SOURCE, 3, 7),
        "note",
        ("do this",),
        (Label(Span(SOURCE, 8, 9), "set here"),),
    ),
    Diagnostic("c", "m", Span(SOURCE, 3, 12), severity=Severity.WARNING),
    Diagnostic("file-not-found", "none", None, path="x.yaml"),
    Diagnostic("d", "m", None),
]


def test_concise() -> None:
    """One line each, whatever is in the message."""
    assert render_concise(FOUND).split("\n") == [
        "a,b:c.yaml:1:4: error[bad-value]: 100% wrong␊::error::",
        "a,b:c.yaml:1:4: warning[c]: m",
        "x.yaml: error[file-not-found]: none",
        "error[d]: m",
    ]


def test_github() -> None:
    """Properties and text are escaped, so that no message is a command."""
    assert render_github(FOUND).split("\n") == [
        "::error file=a%2Cb%3Ac.yaml,line=1,endLine=1,col=4,endColumn=8,title=bad-value"
        "::100%25 wrong%0A::error::%0Anote%0Ado this",
        "::warning file=a%2Cb%3Ac.yaml,line=1,endLine=2,title=c::m",
        "::error file=x.yaml,title=file-not-found::none",
        "::error title=d::m",
    ]


def test_github_escapes() -> None:
    """Nothing in a path or a message ends a property or begins a command."""
    source = Source("50%,a:b\r\n::c.yaml", "x\n")
    (line,) = render_github(
        [Diagnostic("c", "a % b\r\n::error::%0A", Span(source, 0, 1))]
    ).splitlines()
    assert line == (
        "::error file=50%25%2Ca%3Ab␍␊%3A%3Ac.yaml,line=1,endLine=1,col=1,endColumn=2,"
        "title=c::a %25 b␍%0A::error::%250A"
    )


def test_json() -> None:
    """One array of objects with the documented keys; places may be null."""
    first, _, third, _ = json.loads(render_json(FOUND))
    assert first == {
        "code": "bad-value",
        "severity": "error",
        "message": "100% wrong\n::error::",
        "help": ["note", "do this"],
        "path": "a,b:c.yaml",
        "line": 1,
        "column": 4,
        "end_line": 1,
        "end_column": 8,
        "labels": [
            {
                "text": "set here",
                "path": "a,b:c.yaml",
                "line": 2,
                "column": 1,
                "end_line": 2,
                "end_column": 2,
            }
        ],
        "fix": None,
    }
    assert (third["path"], third["line"]) == ("x.yaml", None)
    assert json.loads(render_json([])) == []


def test_fix_as_json() -> None:
    """The text, and each place that it stands for."""
    spans = (Span(SOURCE, 0, 1), Span(SOURCE, 8, 9))
    found = Diagnostic("c", "m", spans[0], fix=Fix(spans, "x"))
    fix = json.loads(render_json([found]))[0]["fix"]
    assert fix["text"] == "x"
    assert [(one["line"], one["column"]) for one in fix["places"]] == [(1, 1), (2, 1)]
    assert {one["path"] for one in fix["places"]} == {"a,b:c.yaml"}


def test_what_was_meant_is_said_and_mends() -> None:
    """The note proposes it; inside of quotes the quotes stay."""
    source = Source("a.yaml", "mode: 'zero'")
    report = Report()
    report.error("c", "m", Span(source, 6, 12), meant="zeros")
    report.error("c", "m", Span(source, 0, 4), meant="more", note="else")
    quoted, plain = report.found
    assert (quoted.note, quoted.fix) == (
        "did you mean 'zeros'?",
        Fix((Span(source, 7, 11),), "zeros"),
    )
    assert (plain.note, plain.fix) == ("else", Fix((Span(source, 0, 4),), "more"))
