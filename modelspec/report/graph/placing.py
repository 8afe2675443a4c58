"""Where everything of a picture stands.

In: a graph, a plan for each of its groups, and which groups are open. Out: boxes, lines
and their texts, in pixels. Groups are placed from the inside out: one that is open is a
large box for the group around it. The script of the HTML page does the same, in the
same order, for the groups that its reader opens.
"""

from __future__ import annotations

import itertools
from dataclasses import field

from modelspec.records import dataclass
from modelspec.report.graph import measures
from modelspec.report.graph.layers import Plan, Plans, Segment
from modelspec.report.graph.measures import Face
from modelspec.report.graph.model import Graph

MOST_WORK = 300_000
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A node at its place; `x` and `y` are the upper left corner."""

    node: int
    x: float
    y: float
    width: float
    height: float
    is_open: bool


@dataclass(frozen=True, slots=True)
class Wire:
    """A line through points, from above; `has_arrow` where it ends at a closed box.

    `is_side` lines run down and then into the side of what they end at.
    """

    leaf: int
    points: tuple[Point, ...]
    has_arrow: bool
    is_side: bool


@dataclass(frozen=True, slots=True)
class Text:
    """The shape of what a leaf gives, beside its line; `x`, `y` is its left end."""

    leaf: int
    x: float
    y: float
    text: str


@dataclass(slots=True)
class Picture:
    """Everything at its place; boxes are in the order in which they are drawn."""

    width: float = 0.0
    height: float = 0.0
    boxes: list[Box] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Inside:
    """A group at its size. `x` and `y` are the middles of items, within the group;
    `tops` is where rows begin, `turns` where lines below them may leave their column;
    `entries` and `exits` tell where the tensors of a leaf come in or go out."""

    x: list[float]
    y: list[float]
    width: float
    height: float
    tops: list[float]
    turns: list[float]
    children: dict[int, Inside]
    entries: dict[int, float]
    exits: dict[int, float]


def place(
    graph: Graph,
    plans: Plans,
    faces: dict[int, Face],
    opened: frozenset[int],
) -> Picture:
    """The picture of a graph with these groups open."""
    placing = _Placing(graph, plans, faces, opened)
    inside = placing.inside(0)
    picture = Picture(inside.width, inside.height)
    placing.draw(0, inside, 0.0, 0.0, picture)
    return picture


class _Placing:
    def __init__(
        self,
        graph: Graph,
        plans: Plans,
        faces: dict[int, Face],
        opened: frozenset[int],
    ) -> None:
        self._graph = graph
        self._plans = plans
        self._faces = faces
        self._opened = opened

    def inside(self, group: int) -> Inside:
        """Place what is in a group, and first what is in its open children."""
        plan = self._plans[group]
        children = {
            one: self.inside(one)
            for one in self._graph.nodes[group].children
            if one in self._opened
        }
        sizes = _Sizes(plan, self._faces, children)
        x, left, right = _place_columns(plan, sizes)
        pad = measures.PADDING if group else measures.MARGIN
        shift, width = pad - left, right - left + 2 * pad
        if group:
            head = measures.header_width(self._graph.nodes[group])
            lines = [x[item] + shift for item in plan.entries.values()]
            # No line runs through the header.
            extra = max(0.0, head - min(lines, default=head))
            shift += extra
            width = max(width + extra, head)
        x = [one + shift for one in x]
        bows = _bows(plan, sizes, x)
        y, tops, turns, height = _place_rows(plan, sizes, bows, is_root=group == 0)
        entries = {leaf: x[item] for leaf, item in plan.entries.items()}
        exits = {leaf: x[item] for leaf, item in plan.exits.items()}
        return Inside(x, y, width, height, tops, turns, children, entries, exits)

    def draw(self, group: int, at: Inside, dx: float, dy: float, to: Picture) -> None:
        """Add what is in a group that stands at `dx`, `dy`."""
        plan = self._plans[group]
        sizes = _Sizes(plan, self._faces, at.children)
        for item, one in enumerate(plan.items):
            if one.kind != "node":
                continue
            width, height = sizes.width(item), sizes.height[item]
            x, y = dx + at.x[item] - width / 2, dy + at.y[item] - height / 2
            inner = at.children.get(one.ref)
            to.boxes.append(Box(one.ref, x, y, width, height, inner is not None))
            if inner is not None:
                self.draw(one.ref, inner, x, y, to)
        for segment in plan.segments:
            to.wires.append(self._wire(plan, sizes, at, segment, dx, dy))
        for item, one in enumerate(plan.items):
            if one.kind == "node" and one.ref in self._faces and sizes.shape[item]:
                x = dx + at.x[item] + 6
                y = dy + at.y[item] + sizes.height[item] / 2 + 15
                to.texts.append(Text(one.ref, x, y, sizes.shape[item]))

    def _wire(
        self,
        plan: Plan,
        sizes: _Sizes,
        at: Inside,
        segment: Segment,
        dx: float,
        dy: float,
    ) -> Wire:
        upper, lower, leaf = segment.upper, segment.lower, segment.leaf
        start, end = _ends(plan, sizes, at.x, segment)
        is_closed = sizes.is_closed(lower)
        from_bend = plan.items[upper].kind == "bend"
        top = at.y[upper] + sizes.height[upper] / 2
        if from_bend:
            top = at.tops[plan.row_of[upper]]
        if _runs_into_side(plan, sizes, at.x, segment):
            start = at.x[upper]
            middle, reach = at.x[lower], sizes.width(lower) / 2
            side = middle + (reach if start > middle else -reach)
            points = ((start, top), (start, at.y[lower]), (side, at.y[lower]))
            return Wire(leaf, _moved(points, dx, dy), True, True)
        turn, arrive = at.turns[plan.row_of[upper]], at.tops[plan.row_of[lower]]
        last = arrive
        if plan.items[lower].kind != "bend":
            last = at.y[lower] - sizes.height[lower] / 2
        points4 = ((start, top), (start, turn), (end, arrive), (end, last))
        return Wire(leaf, _moved(points4, dx, dy), is_closed, False)


def _ends(
    plan: Plan, sizes: _Sizes, x: list[float], segment: Segment
) -> tuple[float, float]:
    """Where a line leaves the upper item and where it meets the lower one."""
    upper, lower, leaf = segment.upper, segment.lower, segment.leaf
    start = x[upper] + sizes.exit_offset(upper, leaf)
    end = x[lower] + sizes.entry_offset(lower, leaf)
    if sizes.is_closed(lower):
        reach = max(0.0, sizes.width(lower) / 2 - 12)
        end = min(max(start, end - reach), end + reach)
    return start, end


def _bows(plan: Plan, sizes: _Sizes, x: list[float]) -> list[float]:
    """Below each row how far the lines go to the side, at most."""
    found = [0.0] * len(plan.layers)
    for segment in plan.segments:
        if _runs_into_side(plan, sizes, x, segment):
            continue
        start, end = _ends(plan, sizes, x, segment)
        row = plan.row_of[segment.upper]
        found[row] = max(found[row], abs(end - start))
    return found


class _Sizes:
    """The sizes of a plan's items: of faces, and of groups that are open."""

    def __init__(
        self, plan: Plan, faces: dict[int, Face], children: dict[int, Inside]
    ) -> None:
        self.left: list[float] = []
        self.right: list[float] = []
        self.height: list[float] = []
        self.shape: list[str] = []
        self.opened: dict[int, Inside] = {}
        self._signs: set[int] = set()
        self._boxes: set[int] = set()
        for at, one in enumerate(plan.items):
            half, height, below, shape = measures.BEND / 2, 0.0, 0.0, ""
            if one.kind == "node" and one.ref in children:
                inner = children[one.ref]
                self.opened[at] = inner
                half, height = inner.width / 2, inner.height
            elif one.kind == "node":
                face = faces[one.ref]
                half, height, shape = face.width / 2, face.height, face.shape
                self._boxes.add(at)
                below = measures.text_width(shape, measures.SMALL) + 10
                if face.width == measures.SIGN:
                    self._signs.add(at)
            self.left.append(half)
            self.right.append(max(half, below))
            self.height.append(height)
            self.shape.append(shape)

    def width(self, item: int) -> float:
        return 2 * self.left[item]

    def is_sign(self, item: int) -> bool:
        return item in self._signs

    def is_closed(self, item: int) -> bool:
        """Whether it is a box where lines end."""
        return item in self._boxes

    def exit_offset(self, item: int, leaf: int) -> float:
        """Where a leaf's tensors leave an item, from its middle."""
        inner = self.opened.get(item)
        return 0.0 if inner is None else inner.exits[leaf] - inner.width / 2

    def entry_offset(self, item: int, leaf: int) -> float:
        """Where they enter one."""
        inner = self.opened.get(item)
        return 0.0 if inner is None else inner.entries[leaf] - inner.width / 2


