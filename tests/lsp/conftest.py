"""One server for a file of tests; each test has documents of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("pygls")

from tests.lsp.client import Client


@pytest.fixture(scope="session")
def client() -> Iterator[Client]:
    started = Client()
    yield started
    status, said = started.stop()
    assert status == 0
    assert "Traceback" not in said


@pytest.fixture
def uri(tmp_path: Path) -> str:
    return (tmp_path / "net.yaml").as_uri()
