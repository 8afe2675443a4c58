"""The table of `docs/zoo.md` says of every spec of the zoo how long it is."""

from __future__ import annotations

from pathlib import Path

from scripts.count_zoo import PAGE, ROW, count_lines, with_counts
from tests.zoo.entries import entries

ROOT = Path(__file__).parents[2]
TEXT = PAGE.read_text(encoding="utf-8")


def test_lines_are_counted_anew() -> None:
    """`python scripts/count_zoo.py --write` would change nothing."""
    assert with_counts(TEXT) == TEXT


def test_every_spec_of_the_zoo_is_in_a_table() -> None:
    listed = {row["spec"] for row in ROW.finditer(TEXT)}
    named = {
        entry.path.relative_to(ROOT).as_posix()
        for entry in entries().values()
        if not entry.name.startswith("d2l_")
    }
    assert listed == named


def test_specs_are_shorter_than_the_code_they_stand_for() -> None:
    """But for small models, as the page says."""
    architectures, _, _ = TEXT.partition("### Small models")
    longer = [
        row["spec"]
        for row in ROW.finditer(architectures)
        if int(row["lines"]) >= int(row["python"])
    ]
    assert longer == []


def test_what_is_said_about_a_model_is_not_counted() -> None:
    spec = """
# A comment.
modelspec: 1
name: Net
doc: |
  Two lines

  of text.
params:
  width:
    type: int
    doc: Not counted.
Sequential:
  - Linear(width, 1)  # counted
"""
    assert count_lines(spec) == 7
