"""Specs to Programs, for tests of the lowering."""

from __future__ import annotations

from modelspec.diagnostics.diagnostic import Diagnostic, Report
from modelspec.policy import Policy
from modelspec.program.dump import dump_program
from modelspec.program.ir import Program
from modelspec.program.lowering.program import lower_program
from modelspec.spec.loader import load_files
from modelspec.syntax.source import decode_source, read_source


def lower_text(text: str) -> tuple[Program, list[Diagnostic]]:
    source = decode_source(text.encode(), Policy().limits, name="test.yaml")
    assert not isinstance(source, Diagnostic), source
    return _lower(source)


def lower_path(path: str) -> tuple[Program, list[Diagnostic]]:
    source = read_source(path, Policy().limits)
    assert not isinstance(source, Diagnostic), source
    return _lower(source)


def dump_text(text: str) -> str:
    """The dump of a spec that has no mistakes."""
    program, found = lower_text(text)
    assert not found, [one.message for one in found]
    return dump_program(program)


def _lower(source: object) -> tuple[Program, list[Diagnostic]]:
    report = Report()
    files = load_files(source, Policy(), report)  # type: ignore[arg-type]
    assert files is not None, report.found
    return lower_program(files, Policy().limits, report), report.found
