"""What stands above what inside a group: layers, an order in each, straight lines.

In: a graph and a group of it. Out: a `Plan`, which does not depend on which groups of
the picture are open, nor on sizes: whoever draws places it for the sizes at hand. The
way is the usual one for layered drawings: the longest path gives the layers, medians
the order within them, and lines over several layers go through points in each.

What comes into the group or leaves it does so at points on its edge, one for each leaf
that the tensors are from. All lines of one leaf's tensors share their points on the
way, as a bus has taps.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

from modelspec.records import dataclass
from modelspec.report.graph.model import Graph, Link, Node
from modelspec.report.graph.straight import find_columns

ItemKind: TypeAlias = Literal["node", "in", "out", "bend"]
_SWEEPS = 8
_MOST_PORTS = 24
_MOST_BENDS = 3000
_SMALL = 800


@dataclass(frozen=True, slots=True)
class Item:
    """A child, a point on the group's edge, or a point that a line goes through.

    `ref` is the index of the child, else of the leaf that the tensors are from.
    """

    kind: ItemKind
    ref: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A line from an item to one in the next layer (or farther, if there were too
    many lines): tensors of the leaf `leaf`."""

    upper: int
    lower: int
    leaf: int


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """`layers` holds items from the top, each layer from the left. A column is a list
    of items, each in the next layer, which stand in one straight line; each item is in
    one column, and columns are in an order in which none is left of one before it.
    `entries` and `exits` tell by which item of the edge the tensors of a leaf come or
    go, `row_of` the layer of each item, `at_item` the segments at each. `feeders`
    depend on no input: parameters, say.
    """

    items: tuple[Item, ...]
    layers: tuple[tuple[int, ...], ...]
    segments: tuple[Segment, ...]
    columns: tuple[tuple[int, ...], ...]
    entries: dict[int, int]
    exits: dict[int, int]
    row_of: tuple[int, ...]
    feeders: frozenset[int]
    at_item: tuple[tuple[Segment, ...], ...]


class Plans:
    """The plans of a graph's groups, each made when it is first asked for."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._made: dict[int, Plan] = {}
        self._lines: dict[int, dict[tuple[int, int, int], None]] = {
            node.index: {} for node in graph.nodes if node.is_group
        }
        for link in graph.links:
            self._add(link)

    def __getitem__(self, group: int) -> Plan:
        made = self._made.get(group)
        if made is None:
            node, lines = self._graph.nodes[group], list(self._lines[group])
            made = self._made[group] = _Planning(self._graph, node, lines).plan()
        return made

    def all(self) -> dict[int, Plan]:
        """Those of all groups."""
        return {group: self[group] for group in self._lines}

    def _add(self, link: Link) -> None:
        """A line in each group that a link goes through; -1 is the group's edge."""
        leaf = link.source
        source = [leaf, *self._graph.ancestors(leaf)]
        target = [link.target, *self._graph.ancestors(link.target)]
        known = set(target)
        common = next(one for one in source if one in known)
        up = source[: source.index(common)]
        down = target[: target.index(common)]
        for inner, group in itertools.pairwise(up):
            self._lines[group][inner, -1, leaf] = None
        for inner, group in itertools.pairwise(down):
            self._lines[group][-1, inner, leaf] = None
        self._lines[common][up[-1], down[-1], leaf] = None


