"""Completion: what could be typed at the cursor.

In: a place in an open document. Out: a list of the protocol. The lines before the
cursor tell what is wanted there; the names come from the last text that compiled, so
that a line which is half written hides nothing. The caller has it, as it must be waited
for where there is none yet.
"""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types

from modelspec.lsp.analysis import Analysis, Document
from modelspec.lsp.candidate import Candidate
from modelspec.lsp.candidates import Candidates
from modelspec.lsp.cursor import read_cursor
from modelspec.lsp.index import Index
from modelspec.lsp.known import Known
from modelspec.lsp.place import read_place
from modelspec.lsp.session import View


def completions_at(
    index: Index | None, document: Document, offset: int
) -> types.CompletionList:
    """`index` is that of the last text that could be read."""
    cursor = read_cursor(document.text, offset)
    known = Known(index, document.key)
    place = read_place(cursor, known.takes_children)
    found = Candidates(known).of(place, cursor.siblings)
    return types.CompletionList(False, list(_items(found)))


def analyse_around(view: View, document: Document, offset: int) -> Analysis:
    """A text of which nothing could be read yet, without the line that is typed."""
    start = document.text.rfind("\n", 0, offset) + 1
    end = document.text.find("\n", offset)
    rest = document.text[end:] if end >= 0 else ""
    return view.compile(document, {document.key: document.text[:start] + rest})


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
