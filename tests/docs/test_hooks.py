"""The hooks for pre-commit run as it runs them, and the page about them is right."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.commands import ROOT, WRONG, Result, run
from tests.docs.snippets import all_snippets

HOOKS: dict[str, dict[str, Any]] = {
    hook["id"]: hook
    for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
}
PAGE = [one for one in all_snippets() if one.page.name == "editors-and-ci.md"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with two specs under `nets`."""
    (tmp_path / "nets").mkdir()
    for name in ("mlp", "lenet"):
        shutil.copy(ROOT / "examples" / f"{name}.yaml", tmp_path / "nets")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_hook(name: str, args: list[str], files: list[str]) -> Result:
    """The entry, the user's `args`, then the files, unless they are not passed."""
    hook = HOOKS[name]
    program, *words = shlex.split(hook["entry"])
    assert program == "modelspec"
    passed = files if hook.get("pass_filenames", True) else []
    return run(*words, *args, *passed)


def test_hooks_are_complete() -> None:
    """What pre-commit requires of a hook."""
    assert sorted(HOOKS) == [
        "modelspec-check",
        "modelspec-fmt",
        "modelspec-generate",
    ]
    for hook in HOOKS.values():
        assert {"id", "name", "entry", "language"} <= hook.keys()


def test_check(folder: Path) -> None:
    files = ["nets/lenet.yaml", "nets/mlp.yaml"]
    assert run_hook("modelspec-check", [], files).status == 0
    (folder / "nets/mlp.yaml").write_text(WRONG, encoding="utf-8")
    found = run_hook("modelspec-check", [], files)
    assert found.status == 1
    assert "--> nets/mlp.yaml:4:" in found.err


def test_fmt(folder: Path) -> None:
    """Lays out what is not in style and leaves what is; `--check` only looks."""
    files = ["nets/lenet.yaml", "nets/mlp.yaml"]
    before = {name: (folder / name).read_bytes() for name in files}
    assert run_hook("modelspec-fmt", [], files).status == 0
    assert {name: (folder / name).read_bytes() for name in files} == before
    untidy = before[files[1]] + b"\n\n"
    (folder / files[1]).write_bytes(untidy)
    assert run_hook("modelspec-fmt", ["--check"], files).status == 1
    assert (folder / files[1]).read_bytes() == untidy
    assert run_hook("modelspec-fmt", [], files).status == 0
    assert {name: (folder / name).read_bytes() for name in files} == before


def test_generate(folder: Path) -> None:
    """Right after generating, and no more after a change; it writes nothing."""
    args = ["nets/mlp.yaml", "nets/lenet.yaml", "-o", "generated"]
    changed = ["nets/mlp.yaml"]
    assert run("generate", *args).status == 0
    assert run_hook("modelspec-generate", args, changed).status == 0
    spec = folder / "nets/mlp.yaml"
    spec.write_text(spec.read_text().replace("name: ", "name: My"), encoding="utf-8")
    before = (folder / "generated/mlp.py").read_text()
    found = run_hook("modelspec-generate", args, changed)
    assert found.status == 1
    assert "+class My" in found.out
    assert (folder / "generated/mlp.py").read_text() == before


def test_settings_on_the_page_can_be_read() -> None:
    texts = [one.text for one in PAGE if one.language in ("json", "yml")]
    assert len(texts) >= 4
    for one in PAGE:
        if one.language == "json":
            json.loads(one.text)
        elif one.language == "yml":
            yaml.safe_load(one.text)


def test_the_page_names_hooks_there_are() -> None:
    (config,) = (one for one in PAGE if one.text.startswith("repos:"))
    (repo,) = yaml.safe_load(config.text)["repos"]
    assert {hook["id"] for hook in repo["hooks"]} == HOOKS.keys()
    for hook in repo["hooks"]:
        assert hook.keys() <= {"id", "files", "args"}
