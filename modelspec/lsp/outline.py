"""The outline of a file: its blocks, and what each holds.

In: an open document. Out: symbols of the protocol, as the last text that could be read
has them; None where none could.
"""

from __future__ import annotations

from lsprotocol import types

from modelspec.diagnostics.span import Source
from modelspec.lsp.analysis import Document
from modelspec.lsp.index import Index, Kind, Symbol
from modelspec.lsp.positions import Positions
from modelspec.lsp.session import View

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


def symbols_of(
    view: View, document: Document, encoding: str
) -> list[types.DocumentSymbol] | None:
    """Blocks, and in each its params, vars, children, tensors and methods."""
    good = view.good(document)
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
            detail=_written(symbol) or symbol.kind,
            children=below,
        )


def _nests(symbol: Symbol) -> bool:
    return symbol.kind == "child"


def _named(path: str) -> str:
    """A path without its leading positions: `#0.#1.conv` is `conv`."""
    while path.startswith("#") and "." in path:
        path = path.partition(".")[2]
    return path


def _written(symbol: Symbol) -> str:
    """How a child is written, if that is one line."""
    text = symbol.value.span.text if symbol.value is not None else ""
    return "" if "\n" in text else text
