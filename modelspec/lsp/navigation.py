"""Where a name is defined, and where it is used.

In: a place in an open document. Out: locations of the protocol; None where
the place means nothing that the text defines. Answers come from the latest text that
could be read, and only where it has not moved since.
"""

from __future__ import annotations

from lsprotocol import types

from modelspec.diagnostics.span import Span
from modelspec.lsp.analysis import Analysis, Document
from modelspec.lsp.index import Index, Occurrence, source_key
from modelspec.lsp.positions import Positions
from modelspec.lsp.session import View


def occurrence_at(
    view: View, document: Document, offset: int
) -> tuple[Analysis, Index, Occurrence] | None:
    """What a place means, and the analysis that knows it.

    In a broken text, that of the last good one, if the same name stands there."""
    good = view.good(document)
    if good is None or good.index is None or good.source is None:
        return None
    key, text = source_key(good.source), good.source.text
    if good.document is not document:
        offset += _moved(text, document.text, offset)
    found = good.index.at(key, offset)
    return None if found is None else (good, good.index, found)


def _moved(before: str, now: str, offset: int) -> int:
    """How far what stands after a change has moved since."""
    same = 0
    for one, other in zip(before, now, strict=False):
        if one != other:
            break
        same += 1
    return 0 if offset <= same else len(before) - len(now)


def definitions_at(
    view: View, document: Document, offset: int, encoding: str
) -> list[types.Location] | None:
    found = occurrence_at(view, document, offset)
    if found is None:
        return None
    _, index, occurrence = found
    spans = index.symbols[occurrence.id].spans
    return [_location(view, span, encoding) for span in spans]


def references_at(
    view: View, document: Document, offset: int, encoding: str, *, declared: bool
) -> list[types.Location] | None:
    """The uses in all files that were read, with the definitions if `declared`."""
    found = occurrence_at(view, document, offset)
    if found is None:
        return None
    _, index, occurrence = found
    spans = [
        Span(index.source(key), one.start, one.end)
        for key, one in index.uses(occurrence.id)
    ]
    definitions = index.symbols[occurrence.id].spans
    return [
        _location(view, span, encoding)
        for span in spans
        if declared or span not in definitions
    ]


def highlights_at(
    view: View, document: Document, offset: int, encoding: str
) -> list[types.DocumentHighlight] | None:
    """The uses in the file itself, if its text is the one that is known."""
    found = occurrence_at(view, document, offset)
    if found is None or found[0].document is not document:
        return None
    analysis, index, occurrence = found
    assert analysis.source is not None
    positions = Positions(analysis.source.text, encoding)
    definitions = {
        (one.start, one.end)
        for one in index.symbols[occurrence.id].spans
        if one.source is analysis.source
    }
    here = source_key(analysis.source)
    return [
        types.DocumentHighlight(
            positions.range(one.start, one.end),
            types.DocumentHighlightKind.Write
            if (one.start, one.end) in definitions
            else types.DocumentHighlightKind.Read,
        )
        for key, one in index.uses(occurrence.id)
        if key == here
    ]


def _location(view: View, span: Span, encoding: str) -> types.Location:
    positions = Positions(span.source.text, encoding)
    return types.Location(view.uri(source_key(span.source)), positions.of_span(span))
