"""Completion: what could be typed at the cursor.

In: a place in an open document. Out: a list of the protocol. The lines before the
cursor tell what is wanted there; the names come from the last text that compiled, so
that a line which is half written hides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types

from modelspec.lsp.candidates import Candidate, Candidates
from modelspec.lsp.cursor import read_cursor
from modelspec.lsp.index import Index
from modelspec.lsp.place import read_place
from modelspec.lsp.session import Document, Session


def completions_at(
    session: Session, document: Document, offset: int, encoding: str
) -> types.CompletionList:
    index = _index(session, document, offset)
    cursor = read_cursor(document.text, offset)
    key = document.key
    candidates = Candidates(index, key)
    place = read_place(cursor, candidates.takes_children)
    found = candidates.of(place, cursor.siblings)
    return types.CompletionList(False, list(_items(found)))


def _index(session: Session, document: Document, offset: int) -> Index | None:
    """Of the last text that compiled; if none did, of this one without its line."""
    good = session.good(document)
    if good is None:
        start = document.text.rfind("\n", 0, offset) + 1
        end = document.text.find("\n", offset)
        rest = document.text[end:] if end >= 0 else ""
        texts = {document.key: document.text[:start] + rest}
        good = session.compile(document, texts)
    return good.index


def _items(found: Iterable[Candidate]) -> Iterable[types.CompletionItem]:
    """The first candidate of a name wins; the order of candidates is kept."""
    seen: set[str] = set()
    for at, one in enumerate(found):
        if one.label in seen:
            continue
        seen.add(one.label)
        doc = types.MarkupContent(types.MarkupKind.Markdown, one.doc)
        yield types.CompletionItem(
            label=one.label,
            kind=one.kind,
            detail=one.detail or None,
            documentation=doc if one.doc else None,
            insert_text=one.insert if one.insert != one.label else None,
            sort_text=f"{at:05}",
        )
