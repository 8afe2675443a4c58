"""The extension for Visual Studio Code: what it declares, and what it does."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.lsp.client import ROOT

FOLDER = ROOT / "editors" / "vscode"
NODE = shutil.which("node")


def declared() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "package.json").read_text())
    return found


def ran(*steps: str) -> dict[str, Any]:
    """What the extension asked of the editor in some steps."""
    if NODE is None:
        pytest.skip("node is not installed")
    script = Path(__file__).with_name("vscode.js")
    done = subprocess.run(
        [NODE, str(script), str(FOLDER), *steps],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_what_it_declares() -> None:
    """All that the editor needs to load it."""
    package = declared()
    assert (FOLDER / package["main"]).is_file()
    assert package["activationEvents"] == ["onLanguage:yaml"]
    assert {"name", "publisher", "version"} <= package.keys()
    assert "vscode" in package["engines"]
    assert "vscode-languageclient" in package["dependencies"]
    settings = package["contributes"]["configuration"]["properties"]
    assert settings["modelspec.command"]["default"] == ["modelspec", "lsp"]
    limited = package["capabilities"]["untrustedWorkspaces"]
    assert limited["restrictedConfigurations"] == list(settings)


def test_it_starts_the_server() -> None:
    found = ran("activate", "deactivate")
    made, *rest = found["said"]
    assert made["server"] == {"command": "/nets/bin/modelspec", "args": ["lsp"]}
    assert {one["language"] for one in made["languages"]} == {"yaml"}
    assert rest == ["started", "stopped"]
    named = [one["command"] for one in declared()["contributes"]["commands"]]
    assert found["commands"] == named
    assert found["subscribed"] == 2


@pytest.mark.parametrize("step", ["restart", "settings"])
def test_it_starts_it_again(step: str) -> None:
    made, *rest = ran("activate", step)["said"]
    assert rest == ["started", "stopped", made, "started"]


def test_other_settings_are_none_of_its_business() -> None:
    assert len(ran("activate", "others")["said"]) == 2


def test_a_server_that_does_not_start() -> None:
    """The user is told what to install, and leaving is no error."""
    found = ran("break", "activate", "deactivate")["said"][-1]["error"]
    assert "'/nets/bin/modelspec' does not start: spawn ENOENT" in found
    assert 'pip install "modelspec-compiler[lsp]"' in found
