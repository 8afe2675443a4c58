"""The diagnostic for weights that do not fit: a table, and what would mend it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from modelspec.checkpoint.comparison import Comparison, Expected, compare
from modelspec.checkpoint.entry import Entry
from modelspec.checkpoint.folding import Row, fold
from modelspec.checkpoint.renaming import RenameRule
from modelspec.checkpoint.suggestions import is_plain, renamed, suggest_rules
from modelspec.diagnostics.diagnostic import Diagnostic

_MOST_ROWS = 20
_MOST_FOLDED = 20_000

# A heading, its rows, and how many names were left out.
_Section = tuple[str, Sequence[Row], int]


def describe_mismatch(
    expected: Expected, given: Mapping[str, Entry], path: str
) -> Diagnostic | None:
    """Everything that does not fit, in one diagnostic; None if all does."""
    found = compare(expected, given)
    if found.is_fit:
        return None
    return Diagnostic(
        "weights-mismatch",
        f"the weights do not fit: {_counts(found)}",
        None,
        help=tuple(_advice(expected, given, found)),
        path=path,
        details=tuple(_table(_sections(expected, found, "model", "file"))),
    )


def describe_change(
    expected: Expected, given: Mapping[str, Entry]
) -> Diagnostic | None:
    """What a module has that its spec does not give it, or lacks; None if nothing."""
    found = compare(expected, given)
    narrowed = {
        name: (one, given[name])
        for name, one in expected.entries.items()
        if name in given and given[name].dtype != one.dtype
    }
    found = replace(found, different={**found.different, **narrowed})
    if found.is_fit:
        return None
    return Diagnostic(
        "weights-mismatch",
        f"the module is not as its spec makes it: {_counts(found)}",
        None,
        details=tuple(_table(_sections(expected, found, "spec", "module"))),
    )


def _counts(found: Comparison) -> str:
    counts = (
        (len(found.missing), "missing"),
        (len(found.unexpected), "unexpected"),
        (len(found.different), "of another shape or dtype"),
    )
    return ", ".join(f"{count} {words}" for count, words in counts if count)


def _sections(
    expected: Expected, found: Comparison, wanted: str, given: str
) -> Iterator[_Section]:
    also = {group[0]: f" or {', '.join(group[1:])}" for group in expected.ties}
    yield _section(
        f"missing: in the {wanted}, not in the {given}",
        ((name + also.get(name, ""), str(one)) for name, one in found.missing.items()),
    )
    yield _section(
        f"unexpected: in the {given}, not in the {wanted}",
        ((name, str(entry)) for name, entry in found.unexpected.items()),
    )
    yield _section(
        "of another shape or dtype",
        (
            (name, f"{wanted} {one}, {given} {other}")
            for name, (one, other) in found.different.items()
        ),
    )


def _section(title: str, names: Iterable[tuple[str, str]]) -> _Section:
    every = list(names)
    rows = fold(every[:_MOST_FOLDED])[:_MOST_ROWS]
    return title, rows, len(every) - sum(row.count for row in rows)


def _table(sections: Iterable[_Section]) -> Iterator[str]:
    every = [one for one in sections if one[1]]
    widest = max(len(row.name) for _, rows, _ in every for row in rows)
    for title, rows, more in every:
        yield title
        for row in rows:
            times = f"  x{row.count}" if row.count > 1 else ""
            yield f"  {row.name:<{widest}}  {row.text}{times}"
        if more:
            yield f"  ... and {more} more"


def _advice(
    expected: Expected, given: Mapping[str, Entry], found: Comparison
) -> Iterator[str]:
    rules = suggest_rules(expected, given)
    if rules:
        found = compare(expected, renamed(given, rules))
        left = "Then all fits." if found.is_fit else f"That leaves {_counts(found)}."
        yield f"did you mean {options(rules)}? {left}"
    only_unexpected = found.unexpected and not (found.missing or found.different)
    if only_unexpected:
        name = next((one for one in found.unexpected if one and is_plain(one)), "NAME")
        yield (
            "a rule with nothing on its right drops what the model has no use for:"
            f" {options([RenameRule(name, '')])}"
        )


def options(rules: Iterable[RenameRule]) -> str:
    """Rules as they are given on the command line."""
    return " ".join(f"--rename '{rule}'" for rule in rules)
