"""Rename a child, tensor, param, var or loop name, with all its uses.

In: a place in an open document, and the new name. Out: the edits, or in words why the
name cannot be given. Specs of the workspace that import the file are edited too. What
was edited is compiled: a rename that would bring a mistake is refused.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from lsprotocol import types

from modelspec.catalog import load_catalog
from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.diagnostics.span import Span
from modelspec.lsp.analysis import Analysis, Document
from modelspec.lsp.index import Index, Occurrence, Symbol, SymbolId, source_key
from modelspec.lsp.navigation import occurrence_at
from modelspec.lsp.positions import Positions
from modelspec.lsp.session import View
from modelspec.program.names import identifier_problem, name_problem

_RENAMED = ("param", "var", "local", "child", "parameter", "buffer", "attribute")
_MOST_FILES = 500
_MOST_FOLDERS = 1000
_SKIPPED = re.compile(r"\.|node_modules$|site-packages$|__pycache__$")
_IMPORTS = re.compile(r"^imports\s*:", re.MULTILINE)


def prepare_rename(
    view: View, document: Document, offset: int, encoding: str
) -> types.Range | None:
    """The name that would be renamed; None where nothing can be."""
    found = occurrence_at(view, document, offset)
    if found is None or found[0].document is not document:
        return None
    analysis, index, occurrence = found
    symbol = index.symbols[occurrence.id]
    assert analysis.source is not None
    if not _is_renamed(symbol):
        return None
    positions = Positions(analysis.source.text, encoding)
    return positions.range(occurrence.start, occurrence.end)


def rename_at(
    view: View, document: Document, offset: int, name: str, encoding: str
) -> types.WorkspaceEdit | str:
    """The edits of all files, or why there are none."""
    found = occurrence_at(view, document, offset)
    if found is None or not _is_renamed(found[1].symbols[found[2].id]):
        return "only children, tensors, params and vars can be renamed"
    analysis, index, occurrence = found
    if analysis.document is not document:
        return "the spec cannot be read as it is: mend it first"
    symbol = index.symbols[occurrence.id]
    problem = _problem(index, symbol, name)
    if problem is not None:
        return f"'{symbol.id.last}' cannot be renamed to '{name}': {problem}"
    roots = [analysis, *_importers(view, symbol, document)]
    doubtful = next(_doubtful(roots, symbol), None)
    if doubtful is not None:
        return f"'{symbol.id.last}' cannot be renamed to '{name}': {doubtful}"
    edits, texts = _edits(roots, symbol, name)
    broken = next(_broken(view, roots, texts), None)
    if broken is not None:
        return f"'{symbol.id.last}' cannot be renamed to '{name}': {broken}"
    return types.WorkspaceEdit(
        changes={
            view.uri(key): _text_edits(places, texts[key][0], name, encoding)
            for key, places in sorted(edits.items())
        }
    )


def _is_renamed(symbol: Symbol) -> bool:
    # A method's arguments may be given by name where nothing here sees it.
    if symbol.kind == "local" and symbol.id.space != "local":
        return False
    return symbol.kind in _RENAMED and "#" not in symbol.id.last


def _problem(index: Index, symbol: Symbol, name: str) -> str | None:
    """Why a name is not legal here, or taken."""
    id = symbol.id
    if id.space == "member":
        block = index.block(id.owner)
        base = "Module" if block is None or "." in id.name else block.base.kind
        problem = name_problem(name, "Module" if base == "extends" else base)
    else:
        problem = identifier_problem(name)
    if problem is not None or name == id.last:
        return problem
    path = f"{id.name[: len(id.name) - len(id.last)]}{name}"
    spaces = (id.space, "local") if symbol.kind == "var" else (id.space,)
    for space in spaces:
        taken = index.symbols.get(SymbolId(id.owner, space, path))
        if taken is not None:
            return f"there is a {taken.kind} of that name already"
    return None


# --- who else uses the name ----------------------------------------------------------


def _importers(view: View, symbol: Symbol, document: Document) -> Iterator[Analysis]:
    """Specs that import the file in which the name is defined."""
    home = symbol.spans[0].source.path
    if home is None:
        return
    for path in _specs_near(home, view):
        known = view.documents.get(path)
        if path == document.key:
            continue
        analysis = view.compile(known) if known else _read(view, path)
        if (
            analysis is not None
            and analysis.index is not None
            and home in analysis.read
        ):
            yield analysis


def _specs_near(home: str, view: View) -> list[str]:
    """Open documents, and the YAML files that could import a file: those of the
    workspace it is in, else those of its folder."""
    found = {home, *(key for key, one in view.documents.items() if one.path)}
    around = (one for one in view.folders if home.startswith(one + os.sep))
    top = max(around, key=len, default=os.path.dirname(home))
    for at, (folder, folders, names) in enumerate(os.walk(top)):
        folders[:] = sorted(name for name in folders if not _SKIPPED.match(name))
        for name in sorted(names):
            if name.endswith((".yaml", ".yml")):
                found.add(os.path.realpath(os.path.join(folder, name)))
        if at >= _MOST_FOLDERS or len(found) >= _MOST_FILES:
            break
    return sorted(found)


def _read(view: View, path: str) -> Analysis | None:
    """A file that is not open, if it imports anything."""
    from modelspec.syntax.source import read_real

    source = read_real(path, view.policy.limits)
    if isinstance(source, Diagnostic) or not _IMPORTS.search(source.text):
        return None
    return view.compile(Document(path, view.uri(path), source.text))


def _patterns(index: Index, symbol: Symbol) -> Iterator[Span]:
    """Parts of patterns that have the name of a child or tensor."""
    if symbol.id.space == "member":
        yield from (one for one in index.loose if one.text == symbol.id.last)


def _doubtful(roots: list[Analysis], symbol: Symbol) -> Iterator[str]:
    """Patterns that may mean something else of the same name too."""
    last = symbol.id.last
    for root in roots:
        index = root.index
        assert index is not None
        same = [
            one
            for one in index.symbols.values()
            if one.id.space == "member" and one.id.last == last
        ]
        if symbol.kind == "child" and len(same) == 1 and not _is_inside_layers(last):
            continue
        for part in _patterns(index, symbol):
            line = part.first.line
            yield f"the pattern in line {line} may mean others of this name too"


def _is_inside_layers(name: str) -> bool:
    """Whether some layer of torch has a module or tensor of a name."""
    catalog = load_catalog()
    layers = map(catalog.layer, catalog.layer_names)
    return any(layer is not None and name in layer.attributes for layer in layers)


# --- the edits ----------------------------------------------------------------------


def _edits(
    roots: list[Analysis], symbol: Symbol, name: str
) -> tuple[dict[str, set[Occurrence]], dict[str, tuple[str, str]]]:
    """The places by file, and each file's text before and after."""
    places: dict[str, set[tuple[int, int]]] = {}
    before: dict[str, str] = {}
    span = symbol.spans[0]
    home = span.source.path or span.source.name
    for root in roots:
        index = root.index
        assert index is not None
        here = index.at(home, span.start)
        if here is None:
            continue
        found = [(key, one.start, one.end) for key, one in index.uses(here.id)]
        for part in _patterns(index, symbol):
            found.append((source_key(part.source), part.start, part.end))
        for key, start, end in found:
            text = index.source(key).text
            if text[start:end] == symbol.id.last:
                places.setdefault(key, set()).add((start, end))
                before[key] = text
    edits = {
        key: {Occurrence(start, end, symbol.id) for start, end in found}
        for key, found in places.items()
    }
    texts = {
        key: (text, _replaced(text, edits[key], name)) for key, text in before.items()
    }
    return edits, texts


def _replaced(text: str, places: set[Occurrence], name: str) -> str:
    for one in sorted(places, key=lambda one: -one.start):
        text = text[: one.start] + name + text[one.end :]
    return text


def _broken(
    view: View, roots: list[Analysis], texts: dict[str, tuple[str, str]]
) -> Iterator[str]:
    """What the edits would break."""
    instead = {key: after for key, (_, after) in texts.items()}
    for root in roots:
        after = view.compile(root.document, instead).compilation
        if after.program is None:
            yield "the spec could not be read any more"
        before = {_told(one) for one in root.compilation.diagnostics if one.is_error}
        for one in after.diagnostics:
            if one.is_error and _told(one) not in before:
                yield one.message


def _told(one: Diagnostic) -> tuple[str, int]:
    line = one.span.first.line if one.span is not None else 0
    return one.code, line


def _text_edits(
    places: set[Occurrence], text: str, name: str, encoding: str
) -> list[types.TextEdit]:
    positions = Positions(text, encoding)
    ordered = sorted(places, key=lambda one: one.start)
    return [
        types.TextEdit(positions.range(one.start, one.end), name) for one in ordered
    ]
