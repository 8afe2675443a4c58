"""A graph as one SVG file, which needs nothing else: for papers and pages.

In: a graph and a depth, or none. Out: the text of the file, on a white ground. Every
text of the spec's is escaped.
"""

from __future__ import annotations

import html
from collections.abc import Iterator

from modelspec.report.graph import measures
from modelspec.report.graph.colors import LIGHT, NAMES
from modelspec.report.graph.layers import Plans
from modelspec.report.graph.measures import Face, faces_of
from modelspec.report.graph.model import Graph, Kind
from modelspec.report.graph.placing import Box, Picture, Text, Wire, place
from modelspec.report.graph.view import choose_view
from modelspec.report.graph.words import one_line

_FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"
_TITLE_HEIGHT = 52
_LEGEND_WIDTH = 150
_INK, _GREY, _LINE = "#18181b", "#71717a", "#71717a"
_CURVE = 0.5


def render_svg(graph: Graph, depth: int | None = None) -> str:
    """The text of an SVG file."""
    plans = Plans(graph)
    view = choose_view(graph, depth, plans)
    faces = faces_of(graph)
    picture = place(graph, plans, faces, view.opened)
    return "\n".join(_Drawing(graph, faces, picture).lines()) + "\n"


class _Drawing:
    def __init__(self, graph: Graph, faces: dict[int, Face], picture: Picture) -> None:
        self._graph = graph
        self._faces = faces
        self._picture = picture

    def lines(self) -> Iterator[str]:
        picture = self._picture
        kinds = self._kinds()
        legend = measures.MARGIN * 2 + _LEGEND_WIDTH
        title = 2 * measures.MARGIN + max(
            measures.text_width(self._graph.title, 20) * 1.06,
            measures.text_width(self._graph.subtitle, measures.SMALL) - legend,
        )
        width = max(picture.width, title) + (legend if kinds else 0)
        height = picture.height + _TITLE_HEIGHT
        height = max(height, _TITLE_HEIGHT + 30 + 20 * len(kinds))
        size = f'width="{width:.0f}" height="{height:.0f}"'
        view = f'viewBox="0 0 {width:.0f} {height:.0f}"'
        yield f'<svg xmlns="http://www.w3.org/2000/svg" {size} {view} role="img">'
        yield f"<title>{escape(self._graph.title)}</title>"
        yield from _style()
        yield '<rect class="ms-page" width="100%" height="100%"/>'
        at = measures.MARGIN
        name = escape(self._graph.title)
        yield f'<text class="ms-name" x="{at}" y="34">{name}</text>'
        subtitle = escape(self._graph.subtitle)
        yield f'<text class="ms-grey" x="{at}" y="52">{subtitle}</text>'
        yield f'<g transform="translate(0 {_TITLE_HEIGHT})">'
        yield from (self._group(box) for box in picture.boxes if box.is_open)
        yield from map(_wire, picture.wires)
        for box in picture.boxes:
            if box.is_open:
                yield from self._header(box)
            else:
                yield from self._box(box)
        yield from map(_text, picture.texts)
        yield "</g>"
        yield from _legend(kinds, max(picture.width, title) + measures.MARGIN)
        yield "</svg>"

    def _kinds(self) -> list[Kind]:
        nodes = (self._graph.nodes[one.node] for one in self._picture.boxes)
        found = {one.kind for one in nodes}
        return [kind for kind in NAMES if kind in found]

    def _group(self, box: Box) -> str:
        node = self._graph.nodes[box.node]
        depth = len(list(self._graph.ancestors(box.node)))
        name = f"ms-group ms-depth{depth % 2}"
        stack = _rect(box, name, 12, 4) if node.count > 1 else ""
        return stack + _rect(box, name, 12)

    def _header(self, box: Box) -> Iterator[str]:
        node = self._graph.nodes[box.node]
        x, y = box.x + 12, box.y + 19
        title = escape(measures.title_of(node))
        name = escape(measures.name_of(node))
        yield (
            f'<text class="ms-head" x="{_n(x)}" y="{_n(y)}">{title}'
            f'<tspan class="ms-dim" dx="8">{name}</tspan></text>'
        )

    def _box(self, box: Box) -> Iterator[str]:
        node, face = self._graph.nodes[box.node], self._faces[box.node]
        middle = box.x + box.width / 2
        if measures.is_sign(node):
            yield from self._sign(box)
            return
        radius = min(box.height / 2, 14) if node.kind in _ROUND else 7
        if node.is_group or node.count > 1:
            yield _rect(box, f"ms-{node.kind}", radius, 4)
        yield _rect(box, f"ms-{node.kind}", radius)
        y = box.y + (box.height - 15 * len(face.lines)) / 2 + 4.5
        title, name = escape(face.title), escape(face.name)
        dim = f'<tspan class="ms-dim" dx="8">{name}</tspan>' if name else ""
        light = " ms-light" if node.kind in ("layout", "operation", "parameter") else ""
        yield (
            f'<text class="ms-title{light}" x="{_n(middle)}" y="{_n(y)}">'
            f"{title}{dim}</text>"
        )
        for line in face.lines:
            y += 15
            yield (
                f'<text class="ms-line" x="{_n(middle)}" y="{_n(y)}">'
                f"{escape(line)}</text>"
            )

    def _sign(self, box: Box) -> Iterator[str]:
        x, y = _n(box.x + box.width / 2), box.y + box.height / 2
        sign = escape(self._faces[box.node].title)
        radius = _n(box.width / 2)
        yield f'<circle class="ms-sign" cx="{x}" cy="{_n(y)}" r="{radius}"/>'
        yield f'<text class="ms-op" x="{x}" y="{_n(y + 5.5)}">{sign}</text>'


