"""Diagnostics as SARIF 2.1.0, which code scanning services read.

In: diagnostics, in order, and the version of the tool. Out: one log with one run, as
JSON text. The rules are the codes that were found, explained by the table of codes.
Columns count UTF-16 code units from 1, as the run says; files are named relative to
the working directory where they lie in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from modelspec.diagnostics.cells import printable
from modelspec.diagnostics.codes import Code, all_codes, render_code_markdown
from modelspec.diagnostics.diagnostic import Diagnostic, Fix, Label
from modelspec.diagnostics.span import Position, Source, Span

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT = "%SRCROOT%"


def render_sarif(diagnostics: Iterable[Diagnostic], version: str) -> str:
    """The whole log; without diagnostics it has a run without results."""
    found = tuple(diagnostics)
    codes = list(dict.fromkeys(one.code for one in found))
    driver = {
        "name": "modelspec",
        "semanticVersion": version,
        "rules": [_rule(code) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "utf16CodeUnits",
        "results": [_result(one, codes.index(one.code)) for one in found],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2)


def _rule(name: str) -> dict[str, Any]:
    code = all_codes().get(name, Code(name, name, ""))
    explanation = code.explanation or code.title
    return {
        "id": name,
        "shortDescription": {"text": code.title},
        "fullDescription": {"text": explanation},
        "help": {"text": explanation, "markdown": render_code_markdown(code)},
    }


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity.value,
        "message": {"text": _message(diagnostic)},
    }
    if diagnostic.span is not None:
        result["locations"] = [_location(diagnostic.span)]
    elif diagnostic.path is not None:
        result["locations"] = [{"physicalLocation": _artifact(diagnostic.path)}]
    if diagnostic.labels:
        related = enumerate(diagnostic.labels, 1)
        result["relatedLocations"] = [_related(at, label) for at, label in related]
    if diagnostic.fix is not None:
        result["fixes"] = [_fix(diagnostic.fix)]
    return result


def _fix(fix: Fix) -> dict[str, Any]:
    """What stands in each file for the places that are wrong."""
    changes: dict[str, dict[str, Any]] = {}
    for span in fix.spans:
        name, content = span.source.name, {"text": fix.text}
        change = changes.setdefault(name, {**_artifact(name), "replacements": []})
        replacement = {"deletedRegion": _region(span), "insertedContent": content}
        change["replacements"].append(replacement)
    words = {"text": printable(f"Change to '{fix.text}'")}
    return {"description": words, "artifactChanges": list(changes.values())}


def _message(diagnostic: Diagnostic) -> str:
    note = (diagnostic.note,) if diagnostic.note else ()
    texts = (diagnostic.message, *note, *diagnostic.help)
    return "\n".join(printable(line) for text in texts for line in text.split("\n"))


def _related(number: int, label: Label) -> dict[str, Any]:
    message = {"text": printable(label.text)}
    return {"id": number, **_location(label.span), "message": message}


def _location(span: Span) -> dict[str, Any]:
    place = _artifact(span.source.name)
    return {"physicalLocation": {**place, "region": _region(span)}}


def _region(span: Span) -> dict[str, int]:
    first, last = span.first, span.last
    return {
        "startLine": first.line,
        "startColumn": _units(span.source, first),
        "endLine": last.line,
        "endColumn": _units(span.source, last),
    }


def _units(source: Source, at: Position) -> int:
    """The column in UTF-16 code units: what is beyond the first plane counts two."""
    start = source.line_starts()[at.line - 1]
    before = source.text[start : start + at.column - 1]
    return at.column + sum(char > "\uffff" for char in before)


def _artifact(name: str) -> dict[str, Any]:
    """A file under the working directory by its path from there."""
    path = Path(name)
    if path.is_absolute():
        here = Path.cwd()
        if not path.is_relative_to(here):
            return {"artifactLocation": {"uri": path.as_uri()}}
        path = path.relative_to(here)
    uri = quote(path.as_posix(), errors="replace")
    return {"artifactLocation": {"uri": uri, "uriBaseId": _ROOT}}
