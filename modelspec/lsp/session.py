"""The open documents, and what the compiler said of each.

In: texts as the client tells them, and analyses as they are done. Out: a `View` of what
is known when a question is asked, which no later change touches. An open document is
read from the client's text, never from the disk, also where another imports it. What a
broken text means is not known, so the last analysis that had a Program is kept beside
the latest.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from pygls.uris import from_fs_path, to_fs_path

from modelspec.lsp.analysis import Analysis, Document, analyse
from modelspec.policy import Policy
from modelspec.records import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """All documents at one moment; `folders` are those of the workspace."""

    policy: Policy
    folders: tuple[str, ...]
    documents: Mapping[str, Document]
    _latest: Mapping[str, Analysis]
    _good: Mapping[str, Analysis]

    def uri(self, key: str) -> str:
        """How the client calls a file."""
        document = self.documents.get(key)
        return document.uri if document is not None else uri_of(key)

    def latest(self, document: Document) -> Analysis | None:
        """The analysis of the very text that a document has, if it is done."""
        found = self._latest.get(document.key)
        return found if found is not None and found.document is document else None

    def good(self, document: Document) -> Analysis | None:
        """The last analysis with a Program, maybe of an older text."""
        return self._good.get(document.key)

    def compile(
        self, document: Document, instead: Mapping[str, str] | None = None
    ) -> Analysis:
        """Compile a document now; `instead` has other texts for some files."""
        documents = dict(self.documents)
        for key, text in (instead or {}).items():
            documents[key] = Document(key, self.uri(key), text)
        return analyse(documents.get(document.key, document), documents, self.policy)


class Session:
    """All open documents of one client. Only one thread may change it."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.policy = policy or Policy()
        self.folders: tuple[str, ...] = ()
        self.documents: dict[str, Document] = {}
        self._latest: dict[str, Analysis] = {}
        self._good: dict[str, Analysis] = {}
        self._doubtful: set[str] = set()

    def view(self) -> View:
        return View(
            self.policy,
            self.folders,
            dict(self.documents),
            dict(self._latest),
            dict(self._good),
        )

    def open(self, uri: str, text: str, version: int | None) -> Document:
        """A document was opened or its text changed."""
        document = Document(key_of(uri), uri, text, version)
        self.documents[document.key] = document
        return document

    def close(self, uri: str) -> None:
        key = key_of(uri)
        for table in (self.documents, self._latest, self._good):
            table.pop(key, None)

    def document(self, uri: str) -> Document | None:
        return self.documents.get(key_of(uri))

    def uri(self, key: str) -> str:
        """How the client calls a file."""
        document = self.documents.get(key)
        return document.uri if document is not None else uri_of(key)

    def readers(self, key: str) -> list[Document]:
        """The document itself, and the open ones that import it."""
        return [
            one
            for one in self.documents.values()
            if one.key == key
            or (one.key in self._latest and key in self._latest[one.key].read)
        ]

    # --- analyses -----------------------------------------------------------------

    def keep(self, found: Analysis) -> None:
        """An analysis is done; of a document that is closed by now it is dropped."""
        key = found.document.key
        if key not in self.documents:
            return
        self._latest[key] = found
        if found.index is not None:
            self._good[key] = found

    def doubt(self, key: str) -> None:
        """What a document imports may have changed on the disk."""
        self._doubtful.add(key)

    def begin(self, key: str) -> None:
        """An analysis of a document begins, which reads the disk as it is now."""
        self._doubtful.discard(key)

    def fresh(self, document: Document) -> Analysis | None:
        """The latest analysis, if nothing that it depends on has changed since."""
        found = self._latest.get(document.key)
        if found is None or found.document is not document:
            return None
        if document.key in self._doubtful:
            return None
        now = {key: self.documents.get(key) for key in found.read}
        same = all(found.opened.get(key) is one for key, one in now.items())
        return found if same else None


def uri_of(key: str) -> str:
    return from_fs_path(key) or key


def key_of(uri: str) -> str:
    """The real path of a file; the URI itself of a document that is none."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    return os.path.realpath(path) if path else uri
