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

    What stands side by side is opened together; beside a single layer a group stays
    closed, it would tear a hole there.
    """
    opened = {0}
    seen: set[int] = set()
    boxes = len(graph.root.children)
    level = [0]
    while level:
        inner: list[int] = []
        for nodes in _rows_of_groups(graph, plans, level):
            more = sum(len(node.children) - 1 for node in nodes)
            patterns = {node.pattern for node in nodes}
            if patterns <= seen or boxes + more > room:
                continue
            seen |= patterns
            boxes += more
            inner += [node.index for node in nodes]
        opened.update(inner)
        level = inner
    return View(graph, frozenset(opened))


def _rows_of_groups(
    graph: Graph, plans: Plans, groups: Iterable[int]
) -> Iterator[list[Node]]:
    """The rows of groups in these groups, without those with a leaf among them."""
    for group in groups:
        plan = plans[group]
        for row in plan.layers:
            items = (plan.items[one] for one in row)
            nodes = [graph.nodes[one.ref] for one in items if one.kind == "node"]
            found = [node for node in nodes if node.is_group]
            beside = [one for one in nodes if not one.is_group]
            if found and all(one.kind == "parameter" for one in beside):
                yield found


def choose_view(graph: Graph, depth: int | None, plans: Plans | None = None) -> View:
    """The view of a depth, or the one for a page."""
    if depth is not None:
        return open_to(graph, depth)
    return open_for_page(graph, Plans(graph) if plans is None else plans)
