"""Quick fixes and renames: edits, and the cases in which there are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lsp.client import MARK, ROOT, Client, apply, cut, place, unmark
from tests.lsp.test_completion import NET
from tests.lsp.test_navigation import LIBRARY, USER


def fixes(client: Client, uri: str, text: str) -> list[dict[str, Any]]:
    """The actions for all diagnostics of a text."""
    problems = client.open(uri, text)
    end = {"line": text.count("\n") + 1, "character": 0}
    whole = {"start": {"line": 0, "character": 0}, "end": end}
    context = {"diagnostics": problems}
    params = {"textDocument": {"uri": uri}, "range": whole, "context": context}
    found: list[dict[str, Any]] = client.ask("textDocument/codeAction", params)
    return found


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("head: Linear(", "head: Linaer("),
        ("double, bias=False", "double, bais=False"),
        ("Linear(width, double)", "Linear(widht, double)"),
        ("y = self.head(", "y = self.haed("),
        ("half(4)", "hafl(4)"),
        ("modules:\n  head", "module:\n  head"),
        ("torch.ones", "torch.onse"),
    ],
)
def test_did_you_mean(client: Client, uri: str, right: str, wrong: str) -> None:
    text = NET.replace(right, wrong, 1)
    first = fixes(client, uri, text)[0]
    (edits,) = first["edit"]["changes"].values()
    assert apply(text, edits) == NET
    assert (first["kind"], first["isPreferred"]) == ("quickfix", True)
    assert first["diagnostics"][0]["range"] == edits[0]["range"]
    old = cut(text, edits[0]["range"])
    assert first["title"] == f"Change '{old}' to '{edits[0]['newText']}'"


def test_nothing_to_fix(client: Client, uri: str) -> None:
    assert fixes(client, uri, NET) == []
    assert fixes(client, uri, NET.replace("Linear(width", "Lnrxy(width")) == []


def renamed(
    client: Client, uri: str, text: str, where: tuple[str, str], name: str
) -> str | None:
    """The text after a rename; None where it was refused."""
    before, after = where
    assert text.count(before + after) == 1
    marked = text.replace(before + after, before + MARK + after)
    plain, position = unmark(marked)
    client.change(uri, plain)
    answer = client.answer("textDocument/rename", place(uri, position, newName=name))
    if "error" in answer:
        assert name in answer["error"]["message"]
        return None
    (edits,) = answer["result"]["changes"].values()
    return apply(text, edits)


RENAMES = """\
modelspec: 1
name: Net
params:
  width: 8
  dim: {type: int, default: 3}
vars:
  double: 2 * width
inputs:
  x: [N, width]
blocks:
  Part:
    params: {dim: int, bias: true}
    modules:
      inner: {Linear: {in_features: "${dim}", out_features: "${dim}", bias: "${bias}"}}
    forward: self.inner(x) + self.dim
modules:
  head: Linear(width, double)
  body:
    Sequential:
      for i in range(dim):
        part${i}: Part(double, bias=False)
      last: {Part: {dim: "${width * 2}"}}
  "tail": Linear(width * 2, width)
forward: |
  head = self.head(x)  # head
  return self.tail(self.body(head)) + self.width
init:
  "head.weight": zeros_
  "body.last.inner.bias": ones_
  "*.inner.weight": normal_(std=1 / width)
freeze: ["body.last.*", head.bias]
variants:
  wide: {width: 16, dim: 2}
