"""The specs that import a file, open or not.

In: a file. Out: an analysis for each spec of the workspace that reads it. How many
files are looked at is bounded, and only what says `imports` is compiled.
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


def importers_of(view: View, home: str, document: Document) -> Iterator[Analysis]:
    """The specs, without a document, that read the file `home`."""
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
    source = read_real(path, view.policy.limits)
    if isinstance(source, Diagnostic) or not _IMPORTS.search(source.text):
        return None
    return view.compile(Document(path, view.uri(path), source.text))
