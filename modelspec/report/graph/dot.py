"""A graph in the language of Graphviz.

In: a graph and a depth, or none. Out: a `digraph` with a cluster for each open group.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelspec.report.graph.colors import LIGHT
from modelspec.report.graph.kinds import SIGNS
from modelspec.report.graph.model import Graph, Node
from modelspec.report.graph.view import View, choose_view
from modelspec.report.graph.words import one_line

_BREAK = "\\n"
_ROUND = ("input", "output", "parameter")


def render_dot(graph: Graph, depth: int | None = None) -> str:
    """The text of a `.dot` file."""
    return "\n".join(_lines(choose_view(graph, depth))) + "\n"


def _lines(view: View) -> Iterator[str]:
    graph = view.graph
    yield "digraph {"
    yield f"  label={_quoted(' '.join(filter(None, (graph.title, graph.subtitle))))}"
    yield "  labelloc=t"
    yield '  node [shape=box style="rounded,filled" fontname="Helvetica" fontsize=11]'
    yield '  edge [fontname="Helvetica" fontsize=9 color="#52525b" fontcolor="#52525b"]'
    yield from _inside(view, graph.root, "  ")
    for link in view.links():
        yield f"  n{link.source} -> n{link.target} [label={_quoted(link.text)}]"
    yield "}"


def _inside(view: View, group: Node, indent: str) -> Iterator[str]:
    for index in group.children:
        node = view.graph.nodes[index]
        if index in view.opened:
            yield f"{indent}subgraph cluster_{index} {{"
            yield f"{indent}  label={_quoted(_title(node))}"
            yield f'{indent}  style="rounded" color="#94a3b8" fontname="Helvetica"'
            yield from _inside(view, node, indent + "  ")
            yield f"{indent}}}"
        else:
            yield f"{indent}n{index} [{_attributes(node)}]"


def _attributes(node: Node) -> str:
    fill, line = LIGHT[node.kind]
    colors = f'fillcolor="{fill}" color="{line}"'
    if node.label in SIGNS and node.kind == "operation":
        return f"label={_quoted(SIGNS[node.label])} shape=circle {colors}"
    shape = " shape=ellipse" if node.kind in _ROUND else ""
    below = node.output if node.kind in ("input", "parameter") else node.arguments
    lines = [_title(node), *([below] if below else [])]
    return f"label={_quoted(*lines)}{shape} {colors}"


def _title(node: Node) -> str:
    name = "" if node.name.isdigit() else node.name
    count = f" ×{node.count}" if node.count > 1 else ""
    return f"{name}: {node.label}{count}" if name else f"{node.label}{count}"


def _quoted(*lines: str) -> str:
    """A string of dot's; only our own `\\n` breaks lines."""
    escaped = (one_line(one).replace("\\", "\\\\").replace('"', '\\"') for one in lines)
    return f'"{_BREAK.join(escaped)}"'
