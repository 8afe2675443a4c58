"""A summary as a fragment of HTML, for notebooks and pages.

In: a `Summary`. Out: a table with its lines, one root element; it brings no style
sheet, no script and no address, and nothing of the spec's is markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from modelspec.diagnostics.cells import printable
from modelspec.report.summary.collapse import shown_names
from modelspec.report.summary.columns import filled
from modelspec.report.summary.facts import (
    assumptions,
    signature,
    title,
    totals,
    training,
)
from modelspec.report.summary.rows import Row
from modelspec.report.summary.summary import Summary

_LEFT, _RIGHT = "text-align:left", "text-align:right"


def render_html(summary: Summary, depth: int | None) -> str:
    """One `div`."""
    shown = [(level, row) for level, row in summary.rows(depth) if level]
    lines = [
        '<div class="modelspec-summary">',
        f"<p><b>{_text(title(summary))}</b>"
        f" <code>{_text(signature(summary))}</code></p>",
    ]
    if shown:
        lines += ["<table>", *_table(summary, shown), "</table>"]
    lines += ["<table>", *(_line(row) for row in totals(summary)), "</table>"]
    if assumed := assumptions(summary):
        lines.append(f"<p>{_text(assumed)}</p>")
    if summary.training is not None:
        lines.append(f"<p>training with {_text(summary.training.optimizer)}</p>")
        lines += ["<table>", *(_line(row) for row in training(summary)), "</table>"]
    return "\n".join([*lines, "</div>"]) + "\n"


def _table(summary: Summary, shown: Sequence[tuple[int, Row]]) -> Iterator[str]:
    columns = filled(summary, [row for _, row in shown])
    sides = [_RIGHT if one.is_number else _LEFT for one in columns]
    heads = zip(("name", *(one.head for one in columns)), (_LEFT, *sides), strict=True)
    cells = "".join(f'<th style="{side}">{_text(head)}</th>' for head, side in heads)
    yield f"<thead><tr>{cells}</tr></thead>"
    yield "<tbody>"
    for level, row in shown:
        name = shown_names(row)
        indent = f"{_LEFT};padding-left:{level}em"
        cells = f'<td style="{indent}" title="{_text(row.name)}">{_text(name)}</td>'
        for one, side in zip(columns, sides, strict=True):
            cells += f'<td style="{side}">{_text(one.cell(summary, row))}</td>'
        yield f"<tr>{cells}</tr>"
    yield "</tbody>"


def _line(cells: Iterable[str]) -> str:
    inside = "".join(f'<td style="{_LEFT}">{_text(cell)}</td>' for cell in cells)
    return f"<tr>{inside}</tr>"


def _text(text: str) -> str:
    return escape(printable(text))