class _Planning:
    """`lines` are from child to child; -1 stands for the edge of the group."""

    def __init__(
        self, graph: Graph, group: Node, lines: list[tuple[int, int, int]]
    ) -> None:
        self._graph = graph
        self._items: list[Item] = [Item("node", one) for one in group.children]
        self._child = {one: at for at, one in enumerate(group.children)}
        self._entries: dict[int, int] = {}
        self._exits: dict[int, int] = {}
        self._targets: dict[tuple[int, int], list[int]] = {}
        """For an item and the leaf whose tensors it gives the items that take them."""
        for source, target, leaf in sorted(lines, key=lambda one: (one[2], one)):
            upper = self._port(self._entries, "in", leaf, source)
            lower = self._port(self._exits, "out", leaf, target)
            targets = self._targets.setdefault((upper, leaf), [])
            if lower not in targets:
                targets.append(lower)
        self._segments: list[Segment] = []

    def plan(self) -> Plan:
        self._find_layers()
        self._lead_lines()
        rows: list[list[int]] = [[] for _ in range(max(self._layer, default=0) + 1)]
        for item in self._first_order():
            rows[self._layer[item]].append(item)
        short = [
            one
            for one in self._segments
            if self._layer[one.lower] == self._layer[one.upper] + 1
        ]
        rows = order_rows(rows, [(one.upper, one.lower) for one in short])
        bends = {at for at, one in enumerate(self._items) if one.kind == "bend"}
        lines = [(one.upper, one.lower) for one in short]
        columns = find_columns(rows, lines, bends, self._feeders)
        return Plan(
            tuple(self._items),
            tuple(map(tuple, rows)),
            tuple(self._segments),
            tuple(map(tuple, columns)),
            self._entries,
            self._exits,
            tuple(self._layer),
            frozenset(self._feeders),
            self._at_items(),
        )

    def _at_items(self) -> tuple[tuple[Segment, ...], ...]:
        found: list[list[Segment]] = [[] for _ in self._items]
        for one in self._segments:
            found[one.upper].append(one)
            found[one.lower].append(one)
        return tuple(map(tuple, found))

    def _port(
        self, ports: dict[int, int], kind: ItemKind, leaf: int, child: int
    ) -> int:
        if child >= 0:
            return self._child[child]
        if leaf not in ports:
            if len(set(ports.values())) >= _MOST_PORTS:
                ports[leaf] = next(reversed(ports.values()))
            else:
                ports[leaf] = self._add(Item(kind, leaf))
        return ports[leaf]

    def _add(self, item: Item) -> int:
        self._items.append(item)
        return len(self._items) - 1

    # --- layers -----------------------------------------------------------------

    def _find_layers(self) -> None:
        count = len(self._items)
        after: list[list[int]] = [[] for _ in range(count)]
        before: list[list[int]] = [[] for _ in range(count)]
        for (upper, _), targets in self._targets.items():
            for lower in targets:
                after[upper].append(lower)
                before[lower].append(upper)
        first = 1 if self._entries else 0
        self._layer = [first] * count
        order = _sorted_by_links(before, after)
        for item in order:
            if self._items[item].kind == "in":
                self._layer[item] = 0
            else:
                above = (self._layer[one] + 1 for one in before[item])
                self._layer[item] = max(above, default=first)
        self._lower_feeders(order, before, after)
        last = max(self._layer, default=0)
        if self._exits:
            inner = (
                layer
                for layer, item in zip(self._layer, self._items, strict=True)
                if item.kind != "out"
            )
            last = max(inner, default=0) + 1
        for item in self._exits.values():
            self._layer[item] = last

    def _lower_feeders(
        self, order: list[int], before: list[list[int]], after: list[list[int]]
    ) -> None:
        """What depends on no input (a parameter, a range) stands by its consumer."""
        feeds = [False] * len(self._items)
        for item in order:
            one = self._items[item]
            is_input = one.kind != "node" or self._graph.nodes[one.ref].kind == "input"
            feeds[item] = not is_input and all(feeds[up] for up in before[item])
        self._feeders = {item for item in order if feeds[item] and after[item]}
        for item in reversed(order):
            alone = not before[item] and self._items[item].kind == "node"
            if (feeds[item] or alone) and after[item]:
                lowest = min(self._layer[one] for one in after[item]) - 1
                self._layer[item] = max(self._layer[item], lowest)

    # --- lines ------------------------------------------------------------------

    def _lead_lines(self) -> None:
        """Lead each line through a point in every layer, shorter ones first."""
        left = _MOST_BENDS
        spans = {
            key: max(self._layer[one] for one in targets) - self._layer[key[0]]
            for key, targets in self._targets.items()
        }
        for key in sorted(self._targets, key=lambda one: (spans[one], one)):
            source, leaf = key
            bends = spans[key] - 1
            if bends > left:
                self._segments += [
                    Segment(source, one, leaf) for one in self._targets[key]
                ]
                continue
            left -= max(0, bends)
            self._lead(source, leaf, self._targets[key])

    def _lead(self, source: int, leaf: int, targets: list[int]) -> None:
        at, layer = source, self._layer[source]
        for target in sorted(targets, key=lambda one: (self._layer[one], one)):
            while layer < self._layer[target] - 1:
                layer += 1
                bend = self._add(Item("bend", leaf))
                self._layer.append(layer)
                self._segments.append(Segment(at, bend, leaf))
                at = bend
            self._segments.append(Segment(at, target, leaf))

    def _first_order(self) -> Iterable[int]:
        """Children in their order; then points, what is from far away outermost."""

        def key(at: int) -> tuple[bool, int, int]:
            one = self._items[at]
            is_child = one.kind == "node"
            return not is_child, one.ref if is_child else -one.ref, at

        return sorted(range(len(self._items)), key=key)


