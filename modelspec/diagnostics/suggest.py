"""The nearest name, for "did you mean".

In: a name and the names there are. Out: the one meant, or None. As rustc does: a name
that differs in case only, else the nearest within a third of its length, else the same
words in another order. Underscores are minded no more than case, and of equally near
names one with the same letters is meant.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import field

from modelspec.records import dataclass

_LONGEST = 80
_SHORTEST_PART = 4


def suggest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate nearest to `name`; the first of equals."""
    names = _vocabulary(tuple(candidates))
    same = _other(name, names.by_case.get(name.casefold(), ()))
    if same is not None or not name or len(name) > _LONGEST:
        return same
    for found in (names.by_letters.get(_bare(name), ()), _nearest(name, names)):
        if (one := _other(name, found)) is not None:
            return one
    return _other(name, names.by_words.get(_words(name), ()))


def did_you_mean(name: str) -> str:
    """How a name that was meant is proposed."""
    return f"did you mean '{name}'?"


def suggest_argument(name: str, candidates: Iterable[str]) -> str | None:
    """As `suggest`; else the only one of a few names that this one is a part of."""
    names = list(candidates)
    nearest = suggest(name, names)
    if nearest is not None or len(name) < _SHORTEST_PART:
        return nearest
    wholes = [one for one in names if one.startswith(name) or name in one.split("_")]
    return wholes[0] if len(wholes) == 1 else None


def same_letters(name: str, other: str) -> bool:
    """Whether two names differ in underscores and case only."""
    return _bare(name) == _bare(other) != ""


def _bare(name: str) -> str:
    return name.replace("_", "").casefold()


@dataclass(slots=True, eq=False)
class _Vocabulary:
    """Names, found by what they share with another; each list in their order.

    `by_length` has a name's place in that order and the letters in it as bits.
    """

    by_case: dict[str, list[str]] = field(default_factory=dict)
    by_letters: dict[str, list[str]] = field(default_factory=dict)
    by_words: dict[tuple[str, ...], list[str]] = field(default_factory=dict)
    by_length: dict[int, list[tuple[int, int, str]]] = field(default_factory=dict)


@functools.lru_cache(maxsize=8)
def _vocabulary(names: tuple[str, ...]) -> _Vocabulary:
    """Made once for a thousand names that are misspelt in the same place."""
    found = _Vocabulary()
    for at, name in enumerate(dict.fromkeys(names)):
        found.by_case.setdefault(name.casefold(), []).append(name)
        if bare := _bare(name):
            found.by_letters.setdefault(bare, []).append(name)
        found.by_words.setdefault(_words(name), []).append(name)
        found.by_length.setdefault(len(name), []).append((at, _letters(name), name))
    return found


def _other(name: str, names: Iterable[str]) -> str | None:
    return next((one for one in names if one != name), None)


def _words(name: str) -> tuple[str, ...]:
    return tuple(sorted(name.casefold().split("_")))


def _letters(name: str) -> int:
    """The letters of a name as bits, another for a letter's next time; a few letters
    that are rare share one."""
    bits = 0
    for one in name:
        bit = 1 << (ord(one) & 127)
        while bits & bit:
            bit <<= 128
        bits |= bit
    return bits


def _nearest(name: str, names: _Vocabulary) -> Iterator[str]:
    """The nearest name: of equals one of the same letters, then the first."""
    limit, letters = max(len(name), 3) // 3, sorted(name)
    best: tuple[int, bool, int, str] | None = None
    for bound, at, one in sorted(_near(name, names, limit)):
        if best is not None and bound > best[0]:
            break
        if best is not None and bound == best[0] and at > best[2]:
            continue  # a letter differs, and another stands before it
        distance = edit_distance(name, one)
        found = (distance, sorted(one) != letters, at, one)
        if distance <= limit and (best is None or found < best):
            best = found
    if best is not None:
        yield best[3]


def _near(name: str, names: _Vocabulary, limit: int) -> Iterator[tuple[int, int, str]]:
    """Names that may be within a distance: with the least it can be, and their place.

    An edit adds one letter and takes one away at most.
    """
    own, size = _letters(name), len(name)
    for length in range(size - limit, size + limit + 1):
        # Of a longer one as many letters again are not in this name.
        longer = max(length - size, 0)
        for at, letters, one in names.by_length.get(length, ()):
            bound = (own & ~letters).bit_count() + longer
            if bound <= limit and one != name:
                yield bound, at, one


def edit_distance(left: str, right: str) -> int:
    """Restricted Damerau-Levenshtein: a swap of two neighbours counts one.

    A column of the usual table is held in the bits of a few integers, which tell where
    it rises and falls (Hyyrö, 2003).
    """
    if not left:
        return len(right)
    at = dict.fromkeys(right, 0)
    for index, char in enumerate(left):
        at[char] = at.get(char, 0) | 1 << index
    every, last = (1 << len(left)) - 1, 1 << (len(left) - 1)
    rises, falls, same, before, distance = every, 0, 0, 0, len(left)
    for char in right:
        here = at[char]
        swapped = ((~same & here) << 1) & before
        same = (((here & rises) + rises) ^ rises | here | falls | swapped) & every
        up, down = falls | (~(same | rises) & every), same & rises
        distance += bool(up & last) - bool(down & last)
        up, down = up << 1 | 1, down << 1
        rises, falls = (down | ~(same | up)) & every, up & same & every
        before = here
    return distance
