"""A `Summary`: what is known of a built network, as a value that shows itself.

It has no torch in it. `str` is the table for a terminal, a notebook shows HTML;
`text`, `markdown`, `csv`, `json` and `html` give it in full.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from modelspec.records import dataclass
from modelspec.report.summary.optimizers import TrainingMemory
from modelspec.report.summary.rows import Row
from modelspec.sizes import Observation, Size, Value, evaluate

WIDTH = 100
"""Columns of the text where nothing else is known."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Summary:
    """A network at a glance.

    `params` are values as they are written. `observation` is the run that showed the
    sizes; without one `note` says why there is none. `sizes` are the values of symbols
    for which multiply-adds and memory are counted; `batch` are those that count
    samples, and are 1 there. `root` is the row of the whole module, all others are in
    it.
    """

    name: str
    variant: str | None
    params: Mapping[str, str]
    root: Row
    observation: Observation | None
    sizes: Mapping[str, int]
    batch: tuple[str, ...] = ()
    note: str | None = None
    training: TrainingMemory | None = None

    def rows(self, depth: int | None = None) -> Iterator[tuple[int, Row]]:
        """The rows as they are shown: how deep each stands, 0 for the whole."""
        for level, row in self.root.walk():
            if depth is None or level <= depth:
                yield level, row

    def count(self, size: Size) -> int:
        """Multiply-adds or bytes as a number, for `sizes`."""
        return evaluate(size, self.sizes)

    def shape(self, value: Value | None) -> str:
        """Shapes as they are shown; empty where there are none."""
        if value is None or self.observation is None:
            return ""
        return self.observation.value_text(value)

    def text(self, width: int | None = WIDTH, depth: int | None = None) -> str:
        """A table for a terminal; columns that `width` has no room for are left out."""
        from modelspec.report.summary.text import render_text

        return render_text(self, width, depth)

    def markdown(self, depth: int | None = None) -> str:
        """A table for a README or a pull request."""
        from modelspec.report.summary.markdown import render_markdown

        return render_markdown(self, depth)

    def csv(self, depth: int | None = None) -> str:
        """A row a line, all figures exact."""
        from modelspec.report.summary.data import render_csv

        return render_csv(self, depth)

    def json(self, depth: int | None = None) -> str:
        """Everything, as data; `docs/summary.md` tells its keys."""
        from modelspec.report.summary.data import render_json

        return render_json(self, depth)

    def html(self, depth: int | None = None) -> str:
        """A fragment for a page: a table and the lines under it."""
        from modelspec.report.summary.html import render_html

        return render_html(self, depth)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"Summary({self.name}, {self.root.tally.parameters:,} parameters)"

    def _repr_html_(self) -> str:
        return self.html()


FORMATS: Mapping[str, Callable[[Summary, int | None], str]] = MappingProxyType(
    {
        "json": Summary.json,
        "csv": Summary.csv,
        "md": Summary.markdown,
        "html": Summary.html,
    }
)
"""Formats besides the text: of a summary and a depth."""
