"""Diagnostics of the compiler as those of the protocol.

In: an analysis. Out: what to publish for each file it found something in. A YAML file
that does not say it is a spec has none: editors start the server for all YAML.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lsprotocol import types

from modelspec.diagnostics import codes
from modelspec.diagnostics.diagnostic import Diagnostic, Label
from modelspec.diagnostics.span import Source
from modelspec.lsp.analysis import Analysis
from modelspec.lsp.positions import Positions

# Every code is explained in a file that is installed with modelspec.
_PAGE = Path(codes.__file__).with_name("codes.md").as_uri()
_QUIET = ("not-a-spec", "empty-file")
_LEVELS = {
    True: types.DiagnosticSeverity.Error,
    False: types.DiagnosticSeverity.Warning,
}
Uri = Callable[[str], str]


def problems_of(
    analysis: Analysis, uri: Uri, encoding: str
) -> dict[str, list[types.Diagnostic]]:
    """By the key of the file; the document itself always has a list."""
    document = analysis.document
    found: dict[str, list[types.Diagnostic]] = {document.key: []}
    translate = _Translation(document.key, uri, encoding)
    for one in analysis.compilation.diagnostics:
        if one.span is None and one.code in _QUIET:
            continue
        key = document.key if one.span is None else translate.key(one.span.source)
        found.setdefault(key, []).append(translate.diagnostic(one))
    return found


class _Translation:
    def __init__(self, root: str, uri: Uri, encoding: str) -> None:
        self._root, self._uri, self._encoding = root, uri, encoding
        self._positions: dict[int, Positions] = {}

    def key(self, source: Source) -> str:
        return source.path or self._root

    def diagnostic(self, one: Diagnostic) -> types.Diagnostic:
        start = types.Position(0, 0)
        place = types.Range(start, start)
        if one.span is not None:
            place = self._at(one.span.source).of_span(one.span)
        return types.Diagnostic(
            range=place,
            message=_message(one),
            severity=_LEVELS[one.is_error],
            code=one.code,
            code_description=types.CodeDescription(f"{_PAGE}#{one.code}"),
            source="modelspec",
            related_information=[self._related(label) for label in one.labels] or None,
            tags=_tags(one.code),
            data={"meant": one.fix.text} if one.fix is not None else None,
        )

    def _related(self, label: Label) -> types.DiagnosticRelatedInformation:
        source = label.span.source
        place = self._at(source).of_span(label.span)
        location = types.Location(self._uri(self.key(source)), place)
        return types.DiagnosticRelatedInformation(location, label.text)

    def _at(self, source: Source) -> Positions:
        if id(source) not in self._positions:
            self._positions[id(source)] = Positions(source.text, self._encoding)
        return self._positions[id(source)]


def _tags(code: str) -> list[types.DiagnosticTag] | None:
    faded = code.startswith("unused-") or code.startswith("unreachable")
    return [types.DiagnosticTag.Unnecessary] if faded else None


def _message(one: Diagnostic) -> str:
    """The sentence, and below it what a terminal shows around the underline."""
    note = f" ({one.note})" if one.note else ""
    return "\n".join((one.message + note, *one.details, *one.help))
