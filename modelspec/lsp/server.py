"""The language server as the protocol sees it: which request is answered by what.

`serve` speaks on standard input and output until the client leaves. Diagnostics are
published a moment after the last change, and at once when a document is opened or
saved. Nothing is compiled in the thread that speaks. What only reads waits a moment for
the compiler and then answers from what was known before; what edits waits as long as it
takes. A request that fails is answered by an error and told on standard error, and the
server goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Iterable
from typing import Protocol, TypeAlias

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from modelspec import __version__
from modelspec.lsp.actions import actions_at
from modelspec.lsp.analysis import Analysis, Document
from modelspec.lsp.compiling import Compiler
from modelspec.lsp.completion import analyse_around, completions_at
from modelspec.lsp.hover import hover_at
from modelspec.lsp.navigation import definitions_at, highlights_at, references_at
from modelspec.lsp.outline import symbols_of
from modelspec.lsp.positions import Positions
from modelspec.lsp.problems import problems_of
from modelspec.lsp.rename import prepare_rename, rename_at
from modelspec.lsp.session import Session, View, key_of
from modelspec.lsp.signature import signature_at
from modelspec.policy import Policy
from modelspec.records import dataclass

# How long typing must rest before a document is checked, in seconds.
DELAY = 0.2
# How long a question waits for the compiler, in seconds: one about a text that is being
# typed, and one about a text that is being read.
HASTE = 0.15
PATIENCE = 2.0
Place: TypeAlias = tuple[View, Document, int]


class _Asked(Protocol):
    """A question about a place."""

    @property
    def text_document(self) -> types.TextDocumentIdentifier: ...

    @property
    def position(self) -> types.Position: ...


@dataclass(frozen=True, slots=True, eq=False)
class Published:
    """What an analysis found, by file."""

    analysis: Analysis
    problems: dict[str, list[types.Diagnostic]]


class Server(LanguageServer):
    """`published` is, for each open document, what was found in its text."""

    def __init__(self, policy: Policy | None = None) -> None:
        super().__init__(
            "modelspec",
            __version__,
            text_document_sync_kind=types.TextDocumentSyncKind.Full,
        )
        self.session = Session(policy)
        self.compiler = Compiler(self.session, self.found)
        self.took_leave = False
        self.published: dict[str, Published] = {}

    @property
    def encoding(self) -> str:
        encoding = self.workspace.position_encoding
        return str(getattr(encoding, "value", encoding) or "utf-16")

    @property
    def folders(self) -> tuple[str, ...]:
        """Those of the workspace; older clients know one only."""
        root = self.workspace.root_uri
        uris = [*self.workspace.folders, *([root] if root else [])]
        return tuple(sorted(set(map(key_of, uris))))

    def positions(self, document: Document) -> Positions:
        return Positions(document.text, self.encoding)

    # --- documents ----------------------------------------------------------------

    def take(self, uri: str, text: str, version: int | None, delay: float) -> None:
        """A document has a new text: check it and those that import it."""
        document = self.session.open(uri, text, version)
        for one in self.session.readers(document.key):
            self.compiler.want(one.key, delay)

    def leave(self, uri: str) -> None:
        """A document was closed: what it alone led to is no problem any more."""
        key = key_of(uri)
        self.compiler.forget(key)
        others = [one.key for one in self.session.readers(key) if one.key != key]
        self.session.close(uri)
        self.compiler.wake(key)
        gone = self.published.pop(key, None)
        for other in others:
            self.compiler.want(other)
        self._publish({key, *(gone.problems if gone is not None else ())})

    def look_again(self, keys: Iterable[str]) -> None:
        """Files on the disk have changed that some documents may import."""
        for key in keys:
            self.session.doubt(key)
            self.compiler.want(key)

    def found(self, analysis: Analysis) -> None:
        """Publish what an analysis found, unless the text has changed since."""
        document = analysis.document
        if self.session.documents.get(document.key) is not document:
            return
        found = problems_of(analysis, self.session.uri, self.encoding)
        before = self.published.get(document.key)
        self.published[document.key] = Published(analysis, found)
        self._publish({*found, *(before.problems if before is not None else ())})

    def _publish(self, keys: set[str]) -> None:
        """What all open documents found in some files, each diagnostic once. What is
        about an older text of a file is left out until the compiler has seen it."""
        for key in sorted(keys):
            found: list[types.Diagnostic] = []
            document = self.session.documents.get(key)
            for one in self.published.values():
                if one.analysis.opened.get(key) is document:
                    problems = one.problems.get(key, ())
                    found += (problem for problem in problems if problem not in found)
            version = document.version if document is not None else None
            self.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(self.session.uri(key), found, version)
            )

    # --- questions ----------------------------------------------------------------

    async def asked(self, params: _Asked, patience: float) -> Place | None:
        """What a question is about, when the compiler is done with the text or the
        patience of who asks is at its end; None where there is no such document."""
        document = self.session.document(params.text_document.uri)
        if document is None:
            return None
        offset = self.positions(document).offset(params.position)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.compiler.fresh(document), patience)
        return self.session.view(), document, offset

    async def settled(self, uri: str) -> tuple[View, Document] | None:
        """A document when the compiler is done with it.

        Raises what tells the client that the text has changed meanwhile."""
        document = self.session.document(uri)
        if document is None:
            return None
        if await self.compiler.fresh(document) is None:
            code = types.LSPErrorCodes.ContentModified
            raise JsonRpcException("the text has changed", code)
        return self.session.view(), document


def serve(policy: Policy | None = None) -> int:
    """Speak with one client until it leaves; 0 if it took leave as the protocol says.

    The protocol has streams of its own: what is printed goes to standard error.
    """
    server = make_server(policy)
    logging.getLogger("pygls").setLevel(logging.ERROR)
    for handler in (*logging.getLogger().handlers, logging.lastResort):
        if handler is not None:
            handler.addFilter(_is_failure)
    source = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    with contextlib.redirect_stdout(sys.stderr), source, sink:
        server.start_io(source, sink)
    return 0 if server.took_leave else 1


def _is_failure(record: logging.LogRecord) -> bool:
    """Whether a message is about a mistake of ours, not about a refusal."""
    return not (record.exc_info and isinstance(record.exc_info[1], JsonRpcException))


def make_server(policy: Policy | None = None) -> Server:
    """`policy` is what specs may ask for; by default what every caller gets."""
    server = Server(policy)
    _add_documents(server)
    _add_questions(server)
    _add_edits(server)
    return server


def _add_documents(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        one = params.text_document
        server.take(one.uri, one.text, one.version, delay=0.0)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        one = server.workspace.get_text_document(params.text_document.uri)
        version = params.text_document.version
        server.take(one.uri, one.source, version, DELAY)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        key = key_of(params.text_document.uri)
        server.look_again(one.key for one in server.session.readers(key))

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        server.leave(params.text_document.uri)

    @server.feature(types.SHUTDOWN)
    def shutdown(params: None) -> None:
        server.took_leave = True

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_files(params: types.DidChangeWatchedFilesParams) -> None:
        server.look_again(list(server.session.documents))


def _add_questions(server: Server) -> None:
    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION,
        types.CompletionOptions(trigger_characters=[".", "(", "{", " ", "-"]),
    )
    async def completion(params: types.CompletionParams) -> types.CompletionList | None:
        place = await server.asked(params, HASTE)
        if place is None:
            return None
        view, document, offset = place
        known = view.good(document)
        if known is None:
            run = server.compiler.threads.run
            known = await run(analyse_around, view, document, offset)
        return completions_at(known.index, document, offset)

    @server.feature(
        types.TEXT_DOCUMENT_SIGNATURE_HELP,
        types.SignatureHelpOptions(trigger_characters=["(", ","]),
    )
    async def signature(
        params: types.SignatureHelpParams,
    ) -> types.SignatureHelp | None:
        place = await server.asked(params, HASTE)
        return place and signature_at(*place)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        place = await server.asked(params, PATIENCE)
        return place and hover_at(*place, server.encoding)

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    async def definition(params: types.DefinitionParams) -> list[types.Location] | None:
        place = await server.asked(params, PATIENCE)
        return place and definitions_at(*place, server.encoding)

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    async def references(params: types.ReferenceParams) -> list[types.Location] | None:
        place = await server.asked(params, PATIENCE)
        declared = params.context.include_declaration
        return place and references_at(*place, server.encoding, declared=declared)

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    async def highlight(
        params: types.DocumentHighlightParams,
    ) -> list[types.DocumentHighlight] | None:
        place = await server.asked(params, PATIENCE)
        return place and highlights_at(*place, server.encoding)

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    async def symbols(
        params: types.DocumentSymbolParams,
    ) -> list[types.DocumentSymbol] | None:
        start = types.Position(0, 0)
        where = types.TextDocumentPositionParams(params.text_document, start)
        place = await server.asked(where, PATIENCE)
        return place and symbols_of(place[0], place[1], server.encoding)


def _add_edits(server: Server) -> None:
    """What changes texts: it needs to know them as they are, however long it takes."""

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix]),
    )
    async def code_action(
        params: types.CodeActionParams,
    ) -> list[types.CodeAction] | None:
        place = await server.settled(params.text_document.uri)
        if place is None:
            return None
        run = server.compiler.threads.run
        return await run(actions_at, *place, params.range, server.encoding)

    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    async def prepare(params: types.PrepareRenameParams) -> types.Range | None:
        place = await server.settled(params.text_document.uri)
        if place is None:
            return None
        offset = server.positions(place[1]).offset(params.position)
        return prepare_rename(*place, offset, server.encoding)

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(True))
    async def rename(params: types.RenameParams) -> types.WorkspaceEdit | None:
        server.session.folders = server.folders
        place = await server.settled(params.text_document.uri)
        if place is None:
            return None
        offset = server.positions(place[1]).offset(params.position)
        found = await server.compiler.threads.run(
            rename_at, *place, offset, params.new_name, server.encoding
        )
        if isinstance(found, str):
            raise JsonRpcException(found, types.LSPErrorCodes.RequestFailed)
        return found
