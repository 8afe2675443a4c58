"""A spec in the one style, and that it still is the same spec.

In: a source. Out: its text laid out, or diagnostics where it does not read as a spec.
`formatting` compares what is written; here the compiler does: a spec that means a
Program means the same one afterwards, else that is an `InternalError`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from modelspec.diagnostics.diagnostic import (
    Diagnostic,
    InternalError,
    Report,
    SpecError,
)
from modelspec.diagnostics.span import Source
from modelspec.driver import lower_source
from modelspec.formatting import format_source
from modelspec.output.files import PlannedFile, find_obstacle
from modelspec.output.staging import write_files
from modelspec.policy import Policy
from modelspec.records import dataclass


@dataclass(frozen=True, slots=True)
class Formatted:
    """`text` is None where the spec has to stay as it is."""

    source: Source
    text: str | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def changed(self) -> bool:
        return self.text is not None and self.text != self.source.text


def format_spec(source: Source, policy: Policy) -> Formatted:
    """The text of a spec in the one style."""
    report = Report()
    try:
        text = format_source(source, policy.limits, report)
    except InternalError as error:
        raise InternalError(f"{source.name}: {error}") from error
    done = Formatted(source, text, tuple(report.found))
    if text is not None and done.changed:
        _verify_program(source, Source(source.name, text, source.path), policy)
    return done


def write_formatted(specs: Iterable[Formatted]) -> None:
    """Rewrite the files of specs, all or none; `SpecError` where one cannot be."""
    files = [
        PlannedFile(Path(one.source.name), one.text)
        for one in specs
        if one.text is not None
    ]
    found = [obstacle for one in files if (obstacle := find_obstacle(one.path))]
    if found:
        raise SpecError(found)
    write_files(files)


def _verify_program(before: Source, after: Source, policy: Policy) -> None:
    """Raise where a spec that lowers without errors would become another."""
    from modelspec.program.dump import dump_program

    # What analysis finds it finds in the Program: an equal one has the same mistakes.
    old = lower_source(before, policy)
    if old is None:
        return
    new = lower_source(after, policy)
    if new is None:
        raise InternalError(f"{before.name}: formatting would break the spec")
    if dump_program(old) != dump_program(new):
        raise InternalError(f"{before.name}: formatting would change its meaning")
