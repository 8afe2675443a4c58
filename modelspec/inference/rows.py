"""What one size was, each time: rows, and what the value depends on.

A row is one `auto` that was come by. Its value is a number, or a tuple where the turns
of a loop were folded into one row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from modelspec.records import dataclass

Value: TypeAlias = "int | tuple[Value, ...]"
Maker: TypeAlias = "tuple[int, int]"
"""A module of a block: the index of the trace, and of the activation in it."""


@dataclass(frozen=True, slots=True)
class Row:
    """`turns` are those of the loops around the place, None where it does not matter
    (any more); `names` are numbers that names were there."""

    maker: Maker
    turns: tuple[int | None, ...]
    names: Mapping[str, int]
    value: Value


def values_of(rows: Sequence[Row]) -> list[Value]:
    """The different values, in order of appearance."""
    return list(dict.fromkeys(row.value for row in rows))


def levels_of(rows: Sequence[Row]) -> list[int]:
    """The loops, outermost first, whose turn tells values of one module apart."""
    levels = [at for at, turn in enumerate(rows[0].turns) if turn is not None]
    for level in reversed(levels[:]):
        fewer = [one for one in levels if one != level]
        if _is_determined(rows, fewer):
            levels = fewer
    return levels


def _is_determined(rows: Sequence[Row], levels: Sequence[int]) -> bool:
    known: dict[object, Value] = {}
    for row in rows:
        key = (row.maker, tuple(row.turns[level] for level in levels))
        if known.setdefault(key, row.value) != row.value:
            return False
    return True


def split_first(rows: Sequence[Row], level: int) -> tuple[list[Row], list[Row]] | None:
    """The rows of the first turn, and the others, where these are all the same in each
    module; None where they differ, or there are not enough to speak of."""
    groups = _by_turn(rows, level)
    rest = [[v for turn, v in group.items() if turn] for _, group in groups]
    if any(len(set(values)) > 1 for values in rest):
        return None
    if not any(rest) or not any(0 in group for _, group in groups):
        return None
    first = [_without(row, level) for row in rows if row.turns[level] == 0]
    others = [_without(row, level) for row in rows if row.turns[level] != 0]
    return _distinct(first), _distinct(others)


def fold(rows: Sequence[Row], level: int) -> list[Row]:
    """One row for all turns of a loop: its value has an item for each turn."""
    folded = [
        (_without(row, level), _items(group)) for row, group in _by_turn(rows, level)
    ]
    longest = max((items for _, items in folded), key=len)
    if all(longest[: len(items)] == items for _, items in folded):
        folded = [(row, longest) for row, _ in folded]
    return [replace(row, value=items) for row, items in folded]


def _by_turn(rows: Sequence[Row], level: int) -> list[tuple[Row, dict[int, Value]]]:
    """For each module, and each turn of other loops, the values by turns of this."""
    groups: dict[object, tuple[Row, dict[int, Value]]] = {}
    for row in rows:
        others = (*row.turns[:level], None, *row.turns[level + 1 :])
        _, group = groups.setdefault((row.maker, others), (row, {}))
        turn = row.turns[level]
        assert turn is not None
        group[turn] = row.value
    return list(groups.values())


def _items(group: Mapping[int, Value]) -> tuple[Value, ...]:
    """A value for each turn; one that is not there is not read: it repeats another."""
    found: list[Value] = []
    value = next(iter(group.values()))
    for turn in range(max(group) + 1):
        value = group.get(turn, value)
        found.append(value)
    return tuple(found)


def _without(row: Row, level: int) -> Row:
    return replace(row, turns=(*row.turns[:level], None, *row.turns[level + 1 :]))


def _distinct(rows: Sequence[Row]) -> list[Row]:
    found = {(row.maker, row.turns): row for row in rows}
    return list(found.values())


def makers(rows: Sequence[Row]) -> Iterator[tuple[Maker, Value]]:
    """The value in each module, where no loop matters."""
    yield from {row.maker: row.value for row in rows}.items()
