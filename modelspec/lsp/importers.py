"""The specs that import a file, open or not.

In: a file. Out: an analysis for each spec of the workspace that reads it, itself or
through others. How many files are looked at is bounded; which of them may import which
is told from their texts alone, and only those that may are compiled.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.lsp.analysis import Analysis, Document
from modelspec.lsp.session import View
from modelspec.syntax.source import read_real

_MOST_FILES = 500
_MOST_FOLDERS = 1000
_SKIPPED = re.compile(r"\.|node_modules$|site-packages$|__pycache__$")
_IMPORTS = re.compile(r"^imports\s*:", re.MULTILINE)
_PATH = re.compile(r"""[^\s'"{},:#]+\.ya?ml(?=['"]?\s*:)""")


def importers_of(view: View, home: str, document: Document) -> Iterator[Analysis]:
    """The specs, without a document, that read the file `home`."""
    near = {path: _document(view, path) for path in _specs_near(home, document, view)}
    imported = {path: _imported(one) for path, one in near.items() if one is not None}
    for path in _reaching(home, imported):
        one = near[path]
        if one is not None and path != document.key:
            analysis = view.compile(one)
            if analysis.index is not None and home in analysis.read:
                yield analysis


def _specs_near(home: str, document: Document, view: View) -> list[str]:
    """Open documents, and the YAML files that could import a file: those of the
    workspace it is in, or of the repository, else of the folder that holds both."""
    found = {home, *(key for key, one in view.documents.items() if one.path)}
    around = (one for one in view.folders if home.startswith(one + os.sep))
    paths = [home, document.path or home]
    both = os.path.commonpath([os.path.dirname(path) for path in paths])
    top = max(around, key=len, default=_repository(both) or both)
    for at, (folder, folders, names) in enumerate(os.walk(top)):
        folders[:] = sorted(name for name in folders if not _SKIPPED.match(name))
        for name in sorted(names):
            if name.endswith((".yaml", ".yml")):
                found.add(os.path.realpath(os.path.join(folder, name)))
        if at >= _MOST_FOLDERS or len(found) >= _MOST_FILES:
            break
    return sorted(found)


def _repository(folder: str) -> str | None:
    """The nearest folder above that is under version control."""
    while not os.path.exists(os.path.join(folder, ".git")):
        folder, below = os.path.dirname(folder), folder
        if folder == below:
            return None
    return folder


def _document(view: View, path: str) -> Document | None:
    known = view.documents.get(path)
    if known is not None:
        return known
    source = read_real(path, view.policy.limits)
    if isinstance(source, Diagnostic):
        return None
    return Document(path, view.uri(path), source.text)


def _imported(document: Document) -> frozenset[str]:
    """The files that a text may import: all that stand before a colon in it."""
    if not _IMPORTS.search(document.text):
        return frozenset()
    folder = os.path.dirname(document.key)
    found = {match.group() for match in _PATH.finditer(document.text)}
    return frozenset(os.path.realpath(os.path.join(folder, one)) for one in found)


def _reaching(home: str, imported: dict[str, frozenset[str]]) -> list[str]:
    """The files that import one, or import a file that does."""
    found, wanted = {home}, [home]
    while wanted:
        one = wanted.pop()
        more = [path for path, theirs in imported.items() if one in theirs]
        wanted += (path for path in more if path not in found)
        found.update(more)
    return sorted(found & imported.keys())
