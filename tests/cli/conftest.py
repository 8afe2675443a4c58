"""A spec in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.commands import MLP


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "net.yaml"
    path.write_text(MLP, encoding="utf-8")
    return path
