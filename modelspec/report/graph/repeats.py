"""Runs of equal siblings become one: twelve layers of a transformer a node `x12`.

In: the draft of everything, simplified. It is changed in place: of a run its first
repetition stays, with its count; links to and from the others are its own, and those
among them go. A run is of one child (a layer, a block) or of several that come again in
the same order (`conv, norm, relu, conv, norm, relu`). Equal is what has the same types,
whole-number arguments, shapes and links inside; rates may differ. Siblings whose names
differ in more than a number (`query`, `key`) are told apart.

Siblings stand in the order in which they begin, and a run is without gaps, so that no
circle comes of it.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence

from modelspec.report.graph.drafts import Draft
from modelspec.report.graph.folding import consumers_of

_LONGEST_PERIOD = 12
_FEWEST_BESIDE = 4
_RATE = re.compile(r"\d*\.\d+(e-?\d+)?|\d+e-?\d+")


def join_repeats(top: Draft) -> None:
    """Join runs, the innermost first."""
    _Joining(top).join()


class _Joining:
    def __init__(self, top: Draft) -> None:
        self._top = top
        self._known: dict[Hashable, int] = {}
        self._stands_for: dict[int, Draft] = {}
        """For a leaf that went the one that took its place."""

    def join(self) -> None:
        groups = [one for one in self._top.walk() if one.children]
        self._consumers = consumers_of(self._top)
        for group in reversed(groups):
            self._join_in(group)
            self._sign(group)
        self._relink()

    # --- one group --------------------------------------------------------------

    def _join_in(self, group: Draft) -> None:
        children = group.children
        self._place = {
            id(leaf): at for at, one in enumerate(children) for leaf in one.leaves()
        }
        for one in children:
            if not one.children:
                self._sign(one)
        shown: list[Draft] = []
        at = 0
        while at < len(children):
            period, count = self._run_at(children, at)
            if count > 1:
                shown.append(self._joined(group, children, at, period, count))
            else:
                shown.append(children[at])
            at += period * count
        group.children = shown

    def _run_at(self, children: list[Draft], at: int) -> tuple[int, int]:
        """The period and count of the longest run that begins there."""
        best = (1, 1)
        for period in range(1, min(_LONGEST_PERIOD, (len(children) - at) // 2) + 1):
            if children[at].signature != children[at + period].signature:
                continue
            count = self._count(children, at, period)
            covers = period * count
            if count > 1 and covers > best[0] * best[1]:
                if period > 1 and not self._is_worth(children[at : at + period]):
                    continue
                best = (period, count)
        return best

    def _is_worth(self, part: Sequence[Draft]) -> bool:
        return any(one.step is not None and one.step.kind == "module" for one in part)

    def _count(self, children: list[Draft], at: int, period: int) -> int:
        """How often the next children come again, linked in the same way."""
        first = [_likeness(one) for one in children[at : at + period]]
        inner = self._inner(children, at, at, period)
        taken = self._outs(children, at, period, period)
        before: tuple[object, ...] | None = None
        count = 1
        while at + (count + 1) * period <= len(children):
            start = at + count * period
            part = children[start : start + period]
            if [_likeness(one) for one in part] != first:
                break
            if self._inner(children, start, start, period) != inner:
                break
            links = self._outer(children, start, at, period)
            if before not in (None, links):
                break
            # What each gives is taken by the next, or by the same as the others'.
            last = start - period
            if self._outs(children, last, period, period) != taken:
                break
            if not taken <= self._outs(children, start, period, 0):
                break
            before = links
            count += 1
        # Side by side a few are told apart by what they are for, as q, k and v are.
        return count if not taken or count >= _FEWEST_BESIDE else 1

    def _inner(
        self, children: list[Draft], start: int, base: int, period: int
    ) -> tuple[object, ...]:
        """The links within one repetition."""
        return tuple(
            (place - base, self._place.get(id(source), -1) - base, text)
            for place in range(start, start + period)
            for source, text in self._sources(children[place])
            if start <= self._place.get(id(source), -1) < start + period
            and self._place[id(source)] != place
        )

    def _outer(
        self, children: list[Draft], start: int, first: int, period: int
    ) -> tuple[object, ...]:
        """The links into a repetition: from the one before, or from elsewhere."""
        found: list[object] = []
        for place in range(start, start + period):
            for source, text in self._sources(children[place]):
                at = self._place.get(id(source), -1)
                if start <= at < start + period:
                    continue
                if start - period <= at < start:
                    found.append((place - start, "before", at - start, text))
                elif first <= at < start:
                    found.append((place - start, "far", at, text))
                else:
                    found.append((place - start, "outside", id(source), text))
        return tuple(dict.fromkeys(found))

    def _outs(
        self, children: list[Draft], start: int, period: int, more: int
    ) -> set[int]:
        """Who takes the tensors of a repetition, but for itself and so many after."""
        taking: set[int] = set()
        for one in children[start : start + period]:
            for leaf in one.leaves():
                for taker in self._consumers.get(id(leaf), ()):
                    consumer = self._kept(taker)
                    at = self._place.get(id(consumer), -1)
                    if not start <= at < start + period + more:
                        taking.add(id(consumer) if at < 0 else at)
        return taking

    # --- joining ----------------------------------------------------------------

    def _joined(
        self, group: Draft, children: list[Draft], at: int, period: int, count: int
    ) -> Draft:
        parts = [
            children[at + k * period : at + (k + 1) * period] for k in range(count)
        ]
        first, last = parts[0], parts[-1]
        paths = tuple(path for part in parts for one in part for path in one.paths)
        work = sum((one.multiply_adds for part in parts for one in part), start=0)
        for part in parts[1:]:
            for kept, gone in zip(first, part, strict=True):
                self._absorb(kept, gone)
        if period == 1:
            run = first[0]
            run.count *= count
        else:
            run = Draft(first[0].order, "block", "", count=count)
            run.inputs = first[0].inputs
            for one, others in zip(first, zip(*parts[1:], strict=True), strict=True):
                if any(other.name != one.name for other in others):
                    one.name = ""
            run.adopt(first)
            run.parent = group
        run.output, run.paths, run.multiply_adds = last[-1].output, paths, work
        self._sign(run)
        return run

    def _absorb(self, kept: Draft, gone: Draft) -> None:
        for mine, theirs in zip(kept.leaves(), gone.leaves(), strict=True):
            self._stands_for[id(theirs)] = mine
            taking = self._consumers.pop(id(theirs), [])
            self._consumers.setdefault(id(mine), []).extend(taking)

    def _relink(self) -> None:
        """Links of what went become those of what stands for it."""
        kept = {id(leaf) for leaf in self._top.leaves()}
        for leaf in self._top.leaves():
            found = [(self._kept(source), text) for source, text in leaf.sources]
            leaf.sources = [
                (source, text)
                for source, text in found
                if id(source) in kept and source is not leaf
            ]

    def _kept(self, leaf: Draft) -> Draft:
        while id(leaf) in self._stands_for:
            leaf = self._stands_for[id(leaf)]
        return leaf

    # --- signatures -------------------------------------------------------------

    def _sign(self, draft: Draft) -> None:
        inner: dict[int, int] = {}
        if draft.children:
            for at, one in enumerate(draft.children):
                for leaf in one.leaves():
                    inner[id(leaf)] = at
        links = tuple(
            (at, inner[id(source)], text)
            for at, one in enumerate(draft.children)
            for source, text in self._sources(one)
            if id(source) in inner and inner[id(source)] != at
        )
        rateless = _RATE.sub("", draft.details)
        children = tuple(one.signature for one in draft.children)
        own = (draft.label, draft.kind, draft.count, rateless)
        shapes = (draft.inputs, draft.output)
        draft.signature = self._number((own, shapes, links, children))
        names = frozenset(one.pattern for one in draft.children)
        draft.pattern = self._number((draft.label, draft.kind, names))

    def _number(self, key: Hashable) -> int:
        return self._known.setdefault(key, len(self._known))

    def _sources(self, draft: Draft) -> Iterator[tuple[Draft, str]]:
        for leaf in draft.leaves():
            for source, text in leaf.sources:
                yield self._kept(source), text


def _likeness(draft: Draft) -> tuple[int, str]:
    return draft.signature, draft.name.strip("0123456789")
