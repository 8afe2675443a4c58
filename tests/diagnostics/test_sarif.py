"""SARIF: what the standard requires, and columns as it counts them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from modelspec.diagnostics import Diagnostic, Label, Severity, Source, Span
from modelspec.diagnostics.codes import all_codes
from modelspec.diagnostics.diagnostic import Fix
from modelspec.diagnostics.sarif import render_sarif


def log_of(*found: Diagnostic) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(render_sarif(found, "1.2.3"))
    check_log(log)
    return log


def results_of(*found: Diagnostic) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = log_of(*found)["runs"][0]["results"]
    return results


def check_log(log: dict[str, Any]) -> None:
    """What the schema of SARIF 2.1.0 requires of the parts that are written."""
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"]
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    for rule in rules:
        assert rule["shortDescription"]["text"]
        assert rule["help"]["text"]
    for result in run["results"]:
        assert result["message"]["text"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        for location in [
            *result.get("locations", []),
            *result.get("relatedLocations", []),
        ]:
            check_location(location["physicalLocation"])


def check_location(place: dict[str, Any]) -> None:
    assert place["artifactLocation"]["uri"]
    region = place.get("region")
    if region is not None:
        assert min(region.values()) >= 1
        first = (region["startLine"], region["startColumn"])
        assert first <= (region["endLine"], region["endColumn"])


def test_a_result() -> None:
    """Where, what and how bad; notes and help belong to the message."""
    source = Source("nets/a b.yaml", "a: 100%\nb: 2\n")
    label = Label(Span(source, 8, 9), "set here")
    (found,) = results_of(
        Diagnostic(
            "unknown-key", "wrong", Span(source, 3, 7), "note", ("do this",), (label,)
        )
    )
    file = {"uri": "nets/a%20b.yaml", "uriBaseId": "%SRCROOT%"}

    def place(line: int, start: int, end: int) -> dict[str, Any]:
        region = {
            "startLine": line,
            "startColumn": start,
            "endLine": line,
            "endColumn": end,
        }
        return {"physicalLocation": {"artifactLocation": file, "region": region}}

    assert found == {
        "ruleId": "unknown-key",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": "wrong\nnote\ndo this"},
        "locations": [place(1, 4, 8)],
        "relatedLocations": [
            {"id": 1, **place(2, 1, 2), "message": {"text": "set here"}}
        ],
    }


def test_a_fix() -> None:
    """The standard's own form: for each file what is deleted and what is inserted."""
    source = Source("a.yaml", "a: 1\nb: 2\n")
    spans = (Span(source, 0, 1), Span(source, 5, 6))
    (found,) = results_of(Diagnostic("c", "m", spans[0], fix=Fix(spans, "name")))
    (fix,) = found["fixes"]
    assert fix["description"]["text"] == "Change to 'name'"
    (change,) = fix["artifactChanges"]
    check_location(change)
    assert change["artifactLocation"]["uri"] == "a.yaml"
    for line, one in enumerate(change["replacements"], 1):
        assert one["insertedContent"] == {"text": "name"}
        region = one["deletedRegion"]
        assert (region["startLine"], region["startColumn"]) == (line, 1)
        assert (region["endLine"], region["endColumn"]) == (line, 2)
    assert len(change["replacements"]) == 2


def test_columns_count_utf16() -> None:
    """A character beyond the first plane is two units."""
    source = Source("a", "x\n世😀 bc 😀\n")
    start = source.text.index("bc")
    (found,) = results_of(Diagnostic("c", "m", Span(source, start, start + 4)))
    assert found["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 2,
        "startColumn": 5,
        "endLine": 2,
        "endColumn": 10,
    }


def test_rules_are_explained_once() -> None:
    """Each code that was found is a rule, with the text of the table."""
    found = [Diagnostic(code, "m", None) for code in ("merge-key", "c", "merge-key")]
    run = log_of(*found)["runs"][0]
    first, second = run["tool"]["driver"]["rules"]
    assert first["help"]["text"] == all_codes()["merge-key"].explanation
    assert "```" in first["help"]["markdown"]
    assert second["id"] == "c"
    assert [one["ruleIndex"] for one in run["results"]] == [0, 1, 0]


def test_every_code_makes_a_rule() -> None:
    log_of(*(Diagnostic(code, "m", None) for code in all_codes()))


def test_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative to the working directory, where the file is under it."""
    monkeypatch.chdir(tmp_path)
    paths = [f"{tmp_path}/a.yaml", "b/c.yaml", "/elsewhere/d.yaml"]
    found = [Diagnostic("c", "m", None, path=path) for path in paths]
    uris = [
        one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for one in results_of(*found)
    ]
    assert uris == ["a.yaml", "b/c.yaml", "file:///elsewhere/d.yaml"]


def test_warnings_and_nothing() -> None:
    """A diagnostic may have no place, a run no result."""
    (warning,) = results_of(Diagnostic("c", "m", None, severity=Severity.WARNING))
    assert warning["level"] == "warning"
    assert "locations" not in warning
    assert results_of() == []
