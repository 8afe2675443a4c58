"""Whatever is typed and wherever is asked: an answer, or a refusal, and no crash."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lsp.client import ROOT, Client, place
from tests.lsp.fuzzing import examples, torment, typed

KINDS = ("completion", "hover", "definition", "signatureHelp", "prepareRename")


@pytest.fixture(scope="module")
def victim() -> Iterator[Client]:
    """A server of its own: that it never says anything is part of the test."""
    started = Client()
    yield started
    assert started.stop() == (0, "")


@pytest.mark.parametrize("seed", [1, 2])
def test_a_restless_user(victim: Client, tmp_path: Path, seed: int) -> None:
    for _ in itertools.islice(torment(victim, tmp_path, seed, examples()), 250):
        pass


@pytest.mark.parametrize("name", ["lenet", "vae", "init_rules"])
def test_typing_an_example(victim: Client, uri: str, name: str) -> None:
    """From the first character to the last, with questions at the cursor."""
    text = (ROOT / "examples" / f"{name}.yaml").read_text()
    kinds = itertools.cycle(KINDS)
    for part, cursor in typed(text, 0, 7):
        victim.change(uri, part)
        victim.ask(f"textDocument/{next(kinds)}", place(uri, cursor))
    assert victim.open(uri, text) == []


def test_ranged_edits_and_wrong_versions(client: Client, uri: str) -> None:
    """A client that does not keep to what the server offers."""
    client.open(uri, "modelspec: 1\nname: Net\nSequential:\n  - ReLU\n")
    start, far = (
        {"line": 1, "character": 3},
        {"line": 2**31 - 1, "character": 2**31 - 1},
    )
    for ends in ((start, far), (far, start), (far, far)):
        edit = {"range": {"start": ends[0], "end": ends[1]}, "text": "\ud83d"}
        document = {"uri": uri, "version": 1}
        params = {"textDocument": document, "contentChanges": [edit]}
        client.tell("textDocument/didChange", params)
        client.ask("textDocument/hover", place(uri, start))
    right = "modelspec: 1\nname: Net\nSequential:\n  - ReLU\n"
    assert client.open(uri, right) == []


def test_questions_about_what_is_not_open(victim: Client, uri: str) -> None:
    where = {"line": 0, "character": 0}
    for kind in (*KINDS, "documentHighlight"):
        assert victim.ask(f"textDocument/{kind}", place(uri, where)) is None
    victim.open(uri, "modelspec: 1\n")
    victim.close(uri)
    for kind in KINDS:
        assert victim.ask(f"textDocument/{kind}", place(uri, where)) is None
    params = place(uri, where, newName="x")
    assert victim.ask("textDocument/rename", params) is None