def _moved(points: tuple[Point, ...], dx: float, dy: float) -> tuple[Point, ...]:
    return tuple((x + dx, y + dy) for x, y in points)


def _runs_into_side(
    plan: Plan, sizes: _Sizes, x: list[float], segment: Segment
) -> bool:
    """Whether a line ends in the side of a sign: nothing stands between them."""
    upper, item = segment.upper, segment.lower
    if plan.items[upper].kind != "bend" or not sizes.is_sign(item):
        return False
    start = x[upper]
    if abs(start - x[item]) <= sizes.width(item) / 2 + 6:
        return False
    row = plan.layers[plan.row_of[item]]
    on_right = start > x[item]
    beside = row.index(item) + (1 if on_right else -1)
    if not 0 <= beside < len(row):
        return True
    other = row[beside]
    if on_right:
        return x[other] - sizes.left[other] > start
    return x[other] + sizes.right[other] < start


# --- from left to right ---------------------------------------------------------


def _place_columns(plan: Plan, sizes: _Sizes) -> tuple[list[float], float, float]:
    """The middle of each item, and the leftmost and rightmost of all."""
    columns = _Columns(plan, sizes)
    low = columns.lows({})
    right = max(
        (low[c] + o + sizes.right[i] for c, col in enumerate(columns.offsets)
         for i, o in col),
        default=0.0,
    )  # fmt: skip
    fixed: dict[int, float] = {}
    if len(plan.items) * len(plan.columns) <= MOST_WORK:
        for column in columns.by_weight():
            lows, highs = columns.lows(fixed), columns.highs(fixed, right)
            wanted = columns.wanted(column, fixed)
            if wanted is None:
                wanted = (lows[column] + highs[column]) / 2
            fixed[column] = max(lows[column], min(wanted, highs[column]))
    else:
        fixed = dict(enumerate(low))
    x = [0.0] * len(plan.items)
    for column, items in enumerate(columns.offsets):
        for item, offset in items:
            x[item] = fixed[column] + offset
    left = min((x[i] - sizes.left[i] for i in range(len(x))), default=0.0)
    return x, left, right


