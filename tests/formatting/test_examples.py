"""The examples are written as the formatter would write them."""

from __future__ import annotations

from tests.cli.commands import run
from tests.formatting.corpus import specs_in


def test_the_examples_are_in_style() -> None:
    """`modelspec fmt examples/...` puts them there."""
    found = run("fmt", "--check", *specs_in("examples"))
    assert (found.status, found.err) == (0, ""), found.out
