"""A syntax error with the text around it, as the recognisers look at it."""

from __future__ import annotations

import re

from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.span import Source, Span
from modelspec.records import dataclass
from modelspec.syntax.cuts import end_of_line, start_of_line

_ENDS_VALUE = re.compile(r"(?=: |:$| #)")
_ENDS_FLOW_VALUE = re.compile(r"(?=: |:$| #|[,\]}])")


@dataclass(frozen=True, slots=True)
class Case:
    """A fault with offsets into the source, and what stood before it."""

    source: Source
    text: str
    problem: str
    at: int
    context: str
    context_at: int
    flow: int | None
    last: Span | None
    report: Report

    @property
    def char(self) -> str:
        return self.text[self.at : self.at + 1]

    @property
    def before(self) -> str:
        """The line up to the fault."""
        return self.text[start_of_line(self.text, self.at) : self.at]

    @property
    def rest(self) -> str:
        """The line from the fault on."""
        return self.text[self.at : end_of_line(self.text, self.at)]

    def span(self, start: int, end: int) -> Span:
        last = len(self.text)
        return Span(self.source, min(start, last), max(start, min(end, last)))

    def rest_span(self) -> Span:
        return self.span(self.at, end_of_line(self.text, self.at))

    def line_span(self, at: int) -> Span:
        """The line that `at` is on, without its indentation."""
        start = start_of_line(self.text, at)
        end = end_of_line(self.text, start)
        line = self.text[start:end]
        return self.span(start + len(line) - len(line.lstrip()), end)

    def end_of_value(self, at: int) -> int:
        """Where a plain value that starts at `at` would end on its line."""
        end = end_of_line(self.text, at)
        ends = _ENDS_VALUE if self.flow is None else _ENDS_FLOW_VALUE
        found = ends.search(self.text[at + 1 : end])
        return end if found is None else at + 1 + found.start()


def as_quoted(text: str) -> str:
    """A text as it can be written in quotes."""
    flat = " ".join(text.split())
    if "'" not in flat:
        return f"'{flat}'" if '"' in flat or "\\" in flat else f'"{flat}"'
    if '"' not in flat and "\\" not in flat:
        return f'"{flat}"'
    return "'" + flat.replace("'", "''") + "'"
