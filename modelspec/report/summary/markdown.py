"""A summary as a table of GitHub's markdown, with full names.

In: a `Summary`. Out: text in which nothing of the spec's is markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from modelspec.diagnostics.cells import printable
from modelspec.report.summary.columns import Column, filled
from modelspec.report.summary.facts import (
    assumptions,
    signature,
    title,
    totals,
    training,
)
from modelspec.report.summary.naming import full_names
from modelspec.report.summary.rows import Row
from modelspec.report.summary.summary import Summary


def render_markdown(summary: Summary, depth: int | None) -> str:
    """Title, table, totals."""
    shown = full_names(summary, depth)
    lines = [f"**{_escaped(title(summary))}**"]
    if shape := signature(summary):
        lines[0] += f": `{_code(shape)}`"
    if shown:
        lines += ["", *_table(summary, shown)]
    lines += [
        "",
        *(f"- {_escaped(what)}: {_escaped(t)}" for what, t in totals(summary)),
    ]
    if assumed := assumptions(summary):
        lines += [f"- {_escaped(assumed)}"]
    if summary.training is not None:
        heads = (f"training with {summary.training.optimizer}", "memory", "what it is")
        lines += ["", _row(heads), "|---|---:|---|"]
        lines += [_row(map(_escaped, line)) for line in training(summary)]
    return "\n".join(lines) + "\n"


def _table(summary: Summary, shown: Sequence[tuple[str, Row]]) -> Iterator[str]:
    columns = filled(summary, [row for _, row in shown])
    yield _row(["name", *(one.head for one in columns)])
    marks = ["---:" if one.is_number else "---" for one in columns]
    yield f"|{'|'.join(['---', *marks])}|"
    for name, row in shown:
        cells = (_cell(one, one.cell(summary, row)) for one in columns)
        yield _row([f"`{_code(name)}`" if name else "", *cells])


def _cell(column: Column, text: str) -> str:
    is_shape = column.head in ("input", "output")
    return f"`{_code(text)}`" if is_shape and text else _escaped(text)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    marked = "".join(f"\\{char}" if char in "\\`*_{}[]#|<>" else char for char in text)
    return printable(marked.replace("&", "&amp;"))


def _code(text: str) -> str:
    return printable(text).replace("`", "'").replace("|", "\\|")