class _Columns:
    """Columns as they push one another; `offsets` are of items within their column."""

    def __init__(self, plan: Plan, sizes: _Sizes) -> None:
        self._plan = plan
        self._sizes = sizes
        self.offsets: list[list[tuple[int, float]]] = []
        self._place: dict[int, tuple[int, float]] = {}
        leaf_of = {(one.upper, one.lower): one.leaf for one in plan.segments}
        for at, column in enumerate(plan.columns):
            offset, items = 0.0, [(column[0], 0.0)]
            for upper, lower in itertools.pairwise(column):
                leaf = leaf_of[upper, lower]
                offset += sizes.exit_offset(upper, leaf)
                offset -= sizes.entry_offset(lower, leaf)
                items.append((lower, offset))
            self.offsets.append(items)
            for item, one in items:
                self._place[item] = (at, one)
        self._beside: list[list[tuple[int, float]]] = [[] for _ in plan.columns]
        """For each column those to its left, and how far it stays from them."""
        for row in plan.layers:
            for one, other in itertools.pairwise(row):
                self._keep_apart(one, other)

    def _keep_apart(self, one: int, other: int) -> None:
        kinds = self._plan.items[one].kind, self._plan.items[other].kind
        apart: float = measures.SEPARATION
        if "node" not in kinds:
            apart = measures.BEND_SEPARATION
        apart += self._sizes.right[one] + self._sizes.left[other]
        (left, from_left), (right, from_right) = self._place[one], self._place[other]
        self._beside[right].append((left, apart + from_left - from_right))

    def lows(self, fixed: dict[int, float]) -> list[float]:
        """How far to the left each can stand."""
        found: list[float] = []
        for column, beside in enumerate(self._beside):
            least = [
                -offset + self._sizes.left[i] for i, offset in self.offsets[column]
            ]
            least += [found[left] + apart for left, apart in beside]
            found.append(fixed[column] if column in fixed else max(least))
        return found

    def highs(self, fixed: dict[int, float], right: float) -> list[float]:
        """How far to the right each can stand."""
        found = [
            right - max(offset + self._sizes.right[i] for i, offset in items)
            for items in self.offsets
        ]
        for column in range(len(found) - 1, -1, -1):
            if column in fixed:
                found[column] = fixed[column]
            for left, apart in self._beside[column]:
                found[left] = min(found[left], found[column] - apart)
        return found

    def by_weight(self) -> list[int]:
        """Columns with more nodes first; the first in order among equal ones."""

        def weight(column: int) -> int:
            items = self._plan.columns[column]
            return sum(self._plan.items[one].kind == "node" for one in items)

        return sorted(range(len(self.offsets)), key=lambda one: (-weight(one), one))

    def wanted(self, column: int, fixed: dict[int, float]) -> float | None:
        """The middle of what it is linked to, among what has its place."""
        total, count = 0.0, 0
        for item, offset in self.offsets[column]:
            for segment in self._plan.at_item[item]:
                is_upper = segment.upper == item
                other = segment.lower if is_upper else segment.upper
                there, from_there = self._place[other]
                if there == column or there not in fixed:
                    continue
                sizes, leaf = self._sizes, segment.leaf
                upper, lower = segment.upper, segment.lower
                apart = sizes.exit_offset(upper, leaf) - sizes.entry_offset(lower, leaf)
                place = fixed[there] + from_there
                place += -apart if is_upper else apart
                total += place - offset
                count += 1
        return total / count if count else None


