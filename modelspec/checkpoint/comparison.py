"""What does not fit between a file of weights and a model, by name.

A tensor that a model has under several names fits where the file has it under one of
them. Counters of batches are new since torch 0.4.1, which fills them in: a file that
has none of them misses none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from modelspec.checkpoint.entry import Entry, fits
from modelspec.records import dataclass


@dataclass(frozen=True, slots=True)
class Expected:
    """What a model wants of a file.

    `entries` is its `state_dict`, `ties` the groups of names of one tensor, `counters`
    what older files lack, `computed` its buffers that are not in the `state_dict`.
    """

    entries: Mapping[str, Entry]
    ties: Sequence[tuple[str, ...]] = ()
    counters: Collection[str] = ()
    computed: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Names in the model only, in the file only, and in both but not alike.

    `different` holds the model's entry, then the file's.
    """

    missing: Mapping[str, Entry]
    unexpected: Mapping[str, Entry]
    different: Mapping[str, tuple[Entry, Entry]]

    @property
    def is_fit(self) -> bool:
        return not (self.missing or self.unexpected or self.different)


def compare(expected: Expected, given: Mapping[str, Entry]) -> Comparison:
    """Everything that does not fit, each in the order of the model or the file."""
    wanted = expected.entries
    absent = set(_absent(expected, given))
    return Comparison(
        {name: entry for name, entry in wanted.items() if name in absent},
        {name: entry for name, entry in given.items() if name not in wanted},
        {
            name: (entry, given[name])
            for name, entry in wanted.items()
            if name in given and not fits(given[name], entry)
        },
    )


def _absent(expected: Expected, given: Mapping[str, Entry]) -> Iterator[str]:
    # Of a tensor that is not there at all, the first name stands for the others.
    stands_for = {name: group for group in expected.ties for name in group}
    has_counters = any(name in given for name in expected.counters)
    for name in expected.entries:
        group = stands_for.get(name, (name,))
        is_owed = has_counters or name not in expected.counters
        if is_owed and name == group[0] and not any(one in given for one in group):
            yield name
