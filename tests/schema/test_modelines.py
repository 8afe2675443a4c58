"""Every example names the schema, where an editor finds it in a checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.write_modelines import example_specs, modeline, with_modeline

EXAMPLES = list(example_specs())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_every_example_begins_with_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith(modeline(path))
    assert with_modeline(path) == text


def test_the_path_is_right() -> None:
    for path in EXAMPLES:
        relative = modeline(path).partition("$schema=")[2].strip()
        assert (path.parent / relative).is_file()
