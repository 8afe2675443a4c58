"""One message for one misspelt definition, however often its name is used.

In: what was found. Out: the same, but for uses of a name whose definition is misspelt:
the first is told, with the others and the definition as its second places.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from modelspec.diagnostics.diagnostic import Diagnostic, Label
from modelspec.diagnostics.span import Source, Span

_CODES = frozenset(
    "unknown-name unknown-attribute undefined-name rule-matches-nothing"
    " unknown-param unknown-module".split()
)
_MEANT = re.compile(r"did you mean '(\w+)'\?")
_MOST_LABELS = 3


def told_once(found: Sequence[Diagnostic]) -> list[Diagnostic]:
    """What was found, the uses of each misspelt definition as one."""
    groups: dict[tuple[Source, str], list[Diagnostic]] = {}
    for one in found:
        if one.code in _CODES and one.span is not None:
            groups.setdefault((one.span.source, one.span.text), []).append(one)
    told = {id(one): one for one in found}
    for (source, _), uses in groups.items():
        definition = _definition(source, uses) if len(uses) > 1 else None
        if definition is None:
            continue
        first, *others = sorted(uses, key=_start)
        labels = [Label(one.span, "and here") for one in others if one.span is not None]
        meant = Label(definition, f"here it is '{definition.text}'")
        told[id(first)] = replace(
            first, labels=(*first.labels, meant, *labels[:_MOST_LABELS])
        )
        for one in others:
            del told[id(one)]
    return [told[id(one)] for one in found if id(one) in told]


def _start(one: Diagnostic) -> int:
    return one.span.start if one.span is not None else 0


def _is_comment(at: int, text: str) -> bool:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return _HASH.search(line) is not None


_HASH = re.compile(r"(?:^|\s)#")
_AS_DEFINED = re.compile(r"\s*[]:=,)]|\s+in\b")


def _defines(place: re.Match[str], text: str) -> bool:
    """Whether a name stands as a key, an item or a target, and not after a dot."""
    before = text[max(place.start() - 1, 0) : place.start()]
    return before != "." and _AS_DEFINED.match(text, place.end()) is not None


def _definition(source: Source, uses: Iterable[Diagnostic]) -> Span | None:
    """The one place where the name that is suggested stands: nothing uses it."""
    meant = {found[1] for one in uses if (found := _MEANT.search(one.note))}
    if len(meant) != 1:
        return None
    name = meant.pop()
    matches = re.finditer(rf"\b{name}\b", source.text)
    places = [one for one in matches if not _is_comment(one.start(), source.text)]
    if len(places) != 1 or not _defines(places[0], source.text):
        return None
    return Span(source, places[0].start(), places[0].end())
