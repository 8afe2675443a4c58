"""Pass: whether the values in methods can be used as they are.

What a child, a function or a method gives is followed through the locals: a tuple that
goes on as a tensor, too many names for what comes back, an index that is not there, a
number that is called, a module that was meant to be called.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelspec.analysis.facts import Facts, Text, collect_method
from modelspec.analysis.values.flow import Flow
from modelspec.analysis.values.held import UNKNOWN, Held
from modelspec.analysis.values.judge import Judge
from modelspec.diagnostics.diagnostic import Diagnostic, Report
from modelspec.program.ir import Block


def check_values(facts: Facts) -> Iterator[Diagnostic]:
    report, known = Report(), _Returned(facts)
    for text in facts.texts:
        if text.method is not None:
            Flow(text, facts, Judge(text, facts, report, known)).run()
    yield from report.found


class _Returned:
    """What methods of blocks return, each followed once."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.found: dict[tuple[str, str], Held] = {}
        self.texts = {
            (one.block.name, one.method.name): one
            for one in facts.texts
            if one.block is not None and one.method is not None
        }

    def __call__(self, block: Block, name: str) -> Held:
        key = (block.name, name)
        if key not in self.found:
            self.found[key] = UNKNOWN  # as long as it asks for itself
            text = self._text(block, name)
            if text is not None:
                judge = Judge(text, self.facts, None, self)
                self.found[key] = Flow(text, self.facts, judge).run()
        return self.found[key]

    def _text(self, block: Block, name: str) -> Text | None:
        method = block.method(name)
        if method is None:
            return None
        return self.texts.get((block.name, name)) or collect_method(block, method)
