"""What the compiler finds in one version of a document.

In: a document, and the texts of all that are open: they stand in for the files on the
disk. Out: an `Analysis`: the compilation and an index of its names. It may be made in
any thread, and nothing in it changes afterwards.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping

from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.diagnostics.span import Source
from modelspec.driver import Compilation, compile_source
from modelspec.lsp.index import Index, build_index
from modelspec.policy import Limits, Policy
from modelspec.records import dataclass
from modelspec.spec.loader import ReadSource
from modelspec.syntax.source import decode_source, read_real

_LOG = logging.getLogger("modelspec.lsp")


@dataclass(frozen=True, slots=True, eq=False)
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

    `source` is None where there is no text (an empty document, say). `read` are the
    keys of the files it depends on, `opened` those of them that were open. `index` has
    names and where they are used; None where nothing could be read.
    """

    document: Document
    source: Source | None
    compilation: Compilation
    read: frozenset[str]
    opened: Mapping[str, Document]
    index: Index | None


def analyse(
    document: Document, documents: Mapping[str, Document], policy: Policy
) -> Analysis:
    """Compile a document among those that are open. Never raises for a text."""
    seen: set[str] = {document.key}

    def read(
        path: str, limits: Limits, *, name: str | None = None
    ) -> Source | Diagnostic:
        seen.add(path)
        if path in documents:
            return _source(documents[path].text, path, limits, name or path)
        return read_real(path, limits, name=name)

    source, compilation, index = _compiled(document, policy, read)
    opened = {key: documents[key] for key in seen & documents.keys()}
    return Analysis(document, source, compilation, frozenset(seen), opened, index)


def _compiled(
    document: Document, policy: Policy, read: ReadSource
) -> tuple[Source | None, Compilation, Index | None]:
    name = os.path.basename(document.path) if document.path else document.uri
    source = _source(document.text, document.path, policy.limits, name)
    if isinstance(source, Diagnostic):
        return None, Compilation(None, (source,)), None
    compilation = Compilation(None, ())
    try:
        compilation = compile_source(source, policy, read)
        index = build_index(compilation) if compilation.program is not None else None
    except Exception:
        # A mistake of ours must not end the session of an editor.
        _LOG.exception("modelspec cannot read %s; please report it", document.uri)
        return source, Compilation(None, compilation.diagnostics), None
    return source, compilation, index


def _source(
    text: str, path: str | None, limits: Limits, name: str
) -> Source | Diagnostic:
    data = text.encode("utf-8", "surrogatepass")
    return decode_source(data, limits, name=name, path=path)