def _sorted_by_links(before: list[list[int]], after: list[list[int]]) -> list[int]:
    """Items so that each comes after those that feed it."""
    waiting = [len(one) for one in before]
    ready = [item for item, count in enumerate(waiting) if count == 0]
    found: list[int] = []
    while ready:
        item = ready.pop()
        found.append(item)
        for one in after[item]:
            waiting[one] -= 1
            if waiting[one] == 0:
                ready.append(one)
    assert len(found) == len(before), "links go in a circle"
    return found


def order_rows(
    rows: list[list[int]], segments: Sequence[tuple[int, int]]
) -> list[list[int]]:
    """The order within rows that has the fewest crossings of those that are tried."""
    above: dict[int, list[int]] = {}
    below: dict[int, list[int]] = {}
    for upper, lower in segments:
        above.setdefault(lower, []).append(upper)
        below.setdefault(upper, []).append(lower)
    best, fewest = rows, count_crossings(rows, below)
    size = sum(map(len, rows))
    sweeps = _SWEEPS if size <= _SMALL else 2
    current = [list(row) for row in rows]
    for sweep in range(sweeps):
        if fewest == 0:
            break
        down = sweep % 2 == 0
        walk = range(1, len(rows)) if down else range(len(rows) - 2, -1, -1)
        for at in walk:
            fixed = current[at - 1 if down else at + 1]
            current[at] = _by_medians(current[at], fixed, above if down else below)
        if size <= _SMALL:
            _swap_neighbours(current, above, below)
        crossings = count_crossings(current, below)
        if crossings < fewest:
            best, fewest = [list(row) for row in current], crossings
    return best


def _by_medians(
    row: list[int], fixed: list[int], linked: dict[int, list[int]]
) -> list[int]:
    place = {item: at for at, item in enumerate(fixed)}
    keys: dict[int, float] = {}
    for at, item in enumerate(row):
        places = sorted(place[one] for one in linked.get(item, ()))
        if places:
            middle = len(places) // 2
            both = places[middle] + places[middle - (len(places) % 2 == 0)]
            keys[item] = both / 2
        else:
            keys[item] = at
    return sorted(row, key=lambda item: keys[item])


def _swap_neighbours(
    rows: list[list[int]], above: dict[int, list[int]], below: dict[int, list[int]]
) -> None:
    place = {item: at for row in rows for at, item in enumerate(row)}
    for row in rows:
        for at in range(len(row) - 1):
            left, right = row[at], row[at + 1]
            now = swapped = 0
            for linked in (above, below):
                here = [place[one] for one in linked.get(left, ())]
                there = [place[one] for one in linked.get(right, ())]
                now += sum(a > b for a in here for b in there)
                swapped += sum(a < b for a in here for b in there)
            if swapped < now:
                row[at], row[at + 1] = right, left
                place[left], place[right] = at + 1, at


def count_crossings(rows: Sequence[Sequence[int]], below: dict[int, list[int]]) -> int:
    """How many pairs of lines between neighbouring rows cross."""
    total = 0
    for upper, lower in itertools.pairwise(rows):
        place = {item: at for at, item in enumerate(lower)}
        tree = [0] * (len(lower) + 1)
        seen = 0
        for item in upper:
            ends = sorted(place[one] for one in below.get(item, ()))
            for end in ends:
                total += seen - _sum_to(tree, end + 1)
            for end in ends:
                _add_at(tree, end + 1)
            seen += len(ends)
    return total


def _sum_to(tree: list[int], at: int) -> int:
    total = 0
    while at > 0:
        total += tree[at]
        at -= at & -at
    return total


def _add_at(tree: list[int], at: int) -> None:
    while at < len(tree):
        tree[at] += 1
        at += at & -at
