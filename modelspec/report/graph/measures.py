"""How large boxes and texts are, in pixels; the same for all pictures.

Widths of texts are those of Helvetica and Arial, near enough for what stands in their
place, with some room to spare.
"""

from __future__ import annotations

from modelspec.records import dataclass
from modelspec.report.graph.kinds import SIGNS
from modelspec.report.graph.model import Graph, Node
from modelspec.report.graph.words import shortened
from modelspec.report.numbers import render_short_count

TITLE, SMALL = 13.0, 11.0
MARGIN = 24
LABEL = 19
"""Below a box: room for the text of its line."""
ARROW = 16
"""What is left for a straight line and its tip."""
TALL = 40
"""From so much more height on a box is not the middle of those beside it."""
STRAIGHT = 0.5
"""Pixels to the side that make no curve."""
SEPARATION = 26
BEND_SEPARATION = 16
HEADER = 28
PADDING = 16
SIGN = 24
BEND = 6
_LINE = 15
_LONGEST_SHAPE = 34

_NARROW = "iIjl.,:;|!'()[]{}tfr-/ "
_WIDE = "mMWwQOG@%×→"


@dataclass(frozen=True, slots=True)
class Face:
    """What a closed box says, and its size; `shape` is the text below it."""

    title: str
    name: str
    lines: tuple[str, ...]
    shape: str
    width: float
    height: float


def text_width(text: str, size: float) -> float:
    """The width of a text, in pixels."""
    total = 0.0
    for char in text:
        if char in _NARROW:
            total += 0.33
        elif char in _WIDE:
            total += 0.87
        elif char.isupper():
            total += 0.69
        else:
            total += 0.57
    return total * size


def faces_of(graph: Graph) -> dict[int, Face]:
    """The face of each node but the root, for when it is closed."""
    given: dict[int, dict[str, None]] = {}
    for link in graph.links:
        around = set(graph.ancestors(link.target))
        for index in (link.source, *graph.ancestors(link.source)):
            if index in around:
                break
            given.setdefault(index, {})[link.text] = None
    return {
        node.index: _face(node, ", ".join(given.get(node.index, ())))
        for node in graph.nodes[1:]
    }


def _face(node: Node, gives: str) -> Face:
    shape = shortened(gives, _LONGEST_SHAPE)
    if is_sign(node):
        return Face(SIGNS[node.label], "", (), shape, SIGN, SIGN)
    title, name = title_of(node), name_of(node)
    lines = tuple(_lines(node))
    head = text_width(title, TITLE) * 1.06
    if name:
        head += 8 + text_width(name, SMALL)
    width = max(head, *(text_width(one, SMALL) for one in lines), 46.0)
    padding = 30 if node.is_group else 24
    height = 28 + _LINE * len(lines)
    if node.kind in ("parameter", "layout") and not lines:
        height = 24
    return Face(title, name, lines, shape, float(round(width + padding)), height)


def is_sign(node: Node) -> bool:
    """Whether it is drawn as a circle with a sign."""
    return node.kind == "operation" and node.label in SIGNS and node.count == 1


def title_of(node: Node) -> str:
    """`BasicBlock ×2`."""
    return f"{node.label} ×{node.count}" if node.count > 1 else node.label


def name_of(node: Node) -> str:
    """The name, where it says something: not an index."""
    return "" if node.name.isdigit() else node.name


def header_width(node: Node) -> float:
    """What the header of an open group needs."""
    title = text_width(title_of(node), TITLE) * 1.06
    name = name_of(node)
    return float(round(title + (8 + text_width(name, SMALL) if name else 0) + 22))


def _lines(node: Node) -> list[str]:
    if node.kind == "output":
        return [shortened(one, _LONGEST_SHAPE) for one in node.inputs]
    if node.arguments:
        return [node.arguments]
    if node.is_group and node.parameters:
        return [f"{render_short_count(node.parameters)} parameters"]
    return []
