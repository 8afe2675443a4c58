"""Summaries of the zoo: outputs' symbolic shapes and figures, against torch's own.

The table has all models; here one of each spec is run. `scripts/write_zoo_sizes.py`
runs all of them.
"""

from __future__ import annotations

import pytest

from tests.zoo.entries import Entry, entries
from tests.zoo.sizes import counted_by_torch, line, observed, summary_of, table

FIRST = {entry.path: entry for entry in reversed(entries().values())}

# torch warns of how nn.Transformer, made as its own example makes it, will not be fast.
pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")


def test_the_table_has_every_model() -> None:
    assert list(table()) == list(entries())


def test_the_number_of_samples_stays_open() -> None:
    """But where a cache is made for one sample, and where the run depends on values."""
    closed = {
        name
        for name, found in table().items()
        if not {"N", "B"} & set(found.get("output", ""))
    }
    assert closed == {"meta_llama_7b", "d2l_4.1_fancymlp", "d2l_4.1_nested"}


@pytest.mark.parametrize("entry", FIRST.values(), ids=lambda entry: entry.name)
def test_sizes(entry: Entry) -> None:
    """The line of the table; multiply-adds are what torch's own counter counts, and
    parameters those of the module."""
    found = observed(entry)
    summary = summary_of(entry, found)
    assert line(summary) == table()[entry.name]
    module = found.built.module
    parameters = sum(one.numel() for one in module.parameters())
    assert summary.root.tally.parameters == parameters
    if summary.observation is not None:
        macs = summary.count(summary.root.tally.macs)
        assert macs == counted_by_torch(module, summary)
