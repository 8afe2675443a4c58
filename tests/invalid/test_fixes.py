"""What a diagnostic proposes, put where it says: that mistake is gone then."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from modelspec.diagnostics.diagnostic import Diagnostic, Fix
from modelspec.driver import compile_path
from modelspec.policy import Policy

HERE = Path(__file__).parent


def found_in(path: Path) -> tuple[Diagnostic, ...]:
    return tuple(compile_path(str(path), Policy()).diagnostics)


def is_read(path: Path) -> bool:
    """Whether YAML takes the file, and what it has was looked at."""
    return compile_path(str(path), Policy()).program is not None


def told(found: tuple[Diagnostic, ...], one: Diagnostic) -> int:
    return sum((d.code, d.message) == (one.code, one.message) for d in found)


def apply(fix: Fix) -> str:
    text = fix.spans[0].source.text
    for span in sorted(fix.spans, key=lambda one: -one.start):
        text = text[: span.start] + fix.text + text[span.end :]
    return text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("fixes") / "invalid"
    shutil.copytree(HERE, made)
    return made


def test_every_fix_mends(folder: Path) -> None:
    tried = 0
    for path in sorted(folder.rglob("*.yaml")):
        found, was_read = found_in(path), is_read(path)
        for one in found:
            if one.fix is None:
                continue
            tried += 1
            place = Path(one.fix.spans[0].source.path or "")
            before = place.read_bytes()
            place.write_text(apply(one.fix), encoding="utf-8")
            left, still_read = found_in(path), is_read(path)
            place.write_bytes(before)
            assert told(left, one) < told(found, one), one
            assert still_read or not was_read, one
    assert tried >= 120