# --- from top to bottom ---------------------------------------------------------


def _place_rows(
    plan: Plan, sizes: _Sizes, bows: list[float], *, is_root: bool
) -> tuple[list[float], list[float], list[float], float]:
    """The middle of each item, the top of each row, where lines turn, the height."""
    y = [0.0] * len(plan.items)
    tops: list[float] = []
    turns: list[float] = []
    at = float(measures.MARGIN if is_root else measures.HEADER + 4)
    for number, row in enumerate(plan.layers):
        kinds = {plan.items[one].kind for one in row}
        if "in" in kinds:
            at = 0.0
        height = max((sizes.height[one] for one in row), default=0.0)
        tops.append(at)
        for one in row:
            y[one] = at + height / 2
            if height - sizes.height[one] > measures.TALL:
                # Beside a large box things stand where their lines are short.
                lowered = height - sizes.height[one] if one in plan.feeders else 0.0
                y[one] = at + lowered + sizes.height[one] / 2
        at += height
        straight = measures.HEADER - 4 if "in" in kinds else 0.0
        if "node" in kinds:
            straight = measures.LABEL
        turns.append(at + straight)
        if number + 1 < len(plan.layers):
            at += straight + _curve_height(bows[number])
    has_exits = any(one.kind == "out" for one in plan.items)
    bottom = 0.0 if has_exits else measures.PADDING
    if is_root:
        bottom = measures.MARGIN
    return y, tops, turns, at + bottom


def _curve_height(bow: float) -> float:
    """What a line needs to go so far to the side without lying flat."""
    if bow < measures.STRAIGHT:
        return measures.ARROW
    return min(1.6 * measures.ARROW + bow / 12, 3.0 * measures.ARROW)
