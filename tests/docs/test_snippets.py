"""Every snippet of the README and the docs does what the page says."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

import modelspec
from modelspec.cli import main
from tests.docs.snippets import ROOT, Snippet, all_snippets

SNIPPETS = all_snippets()
MAKE_TARGETS = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)


def of(language: str) -> list[Snippet]:
    return [one for one in SNIPPETS if one.language == language]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the examples in it, as a reader of the page would have."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("snippet", of("yaml"), ids=str)
def test_specs_build(snippet: Snippet) -> None:
    """A spec has no mistake, not even a warning, and can be built."""
    whole = re.match(r"(#.*\n)*modelspec: 1\n", snippet.text)
    assert whole, "a page shows whole specs"
    spec = modelspec.loads(snippet.text)
    assert not spec.diagnostics
    spec.build()


@pytest.mark.parametrize("snippet", of("python"), ids=str)
def test_python_runs_or_is_generated(snippet: Snippet, folder: Path) -> None:
    """A program runs; source is what the spec above it generates."""
    if "import modelspec" in snippet.text:
        exec(compile(snippet.text, str(snippet), "exec"), {})
    else:
        assert modelspec.loads(snippet.before).source() == snippet.text


@pytest.mark.parametrize("snippet", of("console"), ids=str)
def test_commands_work(
    snippet: Snippet, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each `$ modelspec ...` line exits with 0; what follows it is what it prints."""
    for line, printed in _commands(snippet.text):
        words = shlex.split(line)
        if words[0] != "modelspec":
            assert words[0] in ("pip", "git", "cd", "make"), line
            continue
        assert main(_expanded(words[1:], folder)) == 0, line
        out = capsys.readouterr().out
        assert printed in out


def test_pages_name_targets_that_exist() -> None:
    """`make NAME` in a page is a target of the Makefile."""
    for page in {snippet.page for snippet in SNIPPETS}:
        for name in re.findall(r"`make (\w+)`", page.read_text(encoding="utf-8")):
            assert name in MAKE_TARGETS


def _commands(text: str) -> list[tuple[str, str]]:
    """The command lines and the output shown under each."""
    pieces = re.split(r"^\$ (.*)$", text, flags=re.MULTILINE)[1:]
    outputs = [output.strip("\n") for output in pieces[1::2]]
    return list(zip(pieces[::2], outputs, strict=True))


def _expanded(words: list[str], folder: Path) -> list[str]:
    """Words with `*` as a shell would expand them."""
    found: list[str] = []
    for word in words:
        matches = sorted(str(p.relative_to(folder)) for p in folder.glob(word))
        found.extend(matches if "*" in word else [word])
    return found
