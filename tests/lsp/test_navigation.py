"""Definitions, uses and the outline, across files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lsp.client import MARK, Client, cut, place, unmark
from tests.lsp.test_completion import NET

LIBRARY = """\
modelspec: 1
blocks:
  Far:
    params: {depth: int}
    modules:
      deep: Linear(depth, depth)
    forward: self.deep(x)
  Spare:
    Sequential: [ReLU]
"""
USER = """\
modelspec: 1
name: Net
imports:
  ./library.yaml: {Far: Near, Spare: Spare}
modules:
  near: Near(depth=3)
forward: |
  return self.near.deep(x)
"""


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n")


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ("first: Pa", "rt(", "  Part:"),
        ("head: Linear(wid", "th", "  width:"),
        ("head: Linear(width, dou", "ble", "  double:"),
        ("Linear(si", "ze, size", "      size: int"),
        ("Part(double, bi", "as", "      bias:"),
        ("y = self.he", "ad", "  head:"),
        ("z = self.parts(", "y)", "  y = "),
        ("y = self.head(im", "age)", "  image:"),
        ("self.sca", "le.sum", "  scale:"),
        ("ones(ha", "lf(", "  half:"),
        ("self.inner(x) + self.si", "ze", "      size: int"),
        ("self.in", "ner(x)", "      inner:"),
    ],
)
def test_definitions(
    client: Client, uri: str, before: str, after: str, line: str
) -> None:
    assert NET.count(before + after) == 1
    marked = NET.replace(before + after, before + MARK + after)
    (found,) = client.at("definition", uri, marked)
    assert found["uri"] == uri
    assert found["range"]["start"]["line"] == line_of(NET, f"\n{line}") + 1


def test_across_files(client: Client, tmp_path: Path) -> None:
    library, user = tmp_path / "library.yaml", tmp_path / "net.yaml"
    library.write_text(LIBRARY)

    def defined(before: str, after: str) -> tuple[str, str]:
        marked = USER.replace(before + after, before + MARK + after)
        (found,) = client.at("definition", user.as_uri(), marked)
        assert found["uri"] == library.as_uri()
        return cut(LIBRARY, found["range"]), str(found["range"]["start"]["line"])

    assert defined("near: Ne", "ar(") == ("Far", "2")
    assert defined("Near(de", "pth=") == ("depth", "3")
    assert defined("self.near.de", "ep") == ("deep", "5")
    assert defined("{Fa", "r: Near") == ("Far", "2")
    assert defined("Near, Spa", "re: Spare") == ("Spare", "7")
    assert defined("./libr", "ary.yaml") == ("", "0")


def test_uses(client: Client, uri: str) -> None:
    text, position = unmark(
        NET.replace("  wid¦th:", "  width:").replace("  width:", "  wid¦th:")
    )
    client.open(uri, text)
    more = {"context": {"includeDeclaration": True}}
    found = client.ask("textDocument/references", place(uri, position, **more))
    assert [cut(text, one["range"]) for one in found] == ["width"] * 3


def test_no_definition(client: Client, uri: str) -> None:
    assert client.at("definition", uri, NET.replace("Drop", "Dr¦op")) is None


def test_symbols(client: Client, uri: str) -> None:
    client.open(uri, NET)
    params = {"textDocument": {"uri": uri}}
    found = client.ask("textDocument/documentSymbol", params)
    outline = {one["name"]: one for one in found}
    assert list(outline) == ["Net", "half", "Part"]
    inside = [one["name"] for one in outline["Net"]["children"]]
    assert inside == "width rate double head parts drop scale forward other".split()
    parts = next(one for one in outline["Net"]["children"] if one["name"] == "parts")
    assert [one["name"] for one in parts["children"]] == ["first", "second"]
    assert [one["name"] for one in outline["Part"]["children"]] == [
        *("size", "bias", "inner", "forward")
    ]
    for one in (*found, *outline["Net"]["children"]):
        assert cut(NET, one["selectionRange"]) == one["name"]
        start, end = one["range"]["start"], one["range"]["end"]
        assert start["line"] <= one["selectionRange"]["start"]["line"] <= end["line"]


def test_symbols_of_a_broken_text(client: Client, uri: str) -> None:
    """Those of the last text that could be read."""
    client.open(uri, NET)
    client.open(uri, NET + "init: {")
    params = {"textDocument": {"uri": uri}}
    assert len(client.ask("textDocument/documentSymbol", params)) == 3


def test_highlights(client: Client, uri: str) -> None:
    """In the file itself, the definition told from the uses."""
    text, position = unmark(NET.replace("y = self.head(", "y = self.he¦ad("))
    client.open(uri, text)
    found = client.ask("textDocument/documentHighlight", place(uri, position))
    assert [cut(text, one["range"]) for one in found] == ["head"] * 3
    lines = [one["range"]["start"]["line"] for one in found if one["kind"] == 3]
    assert lines == [line_of(text, "  head: Linear")]


def test_uses_without_the_definition(client: Client, uri: str) -> None:
    text, position = unmark(NET.replace("y = self.head(", "y = self.he¦ad("))
    client.open(uri, text)
    more = {"context": {"includeDeclaration": False}}
    found = client.ask("textDocument/references", place(uri, position, **more))
    assert len(found) == 2


def test_in_a_block_that_nothing_uses(client: Client, uri: str) -> None:
    """As one is while it is being written."""
    spare = "  Spare:\n    modules: {one: ReLU}\n    forward: self.on¦e(x)\nmodules:\n"
    text, position = unmark(NET.replace("modules:\n  head", f"{spare}  head"))
    client.open(uri, text)
    (found,) = client.ask("textDocument/definition", place(uri, position))
    assert found["range"]["start"]["line"] == line_of(text, "{one: ReLU}")


def test_the_outline_says_how_children_are_written(client: Client, uri: str) -> None:
    client.open(uri, NET)
    params = {"textDocument": {"uri": uri}}
    found = client.ask("textDocument/documentSymbol", params)
    net = next(one for one in found if one["name"] == "Net")
    details = {one["name"]: one["detail"] for one in net["children"]}
    assert details["head"] == "Linear(width, double)"
    assert details["width"] == "param"
