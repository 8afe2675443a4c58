"""Equal neighbours become one row that says how many they are.

Comes in: a tree of rows. Goes out: the same with runs of siblings that are equal in
everything but their names (structure, shapes, figures, notes) as their first, which
has the names of all. Figures of the rows around them stay what they were.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from modelspec.report.summary.rows import Row


def collapse(row: Row) -> Row:
    """The row with repeats in it collapsed, at every depth."""
    return _Collapse().row(row)


def shown_names(row: Row) -> str:
    """The last part of a row's name; of repeats, from the first to the last."""
    first, last = (_last(name) for name in (row.name, (row.names or (row.name,))[-1]))
    if first == last:
        return first
    if first.isdecimal() and last.isdecimal():
        return f"{first}-{last}"
    return f"{first} ... {last}"


class _Collapse:
    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        """Equal rows have equal numbers, so that each is compared once."""

    def row(self, row: Row) -> Row:
        return self._numbered(row)[1]

    def _numbered(self, row: Row) -> tuple[int, Row]:
        inside = [self._numbered(child) for child in row.children]
        key = (
            *(row.kind, row.type, row.tally, row.own, row.inputs, row.output),
            *(row.calls, row.notes),
            tuple((_key_name(child), number) for number, child in inside),
        )
        number = self._numbers.setdefault(key, len(self._numbers))
        return number, replace(row, children=tuple(self._joined(inside)))

    def _joined(self, rows: Sequence[tuple[int, Row]]) -> Iterator[Row]:
        for _, group in groupby(rows, key=lambda pair: pair[0]):
            equal = [row for _, row in group]
            first = equal[0]
            names = tuple(name for one in equal for name in one.names or (one.name,))
            yield replace(first, names=names) if len(names) > 1 else first


def _key_name(child: Row) -> str:
    return "" if child.kind == "operation" else _last(child.name)


def _last(name: str) -> str:
    return name.rpartition(".")[2]
