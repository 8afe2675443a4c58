"""A summary as text: a title, the table, the totals under it.

In: a `Summary` and a width. Out: lines no wider, as long as names, types, outputs and
notes have room; the other columns give way to them. Names are those of the
`state_dict`, the part after the row around them, which stands above.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from modelspec.diagnostics.cells import printable, width
from modelspec.report.summary.collapse import shown_names
from modelspec.report.summary.columns import Column, filled
from modelspec.report.summary.facts import (
    assumptions,
    signature,
    title,
    totals,
    training,
)
from modelspec.report.summary.rows import Row
from modelspec.report.summary.summary import Summary

_GAP = "  "


def render_text(summary: Summary, most: int | None, depth: int | None) -> str:
    """The whole text; `most` columns wide, None for as wide as it takes."""
    shown = [(level, row) for level, row in summary.rows(depth) if level]
    lines = [_line(title(summary), signature(summary)), ""]
    if shown:
        lines += [*_table(summary, shown, most), ""]
    lines += _aligned(totals(summary))
    if assumed := assumptions(summary):
        lines += ["", assumed]
    if any(row.names for _, row in shown):
        lines += ["" if not assumed else None, _REPEATS]  # type: ignore[list-item]
    if summary.training is not None:
        lines += ["", f"training with {summary.training.optimizer}"]
        lines += _aligned(training(summary), indent=_GAP)
    return "\n".join(line for line in lines if line is not None) + "\n"


_REPEATS = "x2, x3, ...: equal neighbours; the figures in the row are those of one"


def _line(*parts: str) -> str:
    return printable(": ".join(part for part in parts if part))


def _table(
    summary: Summary, shown: Sequence[tuple[int, Row]], most: int | None
) -> Iterator[str]:
    names = ["name", *(_name(level, row) for level, row in shown)]
    columns = filled(summary, [row for _, row in shown])
    cells = {
        one.head: [one.head, *(printable(one.cell(summary, r)) for _, r in shown)]
        for one in columns
    }
    columns = _fitting(columns, cells, names, most)
    widths = [_widest(cells[one.head]) for one in columns]
    first = _widest(names)
    rule = "-" * (first + sum(widths) + len(_GAP) * len(widths))
    for index, name in enumerate(names):
        line = [_padded(name, first, left=True)]
        for one, wide in zip(columns, widths, strict=True):
            cell = cells[one.head][index]
            line.append(_padded(cell, wide, left=not one.is_number))
        yield _GAP.join(line).rstrip()
        if not index:
            yield rule


def _name(level: int, row: Row) -> str:
    """Operations stand under the module that calls them, and have no name."""
    text = "" if row.kind == "operation" else printable(shown_names(row))
    return "  " * (level - 1) + (text or ".")


def _fitting(
    columns: Sequence[Column],
    cells: dict[str, list[str]],
    names: Iterable[str],
    most: int | None,
) -> tuple[Column, ...]:
    """As many columns as there is room for, the first to go being the last in rank."""
    kept = list(columns)
    while most is not None:
        wide = _widest(names) + sum(
            len(_GAP) + _widest(cells[one.head]) for one in kept
        )
        last = max(kept, key=lambda one: one.rank, default=None)
        if wide <= most or last is None or not last.rank:
            break
        kept.remove(last)
    return tuple(kept)


def _aligned(rows: Iterable[Sequence[str]], indent: str = "") -> Iterator[str]:
    """Words, then what is told of them; numbers in the middle stand to the right."""
    known = list(rows)
    widths = [_widest(column) for column in zip(*known, strict=True)]
    for row in known:
        cells = [
            _padded(cell, wide, left=index in (0, len(row) - 1))
            for index, (cell, wide) in enumerate(zip(row, widths, strict=True))
        ]
        yield (indent + _GAP.join(cells)).rstrip()


def _widest(cells: Iterable[str]) -> int:
    return max(map(width, cells), default=0)


def _padded(text: str, wide: int, *, left: bool) -> str:
    space = " " * (wide - width(text))
    return text + space if left else space + text
