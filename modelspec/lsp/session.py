"""The open documents, and what the compiler says of each.

In: texts as the client tells them. Out: an `Analysis` of a document: its compilation
and an index of its names. An open document is read from the client's text, never from
the disk, also where another imports it. What a broken text means is not known, so the
last analysis that had a Program is kept beside the latest.
"""

from __future__ import annotations

import logging
import os
from dataclasses import field

from pygls.uris import from_fs_path, to_fs_path

from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.diagnostics.span import Source
from modelspec.driver import Compilation, compile_source
from modelspec.lsp.index import Index, build_index
from modelspec.policy import Limits, Policy
from modelspec.records import dataclass
from modelspec.syntax.source import decode_source, read_real

_LOG = logging.getLogger("modelspec.lsp")


@dataclass(frozen=True, slots=True)
class Document:
    """`key` tells files apart: the real path, or the URI of what is no file."""

    key: str
    uri: str
    text: str
    version: int | None = None

    @property
    def path(self) -> str | None:
        return None if self.key == self.uri else self.key


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What was found in one version of a document, the files it imports included.

    `source` is None where there is no text (an empty document, say).
    """

    document: Document
    source: Source | None
    compilation: Compilation
    read: frozenset[str]
    _index: list[Index] = field(default_factory=list, init=False, repr=False)

    @property
    def index(self) -> Index | None:
        """Names and where they are used; None where nothing could be read."""
        if self.compilation.program is None:
            return None
        if not self._index:
            self._index.append(build_index(self.compilation))
        return self._index[0]


class Session:
    """All open documents of one client; `folders` are those of its workspace."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.policy = policy or Policy()
        self.folders: tuple[str, ...] = ()
        self.documents: dict[str, Document] = {}
        self._latest: dict[str, Analysis] = {}
        self._good: dict[str, Analysis] = {}

    # --- documents ----------------------------------------------------------------

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
        if document is not None:
            return document.uri
        return from_fs_path(key) or key

    def readers(self, key: str) -> list[Document]:
        """The document itself, and the open ones that import it."""
        return [
            one
            for one in self.documents.values()
            if one.key == key
            or (one.key in self._latest and key in self._latest[one.key].read)
        ]

    # --- analyses -----------------------------------------------------------------

    def analyse(self, document: Document) -> Analysis:
        """Compile a document now, and remember what was found."""
        found = self.compile(document)
        self._latest[document.key] = found
        if found.compilation.program is not None:
            self._good[document.key] = found
        return found

    def latest(self, document: Document) -> Analysis:
        """The analysis of the very text that a document has now."""
        found = self._latest.get(document.key)
        if found is None or found.document is not document:
            return self.analyse(document)
        return found

    def good(self, document: Document) -> Analysis | None:
        """The latest analysis with a Program, maybe of an older text."""
        self.latest(document)
        return self._good.get(document.key)

    def compile(
        self, document: Document, instead: dict[str, str] | None = None
    ) -> Analysis:
        """Compile without remembering; `instead` has other texts for some files."""
        texts = {one.key: one.text for one in self.documents.values()}
        texts |= {document.key: document.text} | (instead or {})
        seen: set[str] = {document.key}

        def read(
            path: str, limits: Limits, *, name: str | None = None
        ) -> Source | Diagnostic:
            seen.add(path)
            if path in texts:
                return _source(texts[path], path, limits, name or path)
            return read_real(path, limits, name=name)

        name = os.path.basename(document.path) if document.path else document.uri
        text = texts[document.key]
        source = _source(text, document.path, self.policy.limits, name)
        if isinstance(source, Diagnostic):
            failed = Compilation(None, (source,))
            return Analysis(document, None, failed, frozenset(seen))
        try:
            compilation = compile_source(source, self.policy, read)
        except Exception:
            # A mistake of ours must not end the session of an editor.
            _LOG.exception("modelspec cannot read %s; please report it", document.uri)
            compilation = Compilation(None, ())
        return Analysis(document, source, compilation, frozenset(seen))


def key_of(uri: str) -> str:
    """The real path of a file; the URI itself of a document that is none."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    return os.path.realpath(path) if path else uri


def _source(
    text: str, path: str | None, limits: Limits, name: str
) -> Source | Diagnostic:
    data = text.encode("utf-8", "surrogatepass")
    return decode_source(data, limits, name=name, path=path)
