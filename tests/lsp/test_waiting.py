"""While one text is being compiled: what does not wait for it, and what does.

No clock is read: the tests look at what arrives before the diagnostics of a text that
takes its time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lsp.client import Client, place

LAYERS = "".join(f"  layer{at}: Linear(4, 4)\n" for at in range(3000))
SLOW = f"modelspec: 1\nname: Net\nparams: {{width: 4}}\nSequential:\n{LAYERS}"
QUICK = """\
modelspec: 1
name: Net
params: {width: 4}
Sequential:
  - Linear(width, 4)
"""
PUBLISH = "textDocument/publishDiagnostics"


@pytest.fixture
def slow(client: Client, uri: str) -> str:
    """A document of which a quick text is known, and a slow one is being compiled."""
    assert client.open(uri, QUICK) == []
    client.change(uri, SLOW)
    return uri


def is_done(client: Client, uri: str) -> bool:
    """Whether the diagnostics of the slow text have come."""
    return any(
        one.get("method") == PUBLISH
        and one["params"]["uri"] == uri
        and one["params"].get("version") == 2
        for one in client.held
    )


def finish(client: Client, uri: str) -> list[dict[str, Any]]:
    while True:
        found = client.wait(PUBLISH, uri)
        if found.get("version") == 2:
            problems: list[dict[str, Any]] = found["diagnostics"]
            return problems


def test_completion_does_not_wait(client: Client, slow: str) -> None:
    """It knows the names of the text before."""
    where = place(slow, {"line": 4, "character": 17})
    found = client.ask("textDocument/completion", where)
    assert not is_done(client, slow)
    assert "width" in {one["label"] for one in found["items"]}
    finish(client, slow)


def test_a_question_can_be_taken_back(client: Client, slow: str) -> None:
    where = {"line": 4, "character": 3}
    number = client.begin("textDocument/rename", place(slow, where, newName="first"))
    client.tell("$/cancelRequest", {"id": number})
    assert client.end(number)["error"]["code"] == -32800
    assert not is_done(client, slow)
    finish(client, slow)


def test_another_document_does_not_wait(
    client: Client, slow: str, tmp_path: Path
) -> None:
    other = (tmp_path / "other.yaml").as_uri()
    assert client.open(other, QUICK.replace("Linear", "Linaer"))
    assert not is_done(client, slow)
    finish(client, slow)


def test_a_rename_waits(client: Client, slow: str) -> None:
    """It must know the text as it is."""
    where = place(slow, {"line": 4, "character": 3}, newName="first")
    changes = client.ask("textDocument/rename", where)["changes"]
    (edit,) = changes[slow]
    assert (edit["newText"], edit["range"]["start"]["line"]) == ("first", 4)


def test_an_edit_of_a_changed_text_is_refused(client: Client, slow: str) -> None:
    """The text changes while the server waits for what it was."""
    where = {"line": 4, "character": 3}
    number = client.begin("textDocument/rename", place(slow, where, newName="first"))
    assert client.open(slow, QUICK) == []
    assert client.end(number)["error"]["code"] == -32801


def test_only_the_newest_text_is_told(client: Client, slow: str) -> None:
    for at in range(5):
        client.change(slow, SLOW.replace("layer7:", f"other{at}:"))
    wrong = client.open(slow, QUICK.replace("Linear", "Linaer"))
    assert [one["code"] for one in wrong] == ["unknown-name"]
    versions = [
        one["params"].get("version")
        for one in client.held
        if one.get("method") == PUBLISH and one["params"]["uri"] == slow
    ]
    assert not set(versions) & {3, 4, 5, 6, 7}


def test_closing_while_it_is_compiled(client: Client, slow: str) -> None:
    client.close(slow)
    assert client.wait(PUBLISH, slow)["diagnostics"] == []
    where = place(slow, {"line": 4, "character": 3})
    assert client.ask("textDocument/hover", where) is None
