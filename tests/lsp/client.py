"""A client that speaks with `modelspec lsp` over its standard input and output."""

from __future__ import annotations

import itertools
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
MARK = "¦"
_PATIENCE = 20.0


class Client:
    """One server. `wait` gives notifications in their order, `ask` an answer; `held`
    are those that came and nobody waited for yet."""

    def __init__(
        self,
        *options: str,
        encodings: list[str] | None = None,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `stop`
        self.process = subprocess.Popen(
            [sys.executable, "-m", "modelspec", "lsp", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
        )
        self._ids = itertools.count(1)
        self._messages: queue.Queue[dict[str, Any]] = queue.Queue()
        self.held: list[dict[str, Any]] = []
        self._texts: dict[str, int] = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        capabilities = {
            "general": {"positionEncodings": encodings} if encodings else {},
            "textDocument": {"rename": {"prepareSupport": True}},
        }
        root = folder.as_uri() if folder is not None else None
        self.server = self.ask(
            "initialize",
            {"processId": None, "rootUri": root, "capabilities": capabilities},
        )["capabilities"]
        self.tell("initialized", {})

    # --- messages -----------------------------------------------------------------

    def ask(self, method: str, params: object) -> Any:
        answer = self.answer(method, params)
        assert "error" not in answer, answer
        return answer["result"]

    def answer(self, method: str, params: object) -> dict[str, Any]:
        """The whole answer, which may be an error."""
        return self.end(self.begin(method, params))

    def begin(self, method: str, params: object) -> int:
        """Ask, and wait for nothing."""
        number = next(self._ids)
        self._write({"id": number, "method": method, "params": params})
        return number

    def end(self, number: int) -> dict[str, Any]:
        """The answer to a question that was asked."""
        for at, message in enumerate(self.held):
            if message.get("id") == number and "method" not in message:
                return self.held.pop(at)
        while True:
            message = self._messages.get(timeout=_PATIENCE)
            if message.get("id") == number and "method" not in message:
                return message
            self.held.append(message)

    def tell(self, method: str, params: object) -> None:
        self._write({"method": method, "params": params})

    def wait(self, method: str, uri: str) -> dict[str, Any]:
        """The next notification of a kind about a document."""
        while True:
            for at, message in enumerate(self.held):
                same = message.get("method") == method
                if same and message["params"].get("uri") == uri:
                    params: dict[str, Any] = self.held.pop(at)["params"]
                    return params
            self.held.append(self._messages.get(timeout=_PATIENCE))

    def stop(self) -> tuple[int, str]:
        """Shut the server down; its exit code, and what it said on standard error."""
        self.ask("shutdown", None)
        self.tell("exit", None)
        status = self.process.wait(_PATIENCE)
        self._reader.join(_PATIENCE)
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()
        self._said.seek(0)
        said = self._said.read().decode()
        self._said.close()
        return status, said

    def _write(self, message: dict[str, Any]) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        self.process.stdin.flush()

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while True:
            length = 0
            while (line := stream.readline().strip()) or not length:
                if not line:
                    return
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            self._messages.put(json.loads(stream.read(length)))

    # --- documents ----------------------------------------------------------------

    def open(self, uri: str, text: str) -> list[dict[str, Any]]:
        """Open or change a document; the diagnostics that follow."""
        version = self.change(uri, text)
        while True:
            found = self.wait("textDocument/publishDiagnostics", uri)
            if found.get("version") == version:
                problems: list[dict[str, Any]] = found["diagnostics"]
                return problems

    def change(self, uri: str, text: str) -> int:
        """Open or change a document and wait for nothing; its version."""
        self._texts[uri] = version = self._texts.get(uri, 0) + 1
        if version == 1:
            document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
            self.tell("textDocument/didOpen", {"textDocument": document})
        else:
            self.tell(
                "textDocument/didChange",
                {
                    "textDocument": {"uri": uri, "version": version},
                    "contentChanges": [{"text": text}],
                },
            )
        return version

    def close(self, uri: str) -> None:
        self._texts.pop(uri)
        self.tell("textDocument/didClose", {"textDocument": {"uri": uri}})

    def at(self, kind: str, uri: str, marked: str, **more: object) -> Any:
        """Change a document to a text and ask about its marked place."""
        text, position = unmark(marked)
        self.change(uri, text)
        return self.ask(f"textDocument/{kind}", place(uri, position, **more))

    def labels(self, uri: str, marked: str) -> list[str]:
        """What is proposed at a marked place, in order."""
        items = self.at("completion", uri, marked)["items"]
        items.sort(key=lambda one: one["sortText"])
        return [one["label"] for one in items]


def place(uri: str, position: dict[str, int], **more: object) -> dict[str, object]:
    return {"textDocument": {"uri": uri}, "position": position, **more}


def unmark(marked: str) -> tuple[str, dict[str, int]]:
    """A text without its mark, and where that stood."""
    before, mark, after = marked.partition(MARK)
    assert mark
    line = before.count("\n")
    column = len(before.rpartition("\n")[2].encode("utf-16-le")) // 2
    return before + after, {"line": line, "character": column}


def cut(text: str, range_: dict[str, Any]) -> str:
    """The text in a range."""
    lines = text.split("\n")
    start, end = range_["start"], range_["end"]
    inside = lines[start["line"] : end["line"] + 1]
    inside[-1] = _units(inside[-1], 0, end["character"])
    inside[0] = _units(inside[0], start["character"], None)
    return "\n".join(inside)


def _units(line: str, start: int, end: int | None) -> str:
    data = line.encode("utf-16-le")
    return data[2 * start : None if end is None else 2 * end].decode("utf-16-le")


def apply(text: str, edits: list[dict[str, Any]]) -> str:
    """A text after edits of one line each."""
    lines = text.split("\n")
    ordered = sorted(edits, key=lambda e: -e["range"]["start"]["character"])
    for edit in ordered:
        start, end = edit["range"]["start"], edit["range"]["end"]
        assert start["line"] == end["line"]
        line = lines[start["line"]]
        head = _units(line, 0, start["character"])
        lines[start["line"]] = (
            head + edit["newText"] + _units(line, end["character"], None)
        )
    return "\n".join(lines)
