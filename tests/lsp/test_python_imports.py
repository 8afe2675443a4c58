"""Layers of Python modules in an editor: known by their names, never imported."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lsp.client import ROOT, Client

NET = """\
modelspec: 1
name: Net
imports:
  python:told_on_import.layers: {FancyAttention: Attention}
modules:
  mix: Attention(8, heads=2)
  out: Linear(8, 8)
"""
PACKAGES = ROOT / "tests" / "python_imports" / "packages"


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """A file that is there once the module was imported."""
    return tmp_path / "told"


@pytest.fixture
def allowing(told: Path) -> Iterator[Client]:
    """A server that was told to allow the module."""
    environment = {
        "PYTHONPATH": f"{ROOT}{os.pathsep}{PACKAGES}",
        "TOLD_ON_IMPORT": str(told),
    }
    started = Client("--allow-import", "told_on_import", environment=environment)
    yield started
    status, said = started.stop()
    assert (status, told.exists()) == (0, False)
    assert "Traceback" not in said


def test_they_are_names_like_others(allowing: Client, uri: str) -> None:
    assert allowing.open(uri, NET) == []
    assert allowing.labels(uri, NET.replace("Linear(8, 8)", "Atten¦"))[0] == "Attention"
    hovered = allowing.at("hover", uri, NET.replace("Attention(8", "Atten¦tion(8"))
    assert "told_on_import.layers.FancyAttention" in hovered["contents"]["value"]
    found = allowing.labels(uri, NET.replace("Attention(8, heads=2)", "Attention(¦"))
    assert "heads" not in found
    assert allowing.at(
        "definition", uri, NET.replace("Attention(8", "Att¦ention(8")
    ) in (
        None,
        [],
    )


def test_without_the_word_for_them(client: Client, uri: str) -> None:
    """One message, at the import."""
    (found,) = client.open(uri, NET)
    assert found["code"] == "python-import"
    assert found["range"]["start"] == {"line": 3, "character": 2}
