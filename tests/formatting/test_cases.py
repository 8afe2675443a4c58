"""Each folder under `cases`: a spec, and how it is laid out."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.span import Source
from modelspec.formatting import format_source
from modelspec.policy import Limits
from tests.docs.snippets import all_snippets
from tests.formatting.corpus import comments, source_of

CASES = sorted(path.parent for path in Path(__file__).parent.glob("cases/*/input.yaml"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case(case: Path) -> None:
    given = source_of(case / "input.yaml")
    text = format_source(given, Limits(), Report())
    assert text == source_of(case / "expected.yaml").text
    assert comments(given.text) == comments(text)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_laid_out_stays(case: Path) -> None:
    expected = source_of(case / "expected.yaml")
    assert format_source(expected, Limits(), Report()) == expected.text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("modelspec: 1\nname: [\n", "unclosed-bracket"),
        ("a: 1\n", "not-a-spec"),
        ("modelspec: 1\na: 1\na: 2\n", "duplicate-key"),
        ("modelspec: 1\na: !!int 2\n", "yaml-tag"),
    ],
)
def test_what_does_not_read_as_a_spec_has_no_layout(text: str, code: str) -> None:
    report = Report()
    assert format_source(Source("net.yaml", text), Limits(), report) is None
    assert [one.code for one in report.found] == [code]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_long_key_gets_a_mark_of_its_own(ending: str) -> None:
    """YAML takes no key of more than 1024 characters without one."""
    test = " and ".join(f"width > {number}" for number in range(100))
    text = ending.join(
        ["modelspec: 1", "modules:", f"  ? if {test}", "  : a: ReLU", ""]
    )
    done = format_source(Source("net.yaml", text), Limits(), Report())
    assert done == f"modelspec: 1\nmodules:\n  ? if {test}\n  :\n    a: ReLU\n"


def test_the_page_shows_what_comes_out() -> None:
    """The page has one spec, and then the same one laid out."""
    given, expected = (
        one.text
        for one in all_snippets()
        if one.page.name == "fmt.md" and one.language == "yaml"
    )
    assert format_source(Source("net.yaml", given), Limits(), Report()) == expected
