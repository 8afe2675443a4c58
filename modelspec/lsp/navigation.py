"""Where a name is defined, where it is used, and what a file holds.

In: a place in an open document. Out: locations and symbols of the protocol; None where
the place means nothing that the text defines. Answers come from the latest text that
could be read, and only where it has not moved since.
"""

from __future__ import annotations

from lsprotocol import types

from modelspec.diagnostics.span import Source, Span
from modelspec.lsp.index import Index, Kind, Occurrence, Symbol, source_key
from modelspec.lsp.positions import Positions
from modelspec.lsp.session import Analysis, Document, Session

_KINDS: dict[Kind, types.SymbolKind] = {
    "block": types.SymbolKind.Class,
    "function": types.SymbolKind.Function,
    "param": types.SymbolKind.Property,
    "var": types.SymbolKind.Variable,
    "child": types.SymbolKind.Field,
    "parameter": types.SymbolKind.Field,
    "buffer": types.SymbolKind.Field,
    "attribute": types.SymbolKind.Field,
    "constant": types.SymbolKind.Constant,
    "method": types.SymbolKind.Method,
    "input": types.SymbolKind.Variable,
}
# What is no part of an outline.
_HIDDEN = ("local", "input", "file")


def occurrence_at(
    session: Session, document: Document, offset: int
) -> tuple[Analysis, Index, Occurrence] | None:
    """What a place means, and the analysis that knows it.

    In a broken text, that of the last good one, if the same name stands there."""
    good = session.good(document)
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
    session: Session, document: Document, offset: int, encoding: str
) -> list[types.Location] | None:
    found = occurrence_at(session, document, offset)
    if found is None:
        return None
    _, index, occurrence = found
    spans = index.symbols[occurrence.id].spans
    return [_location(session, span, encoding) for span in spans]


def references_at(
    session: Session, document: Document, offset: int, encoding: str
) -> list[types.Location] | None:
    found = occurrence_at(session, document, offset)
    if found is None:
        return None
    _, index, occurrence = found
    return [
        _location(session, Span(index.source(key), one.start, one.end), encoding)
        for key, one in index.uses(occurrence.id)
    ]


def _location(session: Session, span: Span, encoding: str) -> types.Location:
    positions = Positions(span.source.text, encoding)
    return types.Location(session.uri(source_key(span.source)), positions.of_span(span))


# --- the outline of a file --------------------------------------------------------


def symbols_of(
    session: Session, document: Document, encoding: str
) -> list[types.DocumentSymbol] | None:
    """Blocks, and in each its params, vars, children, tensors and methods."""
    good = session.good(document)
    if good is None or good.index is None or good.source is None:
        return None
    positions = Positions(good.source.text, encoding)
    outline = _Outline(good.index, good.source, positions)
    return outline.blocks()


class _Outline:
    def __init__(self, index: Index, source: Source, positions: Positions) -> None:
        self._index, self._positions = index, positions
        self._here = [
            one
            for one in index.symbols.values()
            if one.spans[0].source is source and one.kind not in _HIDDEN
        ]

    def blocks(self) -> list[types.DocumentSymbol]:
        found = []
        for symbol in sorted(self._here, key=lambda one: one.spans[0].start):
            if symbol.kind == "block":
                found.append(
                    self._symbol(symbol, symbol.spans[0].text, self._in(symbol))
                )
            elif symbol.kind == "function":
                found.append(self._symbol(symbol, symbol.id.name, []))
        return found

    def _in(self, block: Symbol) -> list[types.DocumentSymbol]:
        inside = [
            one
            for one in self._here
            if one.id.owner == block.id.owner and one.id.space in ("local", "member")
        ]
        inside.sort(key=lambda one: one.spans[0].start)
        return self._level(inside, "")

    def _level(self, inside: list[Symbol], prefix: str) -> list[types.DocumentSymbol]:
        """The symbols right below a path; those deeper are their children."""
        found = []
        for one in inside:
            rest = one.id.name.removeprefix(prefix)
            if not one.id.name.startswith(prefix) or "." in _named(rest):
                continue
            below = self._level(inside, f"{one.id.name}.") if _nests(one) else []
            found.append(self._symbol(one, one.id.last, below))
        return found

    def _symbol(
        self, symbol: Symbol, name: str, below: list[types.DocumentSymbol]
    ) -> types.DocumentSymbol:
        span, whole = symbol.spans[0], symbol.whole
        start, end = min(span.start, whole.start), max(span.end, whole.end)
        return types.DocumentSymbol(
            name=name,
            kind=_KINDS[symbol.kind],
            range=self._positions.range(start, end),
            selection_range=self._positions.of_span(span),
            detail=symbol.text or symbol.kind,
            children=below,
        )


def _nests(symbol: Symbol) -> bool:
    return symbol.kind == "child"


def _named(path: str) -> str:
    """A path without its leading positions: `#0.#1.conv` is `conv`."""
    while path.startswith("#") and "." in path:
        path = path.partition(".")[2]
    return path
