"""One message for one mistake that shows in several places.

In: what was found. Out: the same, but for uses of a name whose definition is misspelt:
the first is told, with the others and the definition as its second places. And a
function that returns nothing is a second place of the error that comes of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from modelspec.diagnostics.diagnostic import Diagnostic, Fix, Label
from modelspec.diagnostics.span import Source, Span

_CODES = frozenset(
    "unknown-name unknown-attribute undefined-name rule-matches-nothing"
    " unknown-param unknown-module".split()
)
_MOST_LABELS = 3


def told_once(found: Sequence[Diagnostic]) -> list[Diagnostic]:
    return _with_cause(_as_one_use(found))


def _as_one_use(found: Sequence[Diagnostic]) -> list[Diagnostic]:
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
            first,
            labels=(*first.labels, meant, *labels[:_MOST_LABELS]),
            fix=_joined((first, *others)),
        )
        for one in others:
            del told[id(one)]
    return [told[id(one)] for one in found if id(one) in told]


def _joined(uses: Iterable[Diagnostic]) -> Fix | None:
    """The fixes of all uses as one."""
    fixes = [one.fix for one in uses if one.fix is not None]
    spans = dict.fromkeys(span for one in fixes for span in one.spans)
    return Fix(tuple(spans), fixes[0].text) if fixes else None


# --- functions that return nothing --------------------------------------------------

_NO_RETURN = re.compile(r"`(\w+)` (returns nothing.*)")


def _with_cause(found: list[Diagnostic]) -> list[Diagnostic]:
    """The warnings of `no-return` as second places of what says "got None" of a call
    of that function."""
    for warning in [one for one in found if one.code == "no-return"]:
        said = _NO_RETURN.fullmatch(warning.message)
        if said is None or warning.span is None:
            continue
        called = re.compile(rf"(?<![\w.]){said[1]}\(")
        errors = [one for one in found if _is_of_none(one, called)]
        cause = Label(warning.span, f"'{said[1]}' {said[2]}")
        for error in errors:
            labels = (*error.labels, cause)
            found[found.index(error)] = replace(
                error, labels=labels, help=error.help or warning.help
            )
        if errors:
            found.remove(warning)
    return found


def _is_of_none(found: Diagnostic, called: re.Pattern[str]) -> bool:
    """Whether a None is what is wrong, and stands where a function is called."""
    if not found.is_error or "None" not in found.message:
        return False
    spans = [found.span, *(one.span for one in found.labels)]
    return any(one is not None and called.search(one.text) for one in spans)


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
    meant = {one.fix.text for one in uses if one.fix is not None}
    name = meant.pop() if len(meant) == 1 else ""
    if not name.isidentifier():
        return None
    matches = re.finditer(rf"\b{name}\b", source.text)
    places = [one for one in matches if not _is_comment(one.start(), source.text)]
    if len(places) != 1 or not _defines(places[0], source.text):
        return None
    return Span(source, places[0].start(), places[0].end())
