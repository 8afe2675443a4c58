"""The rename rules that would make a file fit, where something systematic is different.

Comes in: what a model wants and a file holds. Goes out: a few rules, or none. A rule is
taken from two names with tensors of one shape, tried on all names, and kept only if
more of them fit than before; together they must explain half of what is missing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, takewhile

from modelspec.checkpoint.comparison import Comparison, Expected, compare
from modelspec.checkpoint.entry import Entry, fits
from modelspec.checkpoint.renaming import RenameRule, rename
from modelspec.diagnostics.diagnostic import SpecError

_MOST_RULES = 6
_MOST_NAMES = 10_000
_SAMPLED = 64
_PARTNERS = 256
_TRIED = 16
# What needs no quotes inside the quotes of a shell, and means itself in a rule.
_PLAIN = re.compile(r"[A-Za-z0-9_.-]*")


def suggest_rules(
    expected: Expected, given: Mapping[str, Entry]
) -> tuple[RenameRule, ...]:
    """Rules, to be applied in this order."""
    if max(len(given), len(expected.entries)) > _MOST_NAMES:
        return ()
    rules: list[RenameRule] = []
    current, before = given, _fitting(expected, given)
    while len(rules) < _MOST_RULES and (rule := _best(expected, current)) is not None:
        rules.append(rule)
        current = renamed(current, (rule,))
    explained = _fitting(expected, current) - before
    if 2 * explained < len(compare(expected, given).missing):
        rules, current = [], given
    return (*rules, *_dropping(expected, compare(expected, current)))


def renamed(
    given: Mapping[str, Entry], rules: Iterable[RenameRule]
) -> Mapping[str, Entry]:
    """A file's entries under their new names."""
    return {new: given[old] for old, new in rename(given, tuple(rules)).items()}


def is_plain(name: str) -> bool:
    """Whether a rule can have the name in it as it is."""
    return _PLAIN.fullmatch(name) is not None


def _fitting(expected: Expected, given: Mapping[str, Entry]) -> int:
    wanted = expected.entries
    return sum(
        name in wanted and fits(entry, wanted[name]) for name, entry in given.items()
    )


def _best(expected: Expected, given: Mapping[str, Entry]) -> RenameRule | None:
    best, most = None, _fitting(expected, given)
    for rule in _candidates(compare(expected, given)):
        try:
            score = _fitting(expected, renamed(given, (rule,)))
        except SpecError:  # two names would meet
            continue
        if score > most:
            best, most = rule, score
    return best


def _candidates(found: Comparison) -> list[RenameRule]:
    """The rules that most pairs of names speak for; of equals the first."""
    partners: dict[object, list[str]] = {}
    for name, entry in found.missing.items():
        for key in _keys(name, entry):
            partners.setdefault(key, []).append(name)
    step = max(1, len(found.unexpected) // _SAMPLED)
    votes: Counter[RenameRule] = Counter()
    for name, entry in islice(found.unexpected.items(), 0, None, step):
        near, far = (partners.get(key, []) for key in _keys(name, entry))
        for other in (near or far)[:_PARTNERS]:
            votes.update(dict.fromkeys(_rules_between(name, other), 1))
    return [rule for rule, _ in votes.most_common(_TRIED)]


def _keys(name: str, entry: Entry) -> tuple[object, object]:
    """What names that belong together share: shape and numbers, or else the shape."""
    numbers = tuple(part for part in name.split(".") if part.isdigit())
    return (entry.shape, numbers), entry.shape


def _rules_between(name: str, other: str) -> Iterator[RenameRule]:
    """What may have happened to a name, from the likely to the far-fetched."""
    if not (is_plain(name) and is_plain(other)):
        return
    yield from _rules_of_words(name.split("."), other.split("."))
    same = _common(reversed(name), reversed(other))
    if same:
        yield RenameRule(name[:-same] + "*", other[:-same] + "*")


def _rules_of_words(left: list[str], right: list[str]) -> Iterator[RenameRule]:
    start = _common(left, right)
    end = min(
        _common(reversed(left), reversed(right)), min(len(left), len(right)) - start
    )
    before = ["*"] if start else []
    after = ["*"] if end else []
    old = left[start : len(left) - end]
    new = right[start : len(right) - end]
    if old and (before or after):
        yield _rule([*before, *old, *after], [*before, *new, *after])
    if end:
        same = left[:start]
        yield _rule([*same, *old, "*"], [*same, *new, "*"])


def _rule(left: list[str], right: list[str]) -> RenameRule:
    return RenameRule(".".join(left), ".".join(right))


def _common(left: Iterable[str], right: Iterable[str]) -> int:
    pairs = zip(left, right, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _dropping(expected: Expected, found: Comparison) -> list[RenameRule]:
    """Rules for what the model computes itself and does not take from files."""
    rules: dict[RenameRule, None] = {}
    for name in found.unexpected:
        if name in expected.computed and is_plain(name):
            rule = RenameRule("*." + name.rpartition(".")[2], "")
            if "." not in name or any(map(rule.match, expected.entries)):
                rule = RenameRule(name, "")
            rules[rule] = None
    return list(rules)[:_MOST_RULES]
