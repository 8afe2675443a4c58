"""Diagnostics while a spec is written: of the open text, in the right place."""

from __future__ import annotations

from pathlib import Path

from tests.lsp.client import Client, cut

RIGHT = "modelspec: 1\nname: Net\nSequential:\n  - Linear(4, 3)\n"
BLOCKS = """\
modelspec: 1
blocks:
  Part:
    params: {n: int}
    Sequential:
      - Linear(n, n)
"""
USES = """\
modelspec: 1
name: Net
imports:
  ./blocks.yaml: [Part]
Sequential:
  - Part(3)
"""


def test_a_right_spec_has_none(client: Client, uri: str) -> None:
    assert client.open(uri, RIGHT) == []


def test_a_mistake_and_its_repair(client: Client, uri: str) -> None:
    wrong = RIGHT.replace("Linear", "Linaer")
    (found,) = client.open(uri, wrong)
    assert cut(wrong, found["range"]) == "Linaer"
    assert (found["code"], found["severity"]) == ("unknown-name", 1)
    assert "did you mean 'Linear'?" in found["message"]
    assert found["source"] == "modelspec"
    assert found["codeDescription"]["href"].endswith("codes.md#unknown-name")
    assert client.open(uri, RIGHT) == []


def test_columns_are_code_units(client: Client, uri: str) -> None:
    """A character outside of the BMP counts two."""
    text = 'modelspec: 1\nname: Net\nSequential: {"🙂🙂": ReLU, b: Linaer}\n'
    bad, unknown = client.open(uri, text)
    assert cut(text, bad["range"]) == '"🙂🙂"'
    assert cut(text, unknown["range"]) == "Linaer"


def test_another_encoding(tmp_path: Path) -> None:
    """What client and server agree on: here bytes."""
    client = Client(encodings=["utf-8"])
    assert client.server["positionEncoding"] == "utf-8"
    text = "modelspec: 1\nname: Net\nSequential:\n  - {'🙂🙂': [1], Linaer: [4, 3]}\n"
    (found,) = client.open((tmp_path / "net.yaml").as_uri(), text)
    columns = [found["range"][end]["character"] for end in ("start", "end")]
    assert columns == [5, 15]
    client.stop()


def test_second_places(client: Client, uri: str) -> None:
    text = "modelspec: 1\nname: Net\nname: Other\nSequential: [ReLU]\n"
    (found,) = client.open(uri, text)
    (related,) = found["relatedInformation"]
    assert cut(text, found["range"]) == "name"
    assert related["location"]["uri"] == uri
    assert related["location"]["range"]["start"] == {"line": 1, "character": 0}


def test_an_unused_name_is_faded(client: Client, uri: str) -> None:
    text = RIGHT.replace("name: Net", "name: Net\nparams: {spare: 1}")
    (found,) = client.open(uri, text)
    assert (found["severity"], found["tags"]) == (2, [1])


def test_other_yaml_is_left_alone(client: Client, uri: str) -> None:
    assert client.open(uri, "services: {web: {image: nginx}}\n") == []
    assert client.open(uri, "") == []
    assert client.open(uri, "modelspec: 2\n") != []


def test_an_imported_file(client: Client, tmp_path: Path) -> None:
    """Its mistakes are published for it, and the open text counts, not the disk's."""
    part, net = tmp_path / "blocks.yaml", tmp_path / "net.yaml"
    part.write_text(BLOCKS.replace("Linear(n, n)", "Linear(n, m)"))
    assert client.open(net.as_uri(), USES) == []
    found = client.wait("textDocument/publishDiagnostics", part.as_uri())
    (only,) = found["diagnostics"]
    assert only["code"] == "unknown-name"
    assert client.open(part.as_uri(), BLOCKS) == []

    (in_part,) = client.open(part.as_uri(), BLOCKS.replace("Part:", "Other:"))[:1] or [
        None
    ]
    assert in_part is None
    found = client.wait("textDocument/publishDiagnostics", net.as_uri())
    while not found["diagnostics"]:
        found = client.wait("textDocument/publishDiagnostics", net.as_uri())
    assert found["diagnostics"][0]["code"] == "unknown-import"


def test_closing_takes_them_back(client: Client, tmp_path: Path) -> None:
    part, net = tmp_path / "blocks.yaml", tmp_path / "net.yaml"
    part.write_text(BLOCKS.replace("Linear(n, n)", "Linear(n, m)"))
    client.open(net.as_uri(), USES)
    publish = "textDocument/publishDiagnostics"
    assert client.wait(publish, part.as_uri())["diagnostics"]
    client.close(net.as_uri())
    assert client.wait(publish, part.as_uri())["diagnostics"] == []


def test_saving_reads_imports_again(client: Client, tmp_path: Path) -> None:
    part, net = tmp_path / "blocks.yaml", tmp_path / "net.yaml"
    (found,) = client.open(net.as_uri(), USES)
    assert found["code"] == "file-not-found"
    part.write_text(BLOCKS)
    client.tell("textDocument/didSave", {"textDocument": {"uri": net.as_uri()}})
    publish = "textDocument/publishDiagnostics"
    assert client.wait(publish, net.as_uri())["diagnostics"] == []


def test_no_text_kills_the_server(client: Client, uri: str) -> None:
    for text in (
        "modelspec: 1\0",
        "modelspec: 1\nname: [",
        "modelspec: 1\nname: \ud800\n",
        "modelspec: 1\nforward: " + "(" * 5000,
        "- " * 2000,
        "modelspec: 1\nname: A\nextends: B()\nblocks: {B: {extends: A()}}\n",
        "modelspec: 1\n" + "a: &a [*a]\n",
        "modelspec: 1\r\nname: Net\rSequential: [ReLU]\r\n",
    ):
        client.open(uri, text)
        for kind in ("completion", "hover", "definition"):
            for line in range(3):
                place = {"line": line, "character": 99}
                params = {"textDocument": {"uri": uri}, "position": place}
                client.ask(f"textDocument/{kind}", params)
        client.ask("textDocument/documentSymbol", {"textDocument": {"uri": uri}})
    assert client.open(uri, RIGHT) == []
