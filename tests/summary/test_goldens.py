"""Summaries of cases and examples are what lies beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.summary.goldens import WIDTH, rendered, summary_goldens

# torch warns of how nn.Transformer, made as its own example makes it, will not be fast.
pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")


@pytest.mark.parametrize(
    "golden", summary_goldens(), ids=lambda p: f"{p.parent.name}/{p.name}"
)
def test_summary(golden: Path) -> None:
    assert rendered(golden) == golden.read_text(encoding="utf-8")


def test_texts_fit_a_terminal() -> None:
    """Tables give way to the width that they are asked for."""
    texts = [one for one in summary_goldens() if one.suffix == ".txt"]
    assert len(texts) > 10
    for one in texts:
        lines = one.read_text(encoding="utf-8").splitlines()
        table = [line for line in lines if line.startswith("-")]
        assert all(len(line) <= WIDTH for line in table), one
