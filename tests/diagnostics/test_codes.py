"""The table of codes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import modelspec
from modelspec.diagnostics import codes
from modelspec.diagnostics.codes import all_codes, find_code, nearest_code, render_code
from tests.invalid.test_invalid import ELSEWHERE, FOUND_BY_RUNNING

TABLE = Path(codes.__file__).with_name("codes.md").read_text(encoding="utf-8")


def test_every_heading_is_an_entry() -> None:
    """No entry is lost, none stands twice, and they are in alphabetical order."""
    names = re.findall(r"^## ([^:\n]*)", TABLE, re.MULTILINE)
    assert names == sorted(set(names))
    assert names == list(all_codes())


@pytest.mark.parametrize("name", all_codes())
def test_entry(name: str) -> None:
    """Every entry has a title and either says something or shows it."""
    code = all_codes()[name]
    assert code.name == name
    assert code.title
    assert code.explanation or code.example
    assert "```" not in code.explanation
    assert bool(code.fixed) <= bool(code.example)


def test_find() -> None:
    """A code is found as it is printed, a wrong one has a nearest."""
    assert find_code("error[merge-key]") == find_code("merge-key")
    assert find_code("none") is None
    assert nearest_code("merge-keys") == "merge-key"


def test_shown() -> None:
    """What `explain` prints."""
    code = codes.Code("a-b", "A title", "Some text.", "x: 1\n", "y: 1\n")
    assert render_code(code) == (
        "a-b: A title\n\nSome text.\n\nWrong:\n\n    x: 1\n\nRight:\n\n    y: 1\n"
    )


@pytest.mark.parametrize("name", sorted(all_codes()))
def test_every_code_is_explained_in_words(name: str) -> None:
    """An entry says more than its title."""
    assert len(all_codes()[name].explanation.split()) > 5


def told_of(text: str, *, shapes: bool) -> list[str]:
    """The codes of what is wrong with a text."""
    return [one.code for one in modelspec.check(text, shapes=shapes)]


# What only a build finds is tried in `tests/refused`.
SHOWN = [n for n, one in all_codes().items() if one.example and n not in ELSEWHERE]


@pytest.mark.parametrize("name", SHOWN)
def test_examples_are_what_they_say(name: str) -> None:
    """What is wrong has this mistake and no other, what is right has none."""
    code = all_codes()[name]
    shapes = name in FOUND_BY_RUNNING
    assert set(told_of(code.example, shapes=shapes)) == {name}
    assert not code.fixed or told_of(code.fixed, shapes=shapes) == []
