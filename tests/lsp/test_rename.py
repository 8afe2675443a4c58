"""Renames of everything in real specs, which mean the same but for the name."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelspec.driver import compile_path
from modelspec.policy import Policy
from modelspec.program.dump import dump_program
from tests.lsp.client import MARK, ROOT, Client, apply, place, unmark

_WORD = re.compile(r"[A-Za-z_]\w*")
# Short ones; between them they have most kinds of names, and imports.
FILES = (
    "vae.yaml tied.yaml init_text.yaml module_list.yaml nest_mlp.yaml zoo/lib/timm.yaml"
    " standard_convnet.yaml"
).split()
REFUSALS = (
    "may mean others of this name too",  # a pattern, or an attribute only a run knows
    "has no argument",  # of whatever block is given as a param
    "matches nothing",  # inside of whatever block is given as a param
)


def meaning(path: Path) -> tuple[str, list[str]]:
    found = compile_path(str(path), Policy())
    assert found.program is not None, path
    return dump_program(found.program), sorted(one.code for one in found.diagnostics)


def positions(text: str) -> Iterator[tuple[str, dict[str, int]]]:
    for match in _WORD.finditer(text):
        start = match.start()
        column = start - text.rfind("\n", 0, start) - 1
        where = {"line": text.count("\n", 0, start), "character": column}
        yield match.group(), where


def names(client: Client, uri: str, text: str) -> Iterator[tuple[str, dict[str, int]]]:
    """The first place of each name that can be renamed."""
    seen: set[tuple[int, int]] = set()
    for word, where in positions(text):
        if (where["line"], where["character"]) in seen:
            continue
        if client.ask("textDocument/prepareRename", place(uri, where)) is None:
            continue
        for one in client.ask("textDocument/documentHighlight", place(uri, where)):
            start = one["range"]["start"]
            seen.add((start["line"], start["character"]))
        yield word, where


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("renames") / "examples"
    shutil.copytree(ROOT / "examples", folder)
    # Importers are looked for in what is under version control.
    (folder / ".git").mkdir()
    return folder


@pytest.mark.parametrize("file", FILES)
def test_every_name(client: Client, specs: Path, file: str) -> None:
    path = specs / file
    text, uri = path.read_text(), path.as_uri()
    client.open(uri, text)
    done = 0
    for word, where in names(client, uri, text):
        fresh = "Fresh" if word[0].isupper() else "fresh_name"
        params = place(uri, where, newName=fresh)
        answer = client.answer("textDocument/rename", params)
        if "error" in answer:
            message = answer["error"]["message"]
            assert any(reason in message for reason in REFUSALS), message
            continue
        check(answer["result"]["changes"], path, word, fresh)
        done += 1
    client.close(uri)
    assert done


def check(changes: dict[str, Any], path: Path, old: str, fresh: str) -> None:
    touched = {
        Path(uri.removeprefix("file://")): edits for uri, edits in changes.items()
    }
    before = {one: one.read_text() for one in touched}
    roots = {path, *touched}
    meant = {one: meaning(one) for one in roots}
    for one, edits in touched.items():
        one.write_text(apply(before[one], edits))
    for one in roots:
        dump, codes = meaning(one)
        assert (re.sub(rf"{fresh}\b", old, dump), codes) == meant[one], (old, one)
    for one, text in before.items():
        one.write_text(text)


# --- one by one ---------------------------------------------------------------------

SPEC = """\
modelspec: 1
name: Net
params:
  kind: layer = Part
vars:
  size: half(8)
functions:
  half: |
    def half(n: int) -> int:
        return n // 2
  quarter: |
    def quarter(half: int) -> int:
        return half // 2
blocks:
  Part:
    params: {n: int}
    constants: {growth: 2}
    modules:
      inner: Linear(n, n * quarter(4))
    forward: self.scaled(self.inner(x)) + self.growth
    methods:
      scaled: |
        def scaled(self, x):
            return x * self.growth
  Wide:
    extends: Part(3)
  Spare:
    modules:
      part: Part(2)
modules:
  first: Part(size * Part.growth)
  for i in range(2):
    more${i}: {Part: {n: "${half(i)}"}}
  last: kind(3)
  wide: Wide
forward: |
  y = self.first.scaled(x)
  return self.last(self.wide(y))
init:
  Part | Linear: {weight: zeros_}
variants:
  parts: {kind: Part}