_ROUND: tuple[Kind, ...] = ("input", "output", "parameter")


def _style() -> Iterator[str]:
    yield "<style>"
    yield f"text{{font-family:{_FONT};fill:{_INK}}}"
    yield ".ms-page{fill:#ffffff}"
    yield ".ms-name{font-size:20px;font-weight:bold}"
    yield f".ms-grey,.ms-text{{font-size:11px;fill:{_GREY}}}"
    yield ".ms-group{stroke:#94a3b8}.ms-depth1{fill:#f8fafc}.ms-depth0{fill:#eff3f8}"
    yield ".ms-head,.ms-title{font-size:13px;font-weight:bold}"
    yield f".ms-dim{{font-size:11px;font-weight:normal;fill:{_GREY}}}"
    yield ".ms-light{font-weight:normal}"
    yield ".ms-title,.ms-line,.ms-op{text-anchor:middle}"
    yield ".ms-line{font-size:11px;fill:#3f3f46}"
    yield ".ms-op{font-size:17px}"
    yield ".ms-sign{fill:#ffffff;stroke:#3f3f46;stroke-width:1.2}"
    yield f".ms-wire{{fill:none;stroke:{_LINE};stroke-width:1.3}}"
    yield f".ms-tip{{fill:{_LINE}}}"
    for kind, (fill, line) in LIGHT.items():
        dash = ";stroke-dasharray:4 3" if kind == "layout" else ""
        yield f".ms-{kind}{{fill:{fill};stroke:{line};stroke-width:1.2{dash}}}"
    yield "</style>"


def _rect(box: Box, name: str, radius: float, shift: float = 0.0) -> str:
    x, y = _n(box.x + shift), _n(box.y + shift)
    size = f'width="{_n(box.width)}" height="{_n(box.height)}"'
    return f'<rect class="{name}" x="{x}" y="{y}" {size} rx="{_n(radius)}"/>'


def _wire(wire: Wire) -> str:
    path = wire_path(wire)
    tip = tip_path(wire) if wire.has_arrow else ""
    tip = f'<path class="ms-tip" d="{tip}"/>' if tip else ""
    return f'<path class="ms-wire" d="{path}"/>{tip}'


def wire_path(wire: Wire) -> str:
    """The `d` of a line: straight down, in a curve to its side, straight down."""
    if wire.is_side:
        (x, top), (_, y), (end, _) = wire.points
        round_ = min(10.0, abs(end - x), max(0.0, y - top))
        side = round_ if end > x else -round_
        tip = end - (6 if end > x else -6)
        corner = f"Q{_n(x)} {_n(y)} {_n(x + side)} {_n(y)}"
        return f"M{_n(x)} {_n(top)}V{_n(y - round_)}{corner}H{_n(tip)}"
    (x, start), (_, turn), (end, arrive), (_, last) = wire.points
    last -= 6 if wire.has_arrow else 0
    arrive = min(arrive, last)
    middle = turn + (arrive - turn) * _CURVE
    if abs(x - end) < 0.05:
        return f"M{_n(x)} {_n(start)}V{_n(last)}"
    curve = f"C{_n(x)} {_n(middle)} {_n(end)} {_n(middle)} {_n(end)} {_n(arrive)}"
    return f"M{_n(x)} {_n(start)}V{_n(turn)}{curve}V{_n(last)}"


def tip_path(wire: Wire) -> str:
    """The `d` of the arrow's tip."""
    x, y = wire.points[-1]
    if wire.is_side:
        back = x - (7 if x > wire.points[0][0] else -7)
        return f"M{_n(x)} {_n(y)}L{_n(back)} {_n(y - 3.5)}V{_n(y + 3.5)}Z"
    return f"M{_n(x)} {_n(y)}L{_n(x - 3.5)} {_n(y - 7)}H{_n(x + 3.5)}Z"


def _text(text: Text) -> str:
    return (
        f'<text class="ms-text" x="{_n(text.x)}" y="{_n(text.y)}">'
        f"{escape(text.text)}</text>"
    )


def _legend(kinds: list[Kind], x: float) -> Iterator[str]:
    for at, kind in enumerate(kinds):
        y = _TITLE_HEIGHT + 24 + 20 * at
        yield (
            f'<rect class="ms-{kind}" x="{_n(x)}" y="{y - 10}" width="16" height="12"'
            f' rx="3"/><text class="ms-line" style="text-anchor:start"'
            f' x="{_n(x + 24)}" y="{y}">{escape(NAMES[kind])}</text>'
        )


def escape(text: str) -> str:
    """Text that is no markup, without what XML does not allow."""
    return html.escape(one_line(text))


def _n(value: float) -> str:
    """A number in the fewest digits."""
    return f"{value:.1f}".removesuffix(".0")
