"""Files that are specs, and others of which nothing is shown."""

from __future__ import annotations

import pytest

from modelspec.diagnostics import Report, Source
from modelspec.diagnostics.codes import all_codes
from modelspec.diagnostics.render import render_full
from modelspec.policy import Limits
from modelspec.syntax.document import read_spec
from modelspec.syntax.nodes import MappingNode


def read_root(text: str) -> tuple[MappingNode | None, Report]:
    report = Report()
    return read_spec(Source("t.yaml", text), Limits(), report), report


@pytest.mark.parametrize(
    "text",
    [
        "root:x:0:0:secret:/root\nbin:x:1:1:\n",
        "secret: [",
        "secret: 1\nsecret: 2",
        "- secret\n- modelspec: 1",
        "# modelspec: 1\nsecret: !x",
        "secret:\n  modelspec: 1\n",
        "key = secret",
    ],
)
def test_other_files_are_not_quoted(text: str) -> None:
    """A file without the key is one diagnostic, whatever else is wrong with it."""
    root, report = read_root(text)
    assert root is None
    assert [one.code for one in report.found] == ["not-a-spec"]
    assert "secret" not in render_full(report.found, color=False)


def test_a_spec_is_read() -> None:
    """The root mapping of a spec, also when later stages will find more."""
    root, report = read_root("# c\nmodelspec: 1\nname: A\nname: B\n")
    assert root is not None
    assert [one.code for one in report.found] == ["duplicate-key"]


def test_syntax_errors_of_a_spec_are_shown() -> None:
    """A broken spec is still known as a spec."""
    root, report = read_root("modelspec: 1\na: [")
    assert root is None
    assert [one.code for one in report.found] == ["unclosed-bracket"]


OURS = """ambiguous-number bad-indentation block-header cut-by-yaml duplicate-key
merge-key missing-colon missing-space non-scalar-key not-a-spec number-out-of-range
recursive-alias reserved-character second-colon several-documents tab-indentation
text-after-value unclosed-bracket unclosed-quote unknown-alias unknown-escape
yaml-directive yaml-syntax yaml-tag""".split()


@pytest.mark.parametrize("name", OURS)
def test_examples_of_the_table(name: str) -> None:
    """The wrong example has the mistake, and only that; the right one has none."""
    code = all_codes()[name]
    assert [one.code for one in read_root(code.example)[1].found] == [name]
    assert read_root(code.fixed)[1].found == []
