"""Long lists of names, folded: `layers.{0..31}.norm.weight`, 32 of them.

Comes in: names with a few words about each. Goes out: rows, in the order of their
first names. Names are folded together where they have the same words and differ in
numbers, and only if every combination of the numbers is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from modelspec.records import dataclass

# Numbers as Python writes them; `01` and the like are text.
_NUMBER = re.compile(r"(?<![0-9])(0|[1-9][0-9]{0,8})(?![0-9])")
_LONGEST = 120
_MOST_NUMBERS = 8
_RANGE = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One name, or `count` of them folded; `text` is about each."""

    name: str
    text: str
    count: int = 1


# A name in pieces: text and numbers in turn, as `re.split` gives them.
_Pieces = tuple[str | tuple[int, ...], ...]


def fold(names: Iterable[tuple[str, str]]) -> list[Row]:
    """The rows of a list of names with their texts."""
    rows = [(_pieces(name), text) for name, text in names]
    widest = max((len(pieces) for pieces, _ in rows), default=0)
    # The last number first: layers that are folded inside are then alike outside.
    for place in reversed(range(1, widest, 2)):
        rows = _fold_at(place, rows)
    return [Row(_written(pieces), text, _count(pieces)) for pieces, text in rows]


def _pieces(name: str) -> _Pieces:
    split = _NUMBER.split(name)
    if len(split) > 2 * _MOST_NUMBERS or len(name) > _LONGEST:
        return (name,)
    return tuple((int(one),) if at % 2 else one for at, one in enumerate(split))


def _fold_at(place: int, rows: list[tuple[_Pieces, str]]) -> list[tuple[_Pieces, str]]:
    groups: dict[tuple[object, ...], list[_Pieces]] = {}
    for pieces, text in rows:
        key = (pieces[:place], pieces[place + 1 :], len(pieces), text)
        groups.setdefault(key, []).append(pieces)
    return [(_joined(group, place), str(text)) for (*_, text), group in groups.items()]


def _joined(group: list[_Pieces], place: int) -> _Pieces:
    if len(group) == 1:
        return group[0]
    numbers = {number for pieces in group for number in pieces[place]}
    whole = tuple(sorted(number for number in numbers if isinstance(number, int)))
    return (*group[0][:place], whole, *group[0][place + 1 :])


def _count(pieces: _Pieces) -> int:
    count = 1
    for piece in pieces:
        count *= len(piece) if isinstance(piece, tuple) else 1
    return count


def _written(pieces: _Pieces) -> str:
    text = "".join(
        _braced(piece) if isinstance(piece, tuple) else piece for piece in pieces
    )
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _braced(numbers: tuple[int, ...]) -> str:
    if len(numbers) == 1:
        return str(numbers[0])
    return "{" + ",".join(_ranges(numbers)) + "}"


def _ranges(numbers: tuple[int, ...]) -> list[str]:
    """Neighbours as `0..31`, from three on."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    texts: list[str] = []
    for run in runs:
        is_range = len(run) >= _RANGE
        texts += [f"{run[0]}..{run[-1]}"] if is_range else map(str, run)
    return texts