""".replace(
    "  Part: {inner.weight: zeros_}\ninit_: null\n", "  Linear: {weight: zeros_}\n"
)


@pytest.mark.parametrize(
    ("before", "after", "name", "places"),
    [
        ("  Pa", "rt:\n    params", "Piece", 9),
        ("first: Pa", "rt(size", "Piece", 9),
        ("size: ha", "lf(8)", "halved", 4),
        ("    def ha", "lf(n", "halved", 4),
        ("    def quar", "ter(", "fourth", 3),
        ("constants: {gro", "wth", "factor", 4),
        ("x * self.gro", "wth", "factor", 4),
        ("Part.gro", "wth)", "factor", 4),
        ("      sca", "led: |", "times", 4),
        ("self.first.sca", "led(", "times", 4),
        ("  for ", "i in", "at", 3),
        ("name: N", "et", "Model", 1),
        ("  si", "ze: half", "width", 2),
    ],
)
def test_uses(
    client: Client, uri: str, before: str, after: str, name: str, places: int
) -> None:
    assert SPEC.count(before + after) == 1
    text, position = unmark(SPEC.replace(before + after, before + MARK + after))
    assert {one["code"] for one in client.open(uri, text)} <= {"unused-block"}
    answer = client.ask("textDocument/rename", place(uri, position, newName=name))
    (edits,) = answer["changes"].values()
    assert len(edits) == places
    after_edits = apply(text, edits)
    assert {one["code"] for one in client.open(uri, after_edits)} <= {"unused-block"}


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        ("  Pa", "rt:\n    params", "Wide"),
        ("  Pa", "rt:\n    params", "Linear"),
        ("  Pa", "rt:\n    params", "Residual"),
        ("  Pa", "rt:\n    params", "half"),
        ("size: ha", "lf(8)", "quarter"),
        ("size: ha", "lf(8)", "sum"),
        ("size: ha", "lf(8)", "x"),
        ("      sca", "led: |", "inner"),
        ("      sca", "led: |", "forward"),
        ("constants: {gro", "wth", "n"),
        ("constants: {gro", "wth", "training"),
        ("  for ", "i in", "size"),
    ],
)
def test_refused(client: Client, uri: str, before: str, after: str, name: str) -> None:
    text, position = unmark(SPEC.replace(before + after, before + MARK + after))
    client.open(uri, text)
    params = place(uri, position, newName=name)
    answer = client.answer("textDocument/rename", params)
    assert answer["error"]["code"] == -32803
    assert f"to '{name}'" in answer["error"]["message"]


def test_a_method_that_overrides(client: Client, uri: str) -> None:
    """Both would have to be renamed; it says which."""
    wide = "    extends: Part(3)\n    methods:\n      scaled: x + self.growth\n"
    marked = SPEC.replace("    extends: Part(3)\n", wide)
    text, position = unmark(marked.replace("      scaled: |", "      sca¦led: |"))
    client.open(uri, text)
    params = place(uri, position, newName="times")
    message = client.answer("textDocument/rename", params)["error"]["message"]
    assert "'Wide' has a method 'scaled' too" in message


LIBRARY = """\
modelspec: 1
functions:
  half: |
    def half(n: int) -> int:
        return n // 2
blocks:
  Far:
    params: {depth: int}
    Sequential: ["Linear(depth, half(depth))"]
"""
USER = """\
modelspec: 1
name: Net
imports:
  ./library.yaml: {Far: Near, half: half}
Sequential:
  - Near(half(8))
"""
ANOTHER = (
    "modelspec: 1\nname: B\nimports: {./library.yaml: [Far]}\nSequential: [Far(4)]\n"
)


@pytest.fixture
def importing(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A library and two specs that import it."""
    paths = tmp_path / "library.yaml", tmp_path / "user.yaml", tmp_path / "b.yaml"
    for path, text in zip(paths, (LIBRARY, USER, ANOTHER), strict=True):
        path.write_text(text)
    return paths


def test_an_alias_is_its_file_s_own(
    client: Client, importing: tuple[Path, Path, Path]
) -> None:
    _, user, _ = importing
    text, position = unmark(USER.replace("- Near(", "- Ne¦ar("))
    client.open(user.as_uri(), text)
    params = place(user.as_uri(), position, newName="Close")
    changes = client.ask("textDocument/rename", params)["changes"]
    assert list(changes) == [user.as_uri()]
    assert apply(text, changes[user.as_uri()]) == text.replace("Near", "Close")


def test_a_block_of_a_library(
    client: Client, importing: tuple[Path, Path, Path]
) -> None:
    library, user, another = importing
    text, position = unmark(LIBRARY.replace("  Far:", "  F¦ar:"))
    client.open(library.as_uri(), text)
    params = place(library.as_uri(), position, newName="Away")
    changes = client.ask("textDocument/rename", params)["changes"]
    assert set(changes) == {one.as_uri() for one in (library, user, another)}
    assert apply(text, changes[library.as_uri()]) == text.replace("Far", "Away")
    after = apply(USER, changes[user.as_uri()])
    assert after == USER.replace("Far", "Away")
    after = apply(ANOTHER, changes[another.as_uri()])
    assert after == ANOTHER.replace("Far", "Away")
