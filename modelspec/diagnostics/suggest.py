"""The nearest name, for "did you mean".

In: a name and the names there are. Out: the one meant, or None. As rustc does: a name
that differs in case only, else the nearest within a third of its length (of equals,
one of the same letters), else the same words in another order.
"""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 80


def suggest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate nearest to `name`; the first of equals."""
    names = [one for one in candidates if one != name]
    folded = name.casefold()
    same = next((one for one in names if one.casefold() == folded), None)
    if same is not None or not name or len(name) > _LONGEST:
        return same
    return _nearest(name, names) or _same_words(name, names)


def _nearest(name: str, names: list[str]) -> str | None:
    limit = max(len(name), 3) // 3
    letters = sorted(name)
    found: list[tuple[int, bool, str]] = []
    for one in names:
        if abs(len(one) - len(name)) > limit:
            continue
        distance = edit_distance(name, one)
        if distance <= limit:
            found.append((distance, sorted(one) != letters, one))
            limit = distance
    return min(found, key=lambda it: it[:2])[2] if found else None


def _same_words(name: str, names: list[str]) -> str | None:
    words = sorted(name.casefold().split("_"))
    return next((one for one in names if _words(one) == words), None)


def _words(name: str) -> list[str]:
    return sorted(name.casefold().split("_"))


def edit_distance(left: str, right: str) -> int:
    """Restricted Damerau-Levenshtein: a swap of two neighbours counts one."""
    older: list[int] = []
    previous = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        row = [i]
        for j, b in enumerate(right, 1):
            best = min(previous[j] + 1, row[-1] + 1, previous[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and b == left[i - 2]:
                best = min(best, older[j - 2] + 1)
            row.append(best)
        older, previous = previous, row
    return previous[-1]
