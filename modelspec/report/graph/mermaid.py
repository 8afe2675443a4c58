"""A graph as mermaid text, which GitHub draws inside Markdown.

In: a graph and a depth, or none. Out: a `flowchart`. What GitHub's mermaid refuses to
draw, over 50,000 characters or 500 edges, is not written: groups are closed, those that
are farthest inside first, until the text fits. All texts of the spec's are quoted and
escaped; names of nodes are numbers of our own.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelspec.report.graph.colors import LIGHT
from modelspec.report.graph.kinds import SIGNS
from modelspec.report.graph.model import Graph, Kind, Link, Node
from modelspec.report.graph.view import View, choose_view
from modelspec.report.graph.words import one_line, shortened

MOST_CHARACTERS = 50_000
MOST_EDGES = 500
_LONGEST_LABEL = 60
_ESCAPED = frozenset('"#&<>`\\;%{}$')
_HEXAGON: frozenset[Kind] = frozenset({"layout"})
_STADIUM: frozenset[Kind] = frozenset({"input", "output", "parameter"})


def render_mermaid(graph: Graph, depth: int | None = None) -> str | None:
    """The text; None if the graph does not fit even with all groups closed."""
    view: View | None = choose_view(graph, depth)
    while view is not None:
        links = view.links()
        if len(links) <= MOST_EDGES:
            text = "\n".join(_lines(view, links)) + "\n"
            if len(text) <= MOST_CHARACTERS:
                return text
        view = _with_less(view)
    return None


def _with_less(view: View) -> View | None:
    """The view with its innermost level of open groups closed."""
    graph = view.graph
    depths = {one: len(list(graph.ancestors(one))) for one in view.opened}
    deepest = max(depths.values())
    if deepest == 0:
        return None
    kept = frozenset(one for one, depth in depths.items() if depth < deepest)
    return View(graph, kept)


def _lines(view: View, links: list[Link]) -> Iterator[str]:
    yield "flowchart TD"
    yield from _inside(view, view.graph.root, "  ")
    for link in links:
        text = _escape(shortened(link.text, _LONGEST_LABEL))
        yield f'  n{link.source} -->|"{text}"| n{link.target}'
    yield from _styles(view)


def _inside(view: View, group: Node, indent: str) -> Iterator[str]:
    for index in group.children:
        node = view.graph.nodes[index]
        if index in view.opened:
            yield f'{indent}subgraph n{index}["{_title(node)}"]'
            yield from _inside(view, node, indent + "  ")
            yield f"{indent}end"
        else:
            yield f"{indent}n{index}{_shape(node)}"


def _shape(node: Node) -> str:
    if node.label in SIGNS and node.kind == "operation":
        return f'(("{_escape(SIGNS[node.label])}"))'
    lines = [_title(node)]
    if node.kind in ("input", "parameter"):
        lines.append(_escape(shortened(node.output, _LONGEST_LABEL)))
    elif node.arguments:
        lines.append(_escape(node.arguments))
    text = "<br/>".join(lines)
    if node.kind in _STADIUM:
        return f'(["{text}"])'
    if node.kind in _HEXAGON:
        return f'{{{{"{text}"}}}}'
    return f'[["{text}"]]' if node.is_group else f'["{text}"]'


def _title(node: Node) -> str:
    label = _escape(node.label)
    name = "" if node.name.isdigit() else _escape(node.name)
    count = f" ×{node.count}" if node.count > 1 else ""
    return f"{name}: {label}{count}" if name else f"{label}{count}"


def _styles(view: View) -> Iterator[str]:
    """A class for each kind that is there; text is dark, fills are light."""
    kinds: dict[Kind, list[str]] = {}
    for node in view.boxes():
        kinds.setdefault(node.kind, []).append(f"n{node.index}")
    for kind, names in kinds.items():
        fill, line = LIGHT[kind]
        yield f"  classDef {kind} fill:{fill},stroke:{line},color:#18181b"
        yield f"  class {','.join(names)} {kind}"


def _escape(text: str) -> str:
    """Whatever means something to mermaid or HTML as a number, as mermaid reads it."""
    return "".join(
        f"#{ord(one)};" if one in _ESCAPED else one for one in one_line(text)
    )
