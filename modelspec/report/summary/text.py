"""A summary as text: a title, the table, the totals under it.

In: a `Summary` and a width. Out: lines no wider, as long as names, types and outputs
have room: long notes go under the table first, then columns give way, then types are
cut. Names are those of the `state_dict`, each without that of the row around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from modelspec.diagnostics.cells import printable, width
from modelspec.report.summary.collapse import shown_names
from modelspec.report.summary.columns import NOTES, Column, filled
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
_CUT = "..."
_NARROWEST = 12
_SHORT = 10
"""Notes of so many letters stay in the table."""
_NAME = Column("name", lambda _, row: shown_names(row))


def render_text(summary: Summary, most: int | None, depth: int | None) -> str:
    """The whole text; `most` columns wide, None for as wide as it takes."""
    shown = [(level, row) for level, row in summary.rows(depth) if level]
    parts = [[_line(title(summary), signature(summary))]]
    if shown:
        parts.append(list(_Table(summary, shown).lines(most)))
    parts.append(list(_aligned(totals(summary))))
    remarks = [assumptions(summary)]
    if any(row.names for _, row in shown):
        remarks.append("x2, x3, ... are equal neighbours: the figures are those of one")
    parts.append([one for one in remarks if one])
    if summary.training is not None:
        heading = f"training with {summary.training.optimizer}"
        parts.append([heading, *_aligned(training(summary), indent=_GAP)])
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _line(*parts: str) -> str:
    return printable(": ".join(part for part in parts if part))


class _Table:
    def __init__(self, summary: Summary, shown: Sequence[tuple[int, Row]]) -> None:
        rows = [row for _, row in shown]
        names = ("  " * (level - 1) + shown_names(row) for level, row in shown)
        self._columns = [_NAME, *filled(summary, rows)]
        self._cells = {_NAME: ["name", *map(printable, names)]}
        for one in self._columns[1:]:
            cells = (printable(one.cell(summary, row)) for row in rows)
            self._cells[one] = [one.head, *cells]
        self._footnotes: dict[str, str] = {}

    def lines(self, most: int | None) -> Iterator[str]:
        if most is not None and self._width() > most:
            self._move_notes()
            while self._width() > most:
                last = max(self._columns, key=lambda one: one.rank)
                if not last.rank:
                    break
                self._columns.remove(last)
            self._shorten(self._width() - most)
        yield self._row(0)
        yield "-" * self._width()
        for index in range(1, len(self._cells[_NAME])):
            yield self._row(index)
        for note, mark in self._footnotes.items():
            yield f"{mark} {note}"

    def _move_notes(self) -> None:
        """Notes under the table, where they have no room beside it."""
        notes = self._cells.get(NOTES)
        if notes is None:
            return
        for note in notes:
            if len(note) > _SHORT:
                self._footnotes.setdefault(note, f"({len(self._footnotes) + 1})")
        self._cells[NOTES] = [self._footnotes.get(note, note) for note in notes]

    def _shorten(self, excess: int) -> None:
        """Types that are too long to their first letters, if nothing else helps."""
        types = self._columns[1]
        if excess <= 0:
            return
        room = max(_widest(self._cells[types]) - excess, _NARROWEST)
        self._cells[types] = [_cut(cell, room) for cell in self._cells[types]]

    def _width(self) -> int:
        wide = sum(_widest(self._cells[one]) for one in self._columns)
        return wide + len(_GAP) * (len(self._columns) - 1)

    def _row(self, index: int) -> str:
        cells = (
            _padded(
                self._cells[one][index],
                _widest(self._cells[one]),
                left=not one.is_number,
            )
            for one in self._columns
        )
        return _GAP.join(cells).rstrip()


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


def _cut(text: str, room: int) -> str:
    if width(text) <= room:
        return text
    kept = ""
    for char in text:
        if width(kept + char) > room - len(_CUT):
            break
        kept += char
    return kept + _CUT


def _widest(cells: Iterable[str]) -> int:
    return max(map(width, cells), default=0)


def _padded(text: str, wide: int, *, left: bool) -> str:
    space = " " * (wide - width(text))
    return text + space if left else space + text