"""


@pytest.mark.parametrize(
    ("where", "name", "changes"),
    [
        (
            ("  wid", "th: 8"),
            "size",
            [
                ("  width: 8", "  size: 8"),
                ("2 * width\n", "2 * size\n"),
                ("[N, width]", "[N, size]"),
                ("Linear(width, double)", "Linear(size, double)"),
                ("${width * 2}", "${size * 2}"),
                ("Linear(width * 2, width)", "Linear(size * 2, size)"),
                ("self.width", "self.size"),
                ("1 / width", "1 / size"),
                ("wide: {width:", "wide: {size:"),
            ],
        ),
        (
            ("self.he", "ad(x)"),
            "first",
            [
                ("  head: Linear", "  first: Linear"),
                ("self.head(x)", "self.first(x)"),
                ('"head.weight"', '"first.weight"'),
                (", head.bias]", ", first.bias]"),
            ],
        ),
        (
            ("params: {di", "m: int"),
            "size",
            [
                ("params: {dim:", "params: {size:"),
                ("${dim}", "${size}"),
                ("self.dim", "self.size"),
                ("last: {Part: {dim:", "last: {Part: {size:"),
            ],
        ),
        (
            ("      la", "st:"),
            "final",
            [
                ("      last:", "      final:"),
                ("body.last.inner", "body.final.inner"),
                ("body.last.*", "body.final.*"),
            ],
        ),
        (
            ("      inn", "er:"),
            "linear",
            [
                ("      inner:", "      linear:"),
                ("self.inner(", "self.linear("),
                ("last.inner.bias", "last.linear.bias"),
                ("*.inner.weight", "*.linear.weight"),
            ],
        ),
        (
            ("self.ta", "il("),
            "out",
            [('"tail":', '"out":'), ("self.tail(", "self.out(")],
        ),
        (
            ("Linear(width, dou", "ble)"),
            "twice",
            [
                ("  double: 2", "  twice: 2"),
                ("(width, double)", "(width, twice)"),
                ("Part(double,", "Part(twice,"),
            ],
        ),
    ],
)
def test_rename(
    client: Client,
    uri: str,
    where: tuple[str, str],
    name: str,
    changes: list[tuple[str, str]],
) -> None:
    """All uses and nothing else."""
    text = RENAMES
    assert client.open(uri, text) == []
    wanted = text
    for old, new in changes:
        assert old in wanted
        wanted = wanted.replace(old, new)
    found = renamed(client, uri, text, where, name)
    assert found == wanted
    assert client.open(uri, wanted) == []


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (("  wid", "th: 8"), "two words"),
        (("  wid", "th: 8"), "class"),
        (("  wid", "th: 8"), "1st"),
        (("  wid", "th: 8"), "dim"),
        (("  wid", "th: 8"), "torch"),
        (("  he", "ad: Linear"), "forward"),
        (("  he", "ad: Linear"), "tail"),
        (("  he", "ad: Linear"), "größe"),
        (("  he", "ad: Linear"), "__init__"),
    ],
)
def test_refused(client: Client, uri: str, where: tuple[str, str], name: str) -> None:
    assert renamed(client, uri, RENAMES, where, name) is None


def test_refused_where_a_pattern_means_others(client: Client, uri: str) -> None:
    """`*.inner.weight` would lose one of two that it means."""
    other = RENAMES.replace("  head: Linear", "  inner: Linear(3, 3)\n  head: Linear")
    assert renamed(client, uri, other, ("      inn", "er:"), "linear") is None


def test_what_is_no_name(client: Client, uri: str) -> None:
    text, position = unmark(RENAMES.replace("Linear(width, d", "Lin¦ear(width, d"))
    client.change(uri, text)
    assert client.ask("textDocument/prepareRename", place(uri, position)) is None
    answer = client.answer("textDocument/rename", place(uri, position, newName="x"))
    assert "only blocks, functions" in answer["error"]["message"]


def test_prepare(client: Client, uri: str) -> None:
    text, position = unmark(RENAMES.replace("self.tail(", "self.ta¦il("))
    client.change(uri, text)
    found = client.ask("textDocument/prepareRename", place(uri, position))
    assert cut(text, found) == "tail"


def test_not_in_a_broken_text(client: Client, uri: str) -> None:
    client.open(uri, NET)
    text, position = unmark(NET.replace("head:", "he¦ad:"))
    client.change(uri, text + "init: {")
    assert client.ask("textDocument/prepareRename", place(uri, position)) is None


def test_across_files(client: Client, tmp_path: Path) -> None:
    """Also in a spec that is not open, found beside the library."""
    library, user = tmp_path / "library.yaml", tmp_path / "net.yaml"
    user.write_text(USER)
    text, position = unmark(LIBRARY.replace("{depth:", "{de¦pth:"))
    library.write_text(text)
    client.open(library.as_uri(), text)
    params = place(library.as_uri(), position, newName="size")
    changes = client.ask("textDocument/rename", params)["changes"]
    assert set(changes) == {library.as_uri(), user.as_uri()}
    assert apply(USER, changes[user.as_uri()]) == USER.replace("depth=", "size=")
    assert apply(text, changes[library.as_uri()]) == text.replace("depth", "size")

    _, position = unmark(LIBRARY.replace("self.deep", "self.de¦ep"))
    params = place(library.as_uri(), position, newName="inner")
    changes = client.ask("textDocument/rename", params)["changes"]
    assert "self.near.inner(x)" in apply(USER, changes[user.as_uri()])


def proposals() -> list[tuple[str, str]]:
    """The lines of the corpus of mistakes whose diagnostic proposes a name."""
    from modelspec.driver import compile_path
    from modelspec.policy import Policy

    found = []
    for path in sorted((ROOT / "tests" / "invalid").rglob("*.yaml")):
        for one in compile_path(str(path), Policy()).diagnostics:
            if one.fix and one.span and one.span.source.path == str(path):
                found.append((str(path), one.fix.text))
    return found


def test_every_proposal_can_be_taken(client: Client) -> None:
    wanted = proposals()
    assert len(wanted) >= 40
    for path, name in wanted:
        uri = Path(path).as_uri()
        titles = [one["title"] for one in fixes(client, uri, Path(path).read_text())]
        assert any(title.endswith(f" to '{name}'") for title in titles), (path, titles)
        client.close(uri)


def test_in_quotes_and_at_the_end_of_a_path(client: Client, uri: str) -> None:
    text = NET.replace(
        "head: Linear(width, double)", "head: Conv2d(1, 2, 3, padding_mode='zero')"
    )
    (fix,) = fixes(client, uri, text)
    (edits,) = fix["edit"]["changes"].values()
    assert "padding_mode='zeros')" in apply(text, edits)
