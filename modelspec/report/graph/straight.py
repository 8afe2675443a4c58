"""Which items of a layered drawing stand in one straight line.

In: rows of items, the lines between neighbouring rows, which items are mere points on
the way of a line, and which are at its side (parameters). Out: columns, each of items
in successive rows. Lines that span several rows are straight before all others, then
the longest way through the drawing, then what is left. Columns do not cross, so that
they can be placed from left to right.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, insort
from collections.abc import Sequence, Set

Line = tuple[int, int]


def find_columns(
    rows: Sequence[Sequence[int]],
    lines: Sequence[Line],
    bends: Set[int],
    beside: Set[int],
) -> list[list[int]]:
    """Columns from left to right: none is left of one before it."""
    place = {item: at for row in rows for at, item in enumerate(row)}
    row_of = {item: at for at, row in enumerate(rows) for item in row}
    chosen = _Chosen(place, row_of)
    for line in _ranked(rows, lines, bends, beside):
        chosen.take(line)
    columns = []
    for row in rows:
        for item in row:
            if item not in chosen.above:
                column = [item]
                while column[-1] in chosen.below:
                    column.append(chosen.below[column[-1]])
                columns.append(column)
    return _from_left(rows, columns)


class _Chosen:
    """Lines that are straight: no two of them cross or end in the same item."""

    def __init__(self, place: dict[int, int], row_of: dict[int, int]) -> None:
        self.above: dict[int, int] = {}
        self.below: dict[int, int] = {}
        self._place = place
        self._row = row_of
        self._taken: dict[int, list[tuple[int, int]]] = {}

    def take(self, line: Line) -> None:
        upper, lower = line
        if upper in self.below or lower in self.above:
            return
        taken = self._taken.setdefault(self._row[upper], [])
        ends = self._place[upper], self._place[lower]
        at = bisect_left(taken, ends)
        if at > 0 and taken[at - 1][1] > ends[1]:
            return
        if at < len(taken) and taken[at][1] < ends[1]:
            return
        insort(taken, ends)
        self.below[upper] = lower
        self.above[lower] = upper


def _ranked(
    rows: Sequence[Sequence[int]],
    lines: Sequence[Line],
    bends: Set[int],
    beside: Set[int],
) -> list[Line]:
    """Lines that are to be straight, the most important first."""
    above: dict[int, list[int]] = {}
    below: dict[int, list[int]] = {}
    for upper, lower in lines:
        above.setdefault(lower, []).append(upper)
        below.setdefault(upper, []).append(lower)
    order = [item for row in rows for item in row]
    place = {item: at for row in rows for at, item in enumerate(row)}
    weak = bends | beside
    up = _reaches(order, above, weak)
    down = _reaches(order[::-1], below, weak)
    ranked: list[tuple[int, int, Line]] = []
    for at, (upper, lower) in enumerate(lines):
        if upper in beside:
            rank = 4
        elif upper in bends or lower in bends:
            rank = 3 if (upper in bends) != (lower in bends) else 0
        else:
            ahead = _main(below[upper], weak, down, place) == lower
            behind = _main(above[lower], weak, up, place) == upper
            rank = 1 if ahead and behind else 2
            if rank == 2 and _is_fan(upper, lower, above, below, weak):
                continue
        ranked.append((rank, at, (upper, lower)))
    return [line for _, _, line in sorted(ranked)]


def _reaches(
    order: Sequence[int], linked: dict[int, list[int]], bends: Set[int]
) -> dict[int, int]:
    """The most items, points not counted, on a way from each item to the end."""
    found: dict[int, int] = {}
    for item in order:
        farthest = max((found[one] for one in linked.get(item, ())), default=0)
        found[item] = farthest + (item not in bends)
    return found


def _main(
    linked: list[int], bends: Set[int], reaches: dict[int, int], place: dict[int, int]
) -> int | None:
    """Where the main line goes on: the longest way; of several equal ones the middle,
    and none if there is no middle."""
    found = [one for one in linked if one not in bends]
    if not found:
        return None
    longest = max(reaches[one] for one in found)
    found = [one for one in found if reaches[one] == longest]
    found.sort(key=lambda one: place[one])
    return found[len(found) // 2] if len(found) % 2 else None


def _is_fan(
    upper: int,
    lower: int,
    above: dict[int, list[int]],
    below: dict[int, list[int]],
    bends: Set[int],
) -> bool:
    """Whether either end has several lines to items: it stands in their middle."""
    for linked in (below[upper], above[lower]):
        if sum(one not in bends for one in linked) > 1:
            return True
    return False


def _from_left(
    rows: Sequence[Sequence[int]], columns: list[list[int]]
) -> list[list[int]]:
    """Columns in an order in which none is left of one before it in any row."""
    column_of = {item: at for at, column in enumerate(columns) for item in column}
    right: list[set[int]] = [set() for _ in columns]
    waiting = [0] * len(columns)
    for row in rows:
        for one, next_one in itertools.pairwise(row):
            left_column, right_column = column_of[one], column_of[next_one]
            if right_column not in right[left_column]:
                right[left_column].add(right_column)
                waiting[right_column] += 1
    ready = sorted((at for at, n in enumerate(waiting) if n == 0), reverse=True)
    found: list[list[int]] = []
    while ready:
        at = ready.pop()
        found.append(columns[at])
        for one in sorted(right[at], reverse=True):
            waiting[one] -= 1
            if waiting[one] == 0:
                ready.append(one)
    assert len(found) == len(columns), "columns cross"
    return found
