"""From what a run showed to the graph that pictures are made of.

In: an `Observation`, what the module holds, and what its layers say of themselves.
Out: a `Graph`, the same for the same run. Trivial steps are folded, runs of equal
siblings are one node with a count, and no group has more than `most` children: those
of a larger one stand in groups of their own, in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from modelspec.report.graph.drafts import Draft, Drafting
from modelspec.report.graph.folding import CONTAINERS, fold
from modelspec.report.graph.model import Graph, Link, Node
from modelspec.report.graph.repeats import join_repeats
from modelspec.report.graph.words import (
    line_text,
    shortened,
    size_text,
    where_text,
)
from modelspec.sizes import Observation
from modelspec.sizes.contents import HeldModule

MOST_CHILDREN = 160
_LONGEST_LABEL = 40
_LONGEST_SUBTITLE = 160
_LONGEST_SHAPE = 60
_LONGEST_DETAILS = 300
_MOST_PATHS = 4


def make_graph(
    observation: Observation,
    held: HeldModule,
    texts: Mapping[str, str],
    *,
    title: str,
    subtitle: str = "",
    most: int = MOST_CHILDREN,
) -> Graph:
    """The graph of one run of a module."""
    top = Drafting(observation, held, texts).drafted()
    fold(top)
    join_repeats(top)
    divide(top, most)
    return _Freezing(observation, held).graph(top, title, subtitle)


def divide(top: Draft, most: int) -> None:
    """Put children of groups that have too many into groups of their own."""
    for group in [one for one in top.walk() if len(one.children) > most]:
        while len(group.children) > most:
            group.adopt([_part(part) for part in _parts(group.children, most)])


def _parts(children: list[Draft], most: int) -> Iterator[list[Draft]]:
    for at in range(0, len(children), most):
        yield children[at : at + most]


def _part(children: list[Draft]) -> Draft:
    if len(children) == 1:
        return children[0]
    part = Draft(children[0].order, "block", f"{len(children)} steps")
    part.inputs, part.output = children[0].inputs, children[-1].output
    part.paths = tuple(path for one in children for path in one.paths)
    part.multiply_adds = sum((one.multiply_adds for one in children), start=0)
    part.pattern = -2 - children[0].order
    part.adopt(children)
    return part


class _Freezing:
    def __init__(self, observation: Observation, held: HeldModule) -> None:
        self._run = observation
        self._order = tuple(observation.sizes)
        self._held = {one.path: one for one in held.walk()}
        self._elements: dict[str, dict[str, int]] = {}

    def graph(self, top: Draft, title: str, subtitle: str) -> Graph:
        drafts = list(top.walk())
        index = {id(one): at for at, one in enumerate(drafts)}
        nodes = tuple(self._node(one, index) for one in drafts)
        return Graph(
            shortened(title, _LONGEST_LABEL),
            shortened(subtitle, _LONGEST_SUBTITLE),
            nodes,
            tuple(_links(drafts, index)),
        )

    def _node(self, one: Draft, index: Mapping[int, int]) -> Node:
        span = None
        if one.step is not None:
            span = one.step.written or one.step.span
        return Node(
            index=index[id(one)],
            parent=index[id(one.parent)] if one.parent is not None else None,
            kind=one.kind,
            label=shortened(one.label or _named_by_children(one), _LONGEST_LABEL),
            name=shortened(one.name, _LONGEST_LABEL),
            arguments=one.arguments if not one.children else _summary(one),
            count=one.count,
            paths=tuple(_shown_paths(one.paths)),
            inputs=tuple(shortened(text, _LONGEST_SHAPE) for text in one.inputs),
            output=shortened(one.output, _LONGEST_DETAILS),
            parameters=self._parameters(one),
            multiply_adds=self._work(one),
            where=where_text(span),
            line=line_text(span),
            details=shortened(one.details, _LONGEST_DETAILS),
            pattern=one.pattern,
            children=tuple(index[id(child)] for child in one.children),
        )

    def _work(self, one: Draft) -> str:
        if not one.multiply_adds:
            return ""
        text = size_text(one.multiply_adds, self._run.multiples, self._order)
        return shortened(text, 2 * _LONGEST_LABEL)

    def _parameters(self, one: Draft) -> int:
        """Of all that it stands for, each tensor once."""
        found: dict[str, int] = {}
        for path in one.paths or ([""] if one.parent is None else []):
            found |= self._tensors(path)
        return sum(found.values())

    def _tensors(self, path: str) -> dict[str, int]:
        """The parameters of a module, or one parameter, by where they are first."""
        if path in self._elements:
            return self._elements[path]
        held = self._held.get(path)
        if held is None:
            around = self._held.get(path.rpartition(".")[0])
            tensors = [] if around is None else around.tensors
            tensors = [one for one in tensors if one.path == path]
        else:
            tensors = list(self._held[held.first].all_tensors())
        found = {one.first: one.elements for one in tensors if one.kind == "parameter"}
        self._elements[path] = found
        return found


def _links(drafts: Iterable[Draft], index: Mapping[int, int]) -> Iterator[Link]:
    """One link for all tensors between two leaves."""
    for draft in drafts:
        texts: dict[int, dict[str, None]] = {}
        for source, text in draft.sources:
            texts.setdefault(index[id(source)], {})[text] = None
        for at, shapes in texts.items():
            shown = shortened(", ".join(shapes), _LONGEST_SHAPE)
            yield Link(at, index[id(draft)], shown)


def _named_by_children(one: Draft) -> str:
    labels = list(dict.fromkeys(child.label for child in one.children))
    return ", ".join(labels)


def _summary(one: Draft) -> str:
    """What is in a container, whose type says nothing: `BasicBlock ×2`."""
    if one.label not in CONTAINERS:
        return ""
    counts: dict[str, int] = {}
    for child in one.children:
        if child.kind != "parameter":
            label = child.label or _named_by_children(child)
            counts[label] = counts.get(label, 0) + child.count
    parts = [f"{label} ×{n}" if n > 1 else label for label, n in counts.items()]
    return shortened(", ".join(parts), 30)


def _shown_paths(paths: tuple[str, ...]) -> list[str]:
    if len(paths) <= _MOST_PATHS:
        return list(paths)
    return [*paths[: _MOST_PATHS - 2], "…", paths[-1]]
