"""Laying out any spec of the project keeps what it means and what it says.

`format_spec` looks itself; here it is looked at again, by other means.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.formatting.corpus import (
    codes,
    comments,
    laid_out,
    program,
    short,
    source_of,
    specs,
    with_text,
)


@pytest.mark.parametrize("path", specs(), ids=short)
def test_a_spec_keeps_its_meaning(path: Path) -> None:
    try:
        source = source_of(path)
    except UnicodeDecodeError:
        pytest.skip("no text")
    text = laid_out(source)
    if text is None:
        return
    done = with_text(source, text)
    assert laid_out(done) == text
    assert program(done) == program(source)
    assert codes(done) == codes(source)
    assert comments(text) == comments(source.text)
    assert not any(line != line.rstrip() for line in text.splitlines())
