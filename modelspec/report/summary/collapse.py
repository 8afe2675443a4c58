"""Equal neighbours become one row that says how many they are.

Comes in: a tree of rows. Goes out: the same with runs of siblings that are numbered
(`0`, `1`, ... or `norm1`, `norm2`, ...) and equal in all else (structure, shapes,
figures, notes) as their first, which has the names of all. So are operations that
follow one another. Figures of the rows around them stay what they were.
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
    """The last part of a row's name; of repeats with the last number: `layer0-11`.

    Empty for operations, which have none in the `state_dict`.
    """
    if row.kind == "operation":
        return ""
    first = _last(row.name)
    if not row.names:
        return first
    _, last = _numbered(row.names[-1])
    return f"{first}-{last}"


class _Collapse:
    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        """Equal rows have equal numbers, so that each is compared once."""

    def row(self, row: Row) -> Row:
        return self._with_number(row)[1]

    def _with_number(self, row: Row) -> tuple[int, Row]:
        inside = [self._with_number(child) for child in row.children]
        key = (
            *(row.kind, row.type, row.tally, row.own, row.inputs, row.output),
            *(row.calls, row.notes),
            tuple((_key_name(child), number) for number, child in inside),
        )
        number = self._numbers.setdefault(key, len(self._numbers))
        return number, replace(row, children=tuple(self._joined(inside)))

    def _joined(self, rows: Sequence[tuple[int, Row]]) -> Iterator[Row]:
        for _, group in groupby(rows, key=lambda pair: pair[0]):
            yield from map(_as_one, _runs([row for _, row in group]))


def _runs(equal: list[Row]) -> Iterator[list[Row]]:
    """Equal rows, apart where their names do not count on."""
    run: list[Row] = []
    for row in equal:
        if run and not _follows(run[-1], row):
            yield run
            run = []
        run.append(row)
    yield run


def _follows(left: Row, right: Row) -> bool:
    if left.kind == "operation":
        return True
    (stem, number), (other, next_number) = _numbered(left.name), _numbered(right.name)
    return stem == other and bool(number) and int(next_number or 0) == int(number) + 1


def _numbered(name: str) -> tuple[str, str]:
    """A name and the number at its end."""
    stem = name.rstrip("0123456789")
    return stem, name[len(stem) :]


def _as_one(run: list[Row]) -> Row:
    if len(run) == 1:
        return run[0]
    return replace(run[0], names=tuple(row.name for row in run))


def _key_name(child: Row) -> str:
    return "" if child.kind == "operation" else _last(child.name)


def _last(name: str) -> str:
    return name.rpartition(".")[2]
