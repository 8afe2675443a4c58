"""Which groups of a graph stand open in a picture, and what links its boxes then.

In: a graph and a depth, or none. Out: the open groups, and links between the boxes that
are seen. Without a depth the picture is one for a page: every pattern (a block of the
same make) is opened once, where it comes first, while there is room.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from modelspec.records import dataclass
from modelspec.report.graph.layers import Plans
from modelspec.report.graph.model import Graph, Link, Node

_ROOM = 64


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A graph with some of its groups open; the root always is."""

    graph: Graph
    opened: frozenset[int]

    def shown(self, index: int) -> int:
        """The box that stands for a node: itself, or the closed group around it."""
        found = index
        for group in self.graph.ancestors(index):
            if group not in self.opened:
                found = group
        return found

    def boxes(self) -> Iterator[Node]:
        """What is seen, groups before what is in them; without the root."""
        stack = list(reversed(self.graph.root.children))
        while stack:
            node = self.graph.nodes[stack.pop()]
            yield node
            if node.index in self.opened:
                stack.extend(reversed(node.children))

    def links(self) -> list[Link]:
        """One link for all between two boxes, in the order of their targets."""
        found: dict[tuple[int, int], dict[str, None]] = {}
        for link in self.graph.links:
            ends = self.shown(link.source), self.shown(link.target)
            if ends[0] != ends[1]:
                found.setdefault(ends, {})[link.text] = None
        ordered = sorted(found.items(), key=lambda one: (one[0][1], one[0][0]))
        return [Link(*ends, ", ".join(texts)) for ends, texts in ordered]


def open_to(graph: Graph, depth: int) -> View:
    """All groups of so many levels below the root open."""
    levels = {0: 0}
    opened = {0}
    for node in graph.nodes[1:]:
        assert node.parent is not None
        levels[node.index] = levels[node.parent] + 1
        if node.is_group and levels[node.index] <= depth:
            opened.add(node.index)
    return View(graph, frozenset(opened))


def open_for_page(graph: Graph, plans: Plans, room: int = _ROOM) -> View:
    """Each pattern open once, outer groups first, while it fits into the room.

    What stands beside a single layer stays closed: it would tear a hole there.
    """
    opened = {0}
    seen: set[int] = set()
    boxes = len(graph.root.children)
    level = [0]
    while level:
        inner: list[int] = []
        for node in _beside_groups(graph, plans, level):
            more = len(node.children) - 1
            if node.pattern in seen or boxes + more > room:
                continue
            seen.add(node.pattern)
            boxes += more
            opened.add(node.index)
            inner.append(node.index)
        level = inner
    return View(graph, frozenset(opened))


def _beside_groups(graph: Graph, plans: Plans, groups: Iterable[int]) -> Iterator[Node]:
    """The groups in these groups, without those that stand beside a leaf."""
    for group in groups:
        plan = plans[group]
        beside_leaf: set[int] = set()
        for row in plan.layers:
            items = (plan.items[one] for one in row)
            nodes = [graph.nodes[one.ref] for one in items if one.kind == "node"]
            if not all(one.is_group or one.kind == "parameter" for one in nodes):
                beside_leaf.update(one.index for one in nodes)
        for index in graph.nodes[group].children:
            node = graph.nodes[index]
            if node.is_group and index not in beside_leaf:
                yield node


def choose_view(graph: Graph, depth: int | None, plans: Plans | None = None) -> View:
    """The view of a depth, or the one for a page."""
    if depth is not None:
        return open_to(graph, depth)
    return open_for_page(graph, Plans(graph) if plans is None else plans)
