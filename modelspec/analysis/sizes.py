"""Pass: sizes left to `auto`; for a Program without any it costs nothing."""

from __future__ import annotations

from collections.abc import Iterator

from modelspec.analysis.facts import Facts
from modelspec.diagnostics.diagnostic import Diagnostic


def check_sizes(facts: Facts) -> Iterator[Diagnostic]:
    if any("auto" in text.names for text in facts.texts):
        from modelspec.analysis.autos import check_autos

        yield from check_autos(facts)
