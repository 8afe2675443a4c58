"""One mistake is one message, and hides no other: all pairs of independent mistakes.

`mistakes.yaml` holds small edits, each with one message, of a spec in which nothing is
wrong (`sound.yaml`, which imports `parts.yaml` and `more.yaml`). Two of them together
must give the two messages, each where its text stands then, and no third.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
import yaml

from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.diagnostics.span import Source
from modelspec.driver import compile_source
from modelspec.policy import Limits, Policy

HERE = Path(__file__).parent
ROOT = "sound.yaml"
SOUND = {n: (HERE / n).read_text() for n in (ROOT, "parts.yaml", "more.yaml")}
MARK = "@"

DEPENDENT = {
    # Of what type a value must be, or what a call takes, is what was misspelt.
    ("depth: int = 3", "{width: 64, depth: 4}"),
    ("norm: layer = LayerNorm", "normed: norm(width)"),
    ("Linear(scaled(scale), 2)", "return value * 4"),
}
"""Pairs of which the one decides whether the other is a mistake."""

Place = tuple[str, int, str]


class Mistake(NamedTuple):
    """In `file`, what stands from `start` to `end` becomes `new`, and `code` is told at
    `at` characters of it."""

    file: str
    old: str
    start: int
    end: int
    new: str
    at: int
    code: str
    hides: str


def _mistakes() -> list[Mistake]:
    rows = yaml.safe_load((HERE / "mistakes.yaml").read_text())
    return [_mistake(row) for row in rows]


def _mistake(row: dict[str, str]) -> Mistake:
    file, old, new = row.get("in", ROOT), row["old"], row["new"]
    assert SOUND[file].count(old) == 1, old
    assert new.count(MARK) == 1, new
    start = SOUND[file].index(old)
    plain, at = new.replace(MARK, ""), new.index(MARK)
    hides = row.get("hides", "")
    return Mistake(file, old, start, start + len(old), plain, at, row["code"], hides)


MISTAKES = _mistakes()
NAMES = [f"{at}-{one.code}" for at, one in enumerate(MISTAKES)]


def made(mistakes: Iterable[Mistake]) -> tuple[dict[str, str], list[Place]]:
    """The texts with these mistakes in them, and what is to be told of each."""
    texts, places = dict(SOUND), []
    moved: Counter[str] = Counter()
    for one in sorted(mistakes, key=lambda it: it.start):
        start = one.start + moved[one.file]
        text = texts[one.file]
        end = one.end + moved[one.file]
        texts[one.file] = text[:start] + one.new + text[end:]
        places.append((one.file, start + one.at, one.code))
        moved[one.file] += len(one.new) - (one.end - one.start)
    return texts, sorted(places)


def told(texts: dict[str, str]) -> list[Place]:
    def read(
        path: str, limits: Limits, *, name: str | None = None
    ) -> Source | Diagnostic:
        file = Path(path).name
        if file not in texts:
            return Diagnostic("file-not-found", "there is no such file", None)
        return Source(file, texts[file], path)

    root = Source(ROOT, texts[ROOT], str(HERE / ROOT))
    found = compile_source(root, Policy(), read).diagnostics
    spans = [(one.span, one.code) for one in found]
    return sorted((s.source.name, s.start, code) for s, code in spans if s is not None)


def are_apart(one: Mistake, other: Mistake) -> bool:
    """Whether two mistakes can be made in one spec, and neither may hide the other."""
    if (one.old, other.old) in DEPENDENT:
        return False
    if one.file != other.file:
        # A file that is not there, or cannot be read, is not looked into.
        gone = {one.code, other.code} & {"file-not-found"}
        return not gone and "all" not in (one.hides, other.hides)
    if one.hides or other.hides:
        return False
    return one.end <= other.start or other.end <= one.start


def test_there_are_many_kinds() -> None:
    assert len(MISTAKES) >= 80
    assert len({one.code for one in MISTAKES}) >= 30


def test_nothing_is_wrong_without_them() -> None:
    assert told(SOUND) == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=NAMES)
def test_one_mistake_is_one_message(mistake: Mistake) -> None:
    texts, wanted = made([mistake])
    assert told(texts) == wanted


def _groups(most: int) -> list[list[Mistake]]:
    """Groups of mistakes that are apart from one another: each pair is in one."""
    pairs = combinations(range(len(MISTAKES)), 2)
    apart = {(a, b) for a, b in pairs if are_apart(MISTAKES[a], MISTAKES[b])}
    left, groups = set(apart), []
    while left:
        group = list(min(left))
        for at in range(len(MISTAKES)):
            new = {(min(at, one), max(at, one)) for one in group}
            if len(group) < most and new <= apart and new & left:
                group.append(at)
        left -= set(combinations(sorted(group), 2))
        groups.append([MISTAKES[at] for at in sorted(group)])
    return groups


@pytest.mark.parametrize("group", _groups(20), ids=lambda group: group[0].code)
def test_several_mistakes_are_as_many_messages(group: list[Mistake]) -> None:
    texts, wanted = made(group)
    assert told(texts) == wanted


def test_two_mistakes_are_two_messages() -> None:
    """Some pairs by themselves, as others might make up for what one hides."""
    pairs = [(a, b) for a, b in combinations(MISTAKES, 2) if are_apart(a, b)]
    wrong = []
    for pair in Random(0).sample(pairs, 40):
        texts, wanted = made(pair)
        if told(texts) != wanted:
            wrong.append([one.new for one in pair])
    assert wrong == []
