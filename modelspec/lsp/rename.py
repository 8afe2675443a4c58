"""Rename what a spec names, with all its uses.

In: a place in an open document, and the new name. Out: the edits, or in words why the
name cannot be given. Specs of the workspace that import the file are edited too. What
was edited is compiled: a rename that would bring a mistake, or change what a spec means
but for the name, is refused.
"""

from __future__ import annotations

from lsprotocol import types

from modelspec.lsp.analysis import Analysis, Document
from modelspec.lsp.importers import importers_of
from modelspec.lsp.index import Index, Symbol, source_key
from modelspec.lsp.navigation import occurrence_at
from modelspec.lsp.positions import Positions
from modelspec.lsp.renamable import doubts_about, is_renamed, loose_uses, name_problems
from modelspec.lsp.sameness import broken_by
from modelspec.lsp.session import View

_NOT_RENAMED = (
    "only blocks, functions, methods, children, tensors, params, vars, constants and "
    "names of loops can be renamed"
)


def prepare_rename(
    view: View, document: Document, offset: int, encoding: str
) -> types.Range | None:
    """The name that would be renamed; None where nothing can be."""
    found = occurrence_at(view, document, offset)
    if found is None or found[0].document is not document:
        return None
    analysis, index, occurrence = found
    assert analysis.source is not None
    if not is_renamed(index.symbols[occurrence.id]):
        return None
    positions = Positions(analysis.source.text, encoding)
    return positions.range(occurrence.start, occurrence.end)


def rename_at(
    view: View, document: Document, offset: int, name: str, encoding: str
) -> types.WorkspaceEdit | str:
    """The edits of all files, or why there are none."""
    found = occurrence_at(view, document, offset)
    if found is None or not is_renamed(found[1].symbols[found[2].id]):
        return _NOT_RENAMED
    analysis, index, occurrence = found
    if analysis.document is not document or analysis.source is None:
        return "the spec cannot be read as it is: mend it first"
    old = analysis.source.text[occurrence.start : occurrence.end]
    renaming = _Renaming(view, index, index.symbols[occurrence.id], old, name)
    if old != renaming.symbol.written:
        renaming.only = source_key(analysis.source)
    problem = renaming.run(analysis)
    if problem is not None:
        return f"'{old}' cannot be renamed to '{name}': {problem}"
    return renaming.edit(encoding)


class _Renaming:
    """`only` is the one file in which a name is known by an alias, which does not
    change what it is called elsewhere."""

    def __init__(
        self, view: View, index: Index, symbol: Symbol, old: str, name: str
    ) -> None:
        self.view, self.index, self.symbol = view, index, symbol
        self.old, self.name = old, name
        self.only: str | None = None
        self.places: dict[str, set[tuple[int, int]]] = {}
        self.texts: dict[str, str] = {}

    def run(self, analysis: Analysis) -> str | None:
        """Find all places; why it cannot be done, if it cannot."""
        roots = [analysis]
        home = self.symbol.spans[0].source.path
        if home is not None and self.only is None:
            roots += importers_of(self.view, home, analysis.document)
        for root in roots:
            problem = self._of_root(root)
            if problem is not None:
                return problem
        instead = {key: self._renamed(key) for key in self.places}
        for root in roots:
            problem = broken_by(self.view, root, instead, self.old, self.name)
            if problem is not None:
                return problem
        return None

    def edit(self, encoding: str) -> types.WorkspaceEdit:
        changes = {}
        for key, places in sorted(self.places.items()):
            positions = Positions(self.texts[key], encoding)
            changes[self.view.uri(key)] = [
                types.TextEdit(positions.range(start, end), self.name)
                for start, end in sorted(places)
            ]
        return types.WorkspaceEdit(changes=changes)

    def _of_root(self, root: Analysis) -> str | None:
        """The places in one spec and what it imports."""
        index = root.index
        assert index is not None
        span = self.symbol.spans[0]
        here = index.at(source_key(span.source), span.start)
        if here is None:
            return None
        symbol = index.symbols[here.id]
        loose = list(loose_uses(index, symbol, self.old))
        for problem in (
            *name_problems(index, symbol, self.name),
            *doubts_about(index, symbol, loose),
        ):
            return problem
        for key, one in index.uses(here.id):
            self._add(key, index, one.start, one.end)
        for part in loose:
            self._add(source_key(part.source), index, part.start, part.end)
        return None

    def _add(self, key: str, index: Index, start: int, end: int) -> None:
        text = index.source(key).text
        if self.only in (None, key) and text[start:end] == self.old:
            self.places.setdefault(key, set()).add((start, end))
            self.texts[key] = text

    def _renamed(self, key: str) -> str:
        text = self.texts[key]
        for start, end in sorted(self.places[key], reverse=True):
            text = text[:start] + self.name + text[end:]
        return text
