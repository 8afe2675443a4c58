"""The only place that knows the order of the stages.

In: a path or a text, and a policy. Out: a `Compilation`: the Program and what was
found. Never imports torch. `require` is the one place where errors become an
exception.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from modelspec.diagnostics.diagnostic import Diagnostic, Label, Report, SpecError
from modelspec.diagnostics.span import Source, Span
from modelspec.policy import Policy
from modelspec.program.ir import Program
from modelspec.records import dataclass

if TYPE_CHECKING:
    from modelspec.spec.loader import LoadedFile, ReadSource


@dataclass(frozen=True, slots=True, eq=False)
class Compilation:
    """`program` is None where the file could not even be read as a spec; `files` are
    those that were read, as they are written."""

    program: Program | None
    diagnostics: tuple[Diagnostic, ...]
    files: tuple[LoadedFile, ...] = ()

    @property
    def failed(self) -> bool:
        return any(one.is_error for one in self.diagnostics)

    def require(self) -> Program:
        """The Program, or `SpecError` with everything that was found."""
        if self.program is None or self.failed:
            raise SpecError(self.diagnostics)
        return self.program


def open_source(path: str, policy: Policy) -> Source | Diagnostic:
    """The text of a spec file."""
    from modelspec.syntax.source import read_source

    return read_source(path, policy.limits)


def open_text(data: bytes, policy: Policy, *, name: str) -> Source | Diagnostic:
    """A text that is no file, under a name."""
    from modelspec.syntax.source import decode_source

    return decode_source(data, policy.limits, name=name)


def compile_path(path: str, policy: Policy, *, to_build: bool = False) -> Compilation:
    """A spec file to a Program; `to_build` leaves to the build what it finds too."""
    source = open_source(path, policy)
    if isinstance(source, Diagnostic):
        return Compilation(None, (source,))
    return compile_source(source, policy, to_build=to_build)


def compile_text(data: bytes, policy: Policy, *, name: str = "<text>") -> Compilation:
    """A spec that is not a file; it can import only from the policy's folder."""
    source = open_text(data, policy, name=name)
    if isinstance(source, Diagnostic):
        return Compilation(None, (source,))
    return compile_source(source, policy)


def lower_source(source: Source, policy: Policy) -> Program | None:
    """The Program that a text reads as, before analysis; None where it has errors."""
    from modelspec.syntax.source import read_real

    report = Report()
    try:
        _, program = _lower(source, policy, read_real, report)
    except RecursionError:
        return None
    return None if report.failed else program


def compile_source(
    source: Source,
    policy: Policy,
    read: ReadSource | None = None,
    *,
    to_build: bool = False,
) -> Compilation:
    """A text to a Program; `read` reads its imports, by default from the disk."""
    report = Report()
    files: list[LoadedFile] = []
    try:
        program = _compile(source, policy, read, report, to_build, files)
    except RecursionError:
        # Each stage bounds its own depth; what is derived of many flat things (a
        # thousand blocks, each of which extends the next) can still be too deep.
        _too_deep(source, report)
        program = None
    return Compilation(program, _in_order(report.found, source), tuple(files))


def _compile(
    source: Source,
    policy: Policy,
    read: ReadSource | None,
    report: Report,
    to_build: bool,
    read_files: list[LoadedFile],
) -> Program | None:
    from modelspec.analysis import analyse
    from modelspec.syntax.source import read_real

    files, program = _lower(source, policy, read or read_real, report)
    read_files += files
    if program is None:
        return None
    found = analyse(program, report.found, limits=policy.limits, to_build=to_build)
    report.extend(found)
    if report.found:
        from modelspec.analysis.folding import told_once

        report.found[:] = [_with_import(one, files) for one in told_once(report.found)]
    return program


def _lower(
    source: Source, policy: Policy, read: ReadSource, report: Report
) -> tuple[tuple[LoadedFile, ...], Program | None]:
    from modelspec.program.lowering.program import lower_program
    from modelspec.spec.loader import load_files

    files = load_files(source, policy, report, read)
    if files is None:
        return (), None
    return files, lower_program(files, policy.limits, report)


def _with_import(found: Diagnostic, files: tuple[LoadedFile, ...]) -> Diagnostic:
    """An error in an imported file says what imports it, if not what uses it."""
    source = found.span.source if found.span is not None else None
    if source in (None, files[0].source) or not found.is_error:
        return found
    if any(one.span.source is not source for one in found.labels):
        return found
    key = next((one.key for one in files if one.source is source), None)
    spans = (i.span for one in files for i in one.imports if key and i.key == key)
    labels = tuple(Label(span, "imported here") for span in islice(spans, 1))
    return replace(found, labels=(*found.labels, *labels))


def _too_deep(source: Source, report: Report) -> None:
    report.error(
        "limit-exceeded",
        "the blocks of this spec use one another too deep",
        Span(source, 0, 0),
        help="let fewer blocks stand inside or extend one another",
    )


def _in_order(found: list[Diagnostic], root: Source) -> tuple[Diagnostic, ...]:
    """As a reader meets them: the root's file first, each file from top to bottom."""

    def place(one: Diagnostic) -> tuple[bool, str, int]:
        if one.span is None:
            return (False, "", -1)
        return (one.span.source is not root, one.span.source.name, one.span.start)

    return tuple(sorted(found, key=place))
