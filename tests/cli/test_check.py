"""`modelspec check`, and the formats of diagnostics, which all commands share."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelspec.cli.console import first_of
from modelspec.diagnostics import Diagnostic, Severity
from tests.cli.commands import MLP, RESNET, WRONG, run

PLACE = {"path", "line", "column", "end_line", "end_column"}


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "wrong.yaml"
    path.write_text(WRONG, encoding="utf-8")
    return path


def test_specs_without_errors() -> None:
    """One line, on standard output, that says so."""
    found = run("check", RESNET, RESNET)
    assert (found.status, found.err) == (0, "")
    assert found.out == "2 specs checked, no errors\n"


def test_quiet() -> None:
    assert run("check", "--quiet", RESNET) == run("check", "-q", RESNET)
    assert run("check", "-q", RESNET).out == ""


def test_errors_are_on_standard_error_with_a_summary(wrong: Path) -> None:
    found = run("check", wrong)
    assert (found.status, found.out) == (1, "")
    assert f"--> {wrong}:4:" in found.err
    assert found.err.endswith("\n\n1 error\n")


def test_all_specs_are_checked(wrong: Path, spec: Path) -> None:
    """One that is wrong does not end the run; what two share is told once."""
    found = run("check", wrong, spec, wrong, "missing.yaml")
    assert found.status == 1
    assert found.err.endswith("\n\n2 errors\n")


def test_warnings_are_no_errors(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(
        MLP + "blocks:\n  Unused:\n    Sequential: [ReLU]\n", encoding="utf-8"
    )
    found = run("check", spec)
    assert found.status == 0
    assert "warning[unused-block]" in found.err
    assert found.err.endswith("\n1 warning\n")


def test_json_is_one_array_on_standard_output(wrong: Path, spec: Path) -> None:
    found = run("check", "--format", "json", wrong, spec, "missing.yaml")
    assert (found.status, found.err) == (1, "")
    first, second = json.loads(found.out)
    fields = {"code", "severity", "message", "help", "labels", "fix"} | PLACE
    assert set(first) == set(second) == fields
    assert first["path"] == str(wrong)
    assert first["line"] == 4
    assert (second["code"], second["line"]) == ("file-not-found", None)


def test_json_of_nothing_is_an_empty_array(spec: Path) -> None:
    found = run("check", "--format", "json", spec)
    assert (found.status, json.loads(found.out), found.err) == (0, [], "")


def test_sarif_is_one_document_on_standard_output(wrong: Path, spec: Path) -> None:
    found = run("check", "--format", "sarif", wrong, spec, "missing.yaml")
    assert (found.status, found.err) == (1, "")
    (ran,) = json.loads(found.out)["runs"]
    first, second = ran["results"]
    assert first["locations"][0]["physicalLocation"]["region"]["startLine"] == 4
    assert second["ruleId"] == "file-not-found"
    assert json.loads(run("check", "--format", "sarif", spec).out)["runs"]


MISTAKES = """\
modelspec: 1
name: Net
Sequential:
""" + "".join(f"  - Linaer{n}(4, 4)\n" for n in range(25))


@pytest.mark.parametrize("form", ["full", "concise"])
def test_twenty_are_shown_and_the_rest_is_counted(tmp_path: Path, form: str) -> None:
    """Of the whole run, whichever files they are in."""
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text(MISTAKES, encoding="utf-8")
    second.write_text(MISTAKES, encoding="utf-8")
    found = run("check", "--format", form, first, second)
    assert found.err.count("error[unknown-name]") == 20
    assert "... and 30 more; --max-errors 0 shows all\n" in found.err
    assert found.err.endswith("50 errors\n")
    every = run("check", "--format", form, "--max-errors", "0", first, second)
    assert every.err.count("error[unknown-name]") == 50
    assert " more" not in every.err
    few = run("check", "--format", form, "--max-errors", "3", first)
    assert few.err.count("error[unknown-name]") == 3
    assert "... and 22 more; --max-errors 0 shows all" in few.err


@pytest.mark.parametrize("form", ["json", "sarif", "github"])
def test_programs_are_told_everything(tmp_path: Path, form: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(MISTAKES, encoding="utf-8")
    found = run("check", "--format", form, "--max-errors", "3", path)
    assert (found.out + found.err).count("nothing is named") == 25


def test_errors_are_shown_before_warnings() -> None:
    found = [
        Diagnostic("a", "m", None, severity=Severity.WARNING),
        Diagnostic("b", "m", None),
        Diagnostic("c", "m", None, severity=Severity.WARNING),
        Diagnostic("d", "m", None),
    ]
    assert [one.code for one in first_of(found, 3)] == ["a", "b", "d"]
    assert [one.code for one in first_of(found, 1)] == ["b"]


def test_the_number_shown_is_a_number(spec: Path) -> None:
    assert run("check", "--max-errors", "-1", spec).status == 2
    assert run("check", "--max-errors", "many", spec).status == 2


def test_concise(wrong: Path) -> None:
    found = run("check", "--format", "concise", wrong)
    first, summary = found.err.splitlines()
    assert first.startswith(f"{wrong}:4:")
    assert summary == "1 error"


def test_github(wrong: Path) -> None:
    (line,) = run("check", "--format", "github", wrong).err.splitlines()
    assert line.startswith("::error file=")


def test_standard_input() -> None:
    """`-` is standard input, known as <stdin>."""
    assert run("check", "-", stdin=MLP).status == 0
    found = run("check", "-", stdin=WRONG)
    assert found.status == 1
    assert "--> <stdin>:4:" in found.err


def test_a_variant_is_looked_up(spec: Path) -> None:
    assert run("check", f"{spec}:wide").status == 0
    found = run("check", f"{spec}:wied")
    assert found.status == 2
    assert "did you mean 'wide'?" in found.err


def test_limits_are_the_callers(spec: Path) -> None:
    found = run("check", "--max-nesting", "2", spec)
    assert found.status == 1
    assert "nesting-limit" in found.err
    assert run("check", "--max-nesting", "none", spec).status == 2
    assert run("check", "--max-seconds", "0.5", spec).status == 0
