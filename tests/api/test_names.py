"""How specs are named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelspec.api.names import split_name


@pytest.mark.parametrize(
    ("text", "path", "variant"),
    [
        ("net.yaml", "net.yaml", None),
        ("net.yaml:small", "net.yaml", "small"),
        ("a:b/net.yaml", "a:b/net.yaml", None),
        ("a:b/net.yaml:small", "a:b/net.yaml", "small"),
        ("C:\\nets\\net.yaml", "C:\\nets\\net.yaml", None),
        ("C:\\nets\\net.yaml:small", "C:\\nets\\net.yaml", "small"),
        ("-", "-", None),
        ("-:small", "-", "small"),
        ("net.yaml:", "net.yaml:", None),
        (":small", ":small", None),
        ("", "", None),
    ],
)
def test_split(text: str, path: str, variant: str | None) -> None:
    assert split_name(text) == (path, variant)


@pytest.mark.skipif(os.name == "nt", reason="no colons in names of files there")
def test_files_with_a_colon(tmp_path: Path) -> None:
    """A file of the whole name counts, unless the part before is a file too."""
    whole = tmp_path / "a:b"
    whole.touch()
    assert split_name(str(whole)) == (str(whole), None)
    (tmp_path / "a").touch()
    assert split_name(str(whole)) == (str(tmp_path / "a"), "b")


def test_drives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelspec.api.names.os.name", "nt")
    assert split_name("C:net.yaml") == ("C:net.yaml", None)
    assert split_name("C:net.yaml:small") == ("C:net.yaml", "small")
