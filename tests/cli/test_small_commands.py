"""`new`, `explain`, `doctor`, the help and the version."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest

import modelspec
from modelspec.diagnostics.codes import all_codes
from tests.cli.commands import ROOT, run

COMMANDS = [
    "build",
    "generate",
    "check",
    "summary",
    "graph",
    "save",
    "fmt",
    "explain",
    "layers",
    "new",
    "schema",
    "lsp",
    "doctor",
]


def test_version() -> None:
    assert run("--version").out == f"modelspec {modelspec.__version__}\n"
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'\nversion = "{modelspec.__version__}"\n' in text


def test_help_lists_the_commands_there_are() -> None:
    found = run("--help")
    assert found.status == 0
    listed = re.findall(r"^    ([a-z]+) ", found.out, re.MULTILINE)
    assert listed == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(command: str) -> None:
    """Complete, and within the width of a terminal."""
    found = run(command, "--help")
    assert (found.status, found.err) == (0, "")
    assert max(map(len, found.out.splitlines())) <= 90


def test_new_writes_a_spec_that_is_fine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = run("new", "my_net")
    assert (found.status, found.err) == (0, "")
    assert "modelspec build my_net.yaml" in found.out
    assert "name: MyNet\n" in Path("my_net.yaml").read_text(encoding="utf-8")
    checked = run("check", "my_net.yaml")
    assert (checked.status, checked.err) == (0, "")
    assert run("build", "my_net.yaml").status == 0


def test_new_leaves_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("mine", encoding="utf-8")
    found = run("new", path)
    assert found.status == 2
    assert path.read_text(encoding="utf-8") == "mine"
    assert run("new", path, "--force").status == 0


@pytest.mark.parametrize("name", ["2d", "", "a b", "é", "class", "torch/.", "nn"])
def test_new_takes_names_of_classes(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = run("new", name)
    assert found.status in (0, 2)
    made = [path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.yaml")]
    assert len(made) == (found.status == 0)
    assert all(run("check", "-", stdin=text).status == 0 for text in made)


def test_explain() -> None:
    found = run("explain", "merge-key")
    assert found.status == 0
    assert found.out.startswith("merge-key: ")


def test_explain_lists_all_codes() -> None:
    assert len(run("explain").out.splitlines()) == len(all_codes())


def test_explain_suggests() -> None:
    found = run("explain", "merge-keys")
    assert (found.status, found.out) == (2, "")
    assert "did you mean 'merge-key'?" in found.err


def test_doctor() -> None:
    found = run("doctor")
    assert (found.status, found.err) == (0, "")
    assert f"torch        {metadata.version('torch')}\n" in found.out
    assert "device       cpu: " in found.out
    assert found.out.endswith("no problems found\n")


def test_doctor_finds_the_other_modelspec(monkeypatch: pytest.MonkeyPatch) -> None:
    real = metadata.version
    monkeypatch.setattr(
        metadata, "version", lambda name: "9" if name == "modelspec" else real(name)
    )
    found = run("doctor")
    assert found.status == 1
    assert "pip uninstall modelspec" in found.out
