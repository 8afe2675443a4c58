"""The language server as the protocol sees it: which request is answered by what.

`serve` speaks on standard input and output until the client leaves. Diagnostics are
published a moment after the last change, and at once when a document is opened or
saved; all other answers are about the text as it is. A request that fails is answered
by an error and told on standard error, and the server goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from typing import Protocol

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from modelspec import __version__
from modelspec.lsp.actions import actions_at
from modelspec.lsp.completion import completions_at
from modelspec.lsp.hover import hover_at
from modelspec.lsp.navigation import definitions_at, references_at, symbols_of
from modelspec.lsp.positions import Positions
from modelspec.lsp.problems import problems_of
from modelspec.lsp.rename import prepare_rename, rename_at
from modelspec.lsp.session import Document, Session, key_of

# How long typing must rest before a document is checked, in seconds.
DELAY = 0.2


class _Asked(Protocol):
    """A question about a place."""

    @property
    def text_document(self) -> types.TextDocumentIdentifier: ...

    @property
    def position(self) -> types.Position: ...


class Server(LanguageServer):
    """`published` are, for each open document, the diagnostics it led to, by file."""

    def __init__(self) -> None:
        super().__init__(
            "modelspec",
            __version__,
            text_document_sync_kind=types.TextDocumentSyncKind.Full,
        )
        self.session = Session()
        self.took_leave = False
        self.published: dict[str, dict[str, list[types.Diagnostic]]] = {}
        self._waiting: dict[str, asyncio.TimerHandle] = {}

    @property
    def encoding(self) -> str:
        encoding = self.workspace.position_encoding
        return str(getattr(encoding, "value", encoding) or "utf-16")

    def positions(self, document: Document) -> Positions:
        return Positions(document.text, self.encoding)

    # --- documents ----------------------------------------------------------------

    def take(self, uri: str, text: str, version: int | None, *, at_once: bool) -> None:
        """A document has a new text: check it, now or when typing rests."""
        document = self.session.open(uri, text, version)
        self._cancel(document.key)
        if at_once:
            self.check(document.key)
            return
        loop = asyncio.get_running_loop()
        self._waiting[document.key] = loop.call_later(DELAY, self.check, document.key)

    def leave(self, uri: str) -> None:
        """A document was closed: what it alone led to is no problem any more."""
        key = key_of(uri)
        self._cancel(key)
        others = [one for one in self.session.readers(key) if one.key != key]
        self.session.close(uri)
        gone = self.published.pop(key, {})
        for other in others:
            self._check_one(other)
        self._publish({*gone, key})

    def check(self, key: str) -> None:
        """Compile a document and those that import it, and publish what was found."""
        self._waiting.pop(key, None)
        for document in self.session.readers(key):
            self._check_one(document)

    def _check_one(self, document: Document) -> None:
        analysis = self.session.analyse(document)
        found = problems_of(analysis, self.session.uri, self.encoding)
        before = self.published.get(document.key, {})
        self.published[document.key] = found
        self._publish({*before, *found})

    def _publish(self, keys: set[str]) -> None:
        """What all open documents found in some files, each diagnostic once."""
        for key in sorted(keys):
            found: list[types.Diagnostic] = []
            for problems in self.published.values():
                found += (one for one in problems.get(key, ()) if one not in found)
            document = self.session.documents.get(key)
            version = document.version if document is not None else None
            self.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(self.session.uri(key), found, version)
            )

    def _cancel(self, key: str) -> None:
        waiting = self._waiting.pop(key, None)
        if waiting is not None:
            waiting.cancel()


def serve() -> int:
    """Speak with one client until it leaves; 0 if it took leave as the protocol says.

    The protocol has streams of its own: what is printed goes to standard error.
    """
    server = make_server()
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


def make_server() -> Server:
    server = Server()
    _add_documents(server)
    _add_questions(server)
    _add_rename(server)
    return server


def _add_documents(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        one = params.text_document
        server.take(one.uri, one.text, one.version, at_once=True)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def did_change(params: types.DidChangeTextDocumentParams) -> None:
        one = server.workspace.get_text_document(params.text_document.uri)
        version = params.text_document.version
        server.take(one.uri, one.source, version, at_once=False)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        key = key_of(params.text_document.uri)
        if key in server.session.documents:
            server.check(key)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        server.leave(params.text_document.uri)

    @server.feature(types.SHUTDOWN)
    def shutdown(params: None) -> None:
        server.took_leave = True

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_files(params: types.DidChangeWatchedFilesParams) -> None:
        for key in list(server.session.documents):
            server.check(key)


def _add_questions(server: Server) -> None:
    def asked(
        params: _Asked,
    ) -> tuple[Document, int] | None:
        document = server.session.document(params.text_document.uri)
        if document is None:
            return None
        return document, server.positions(document).offset(params.position)

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION,
        types.CompletionOptions(trigger_characters=[".", "(", "{", " ", "-"]),
    )
    def completion(params: types.CompletionParams) -> types.CompletionList | None:
        place = asked(params)
        return place and completions_at(server.session, *place, server.encoding)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover | None:
        place = asked(params)
        return place and hover_at(server.session, *place, server.encoding)

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def definition(params: types.DefinitionParams) -> list[types.Location] | None:
        place = asked(params)
        return place and definitions_at(server.session, *place, server.encoding)

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    def references(params: types.ReferenceParams) -> list[types.Location] | None:
        place = asked(params)
        return place and references_at(server.session, *place, server.encoding)

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def symbols(
        params: types.DocumentSymbolParams,
    ) -> list[types.DocumentSymbol] | None:
        document = server.session.document(params.text_document.uri)
        if document is None:
            return None
        return symbols_of(server.session, document, server.encoding)

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix]),
    )
    def code_action(params: types.CodeActionParams) -> list[types.CodeAction] | None:
        document = server.session.document(params.text_document.uri)
        if document is None:
            return None
        return actions_at(server.session, document, params.range, server.encoding)


def _add_rename(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    def prepare(params: types.PrepareRenameParams) -> types.Range | None:
        document = server.session.document(params.text_document.uri)
        if document is None:
            return None
        offset = server.positions(document).offset(params.position)
        return prepare_rename(server.session, document, offset, server.encoding)

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(True))
    def rename(params: types.RenameParams) -> types.WorkspaceEdit | None:
        document = server.session.document(params.text_document.uri)
        if document is None:
            return None
        offset = server.positions(document).offset(params.position)
        folders = server.workspace.folders
        server.session.folders = tuple(sorted(map(key_of, folders)))
        found = rename_at(
            server.session, document, offset, params.new_name, server.encoding
        )
        if isinstance(found, str):
            raise JsonRpcException(found, types.LSPErrorCodes.RequestFailed)
        return found
