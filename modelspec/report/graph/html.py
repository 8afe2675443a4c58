"""A graph as one HTML page, which needs no network: to look around in.

In: a graph, a depth or none, and the page's template, script and style. Out: the text
of the page. The script opens and closes groups, zooms, searches, and tells about a box.
What comes from the spec stands in the page as escaped text, or in a block of JSON in
which nothing can end it; a Content-Security-Policy lets only this one script run, and
nothing load.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from modelspec.records import dataclass
from modelspec.report.graph import measures
from modelspec.report.graph.colors import DARK, LIGHT
from modelspec.report.graph.layers import Plan, Plans
from modelspec.report.graph.measures import Face, faces_of
from modelspec.report.graph.model import Graph, Kind, Node
from modelspec.report.graph.placing import MOST_WORK
from modelspec.report.graph.view import choose_view
from modelspec.report.numbers import render_short_count

_GROUND = {
    "color-scheme": "dark",
    "--page": "#0c0c0f",
    "--ink": "#f4f4f5",
    "--soft": "#d4d4d8",
    "--grey": "#a1a1aa",
    "--rule": "#27272a",
    "--even": "#1a1d24",
    "--odd": "#121419",
    "--frame": "#475569",
}


@dataclass(frozen=True, slots=True)
class PageParts:
    """The files that a page is made of; each is a text with places to fill."""

    page: str
    script: str
    style: str


def render_html(graph: Graph, parts: PageParts, depth: int | None = None) -> str:
    """The text of the page."""
    style = _filled(parts.style, _style_places())
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none';"
        f" script-src '{_digest(parts.script)}'; style-src '{_digest(style)}'"
    )
    places = {
        "POLICY": policy,
        "TITLE": escape(graph.title),
        "SUBTITLE": escape(graph.subtitle),
        "STYLE": style,
        "DATA": _json(_data(graph, depth)),
        "SCRIPT": parts.script,
    }
    return _filled(parts.page, places)


def _filled(text: str, places: Mapping[str, str]) -> str:
    """Each `@@NAME@@` by its text; texts that were put in are not read again."""
    first, *rest = text.split("@@")
    found = [first]
    for at, part in enumerate(rest):
        found.append(places[part] if at % 2 == 0 else part)
    return "".join(found)


def _digest(text: str) -> str:
    made = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(made).decode()}"


def _json(value: Any) -> str:
    """JSON in which no character means anything to HTML."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True)
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _data(graph: Graph, depth: int | None) -> dict[str, Any]:
    faces, plans = faces_of(graph), Plans(graph)
    return {
        "nodes": [_node(node, faces.get(node.index)) for node in graph.nodes],
        "plans": {at: _plan(plan) for at, plan in plans.all().items()},
        "opened": sorted(choose_view(graph, depth, plans).opened),
        "measures": {
            "margin": measures.MARGIN,
            "padding": measures.PADDING,
            "header": measures.HEADER,
            "label": measures.LABEL,
            "arrow": measures.ARROW,
            "straight": measures.STRAIGHT,
            "tall": measures.TALL,
            "separation": measures.SEPARATION,
            "bendSeparation": measures.BEND_SEPARATION,
            "bend": measures.BEND,
            "mostWork": MOST_WORK,
        },
    }


def _node(node: Node, face: Face | None) -> dict[str, Any]:
    face = face or Face("", "", (), "", 0, 0)
    words = " ".join([node.label, node.name, *node.paths, node.where, node.line])
    return {
        "index": node.index,
        "parent": node.parent,
        "children": node.children,
        "kind": node.kind,
        "count": node.count,
        "isSign": measures.is_sign(node),
        "title": face.title,
        "name": face.name,
        "lines": face.lines,
        "shape": face.shape,
        "shapeWidth": measures.text_width(face.shape, measures.SMALL),
        "width": face.width,
        "height": face.height,
        "header": measures.header_width(node),
        "facts": list(_facts(node)),
        "words": words.lower(),
    }


def _facts(node: Node) -> Iterator[tuple[str, str]]:
    """What is told of a node where the reader points at it."""
    if measures.is_sign(node):
        yield "operation", node.label
    if node.paths:
        yield "path", ", ".join(path or "(root)" for path in node.paths)
    if node.inputs and node.kind != "output":
        yield "takes", ", ".join(node.inputs)
    if node.output:
        yield "gives", node.output
    if node.details:
        yield "arguments", node.details
    if node.parameters:
        about = (
            f" ({render_short_count(node.parameters)})" if node.parameters > 999 else ""
        )
        yield "parameters", f"{node.parameters:,}{about}"
    if node.multiply_adds:
        yield "multiply-adds", node.multiply_adds
    if node.where:
        yield "spec", node.where
    if node.line:
        yield "line", node.line


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "items": [(one.kind, one.ref) for one in plan.items],
        "layers": plan.layers,
        "segments": [(one.upper, one.lower, one.leaf) for one in plan.segments],
        "columns": plan.columns,
        "entries": list(plan.entries.items()),
        "exits": list(plan.exits.items()),
        "rows": plan.row_of,
        "feeders": sorted(plan.feeders),
    }


def _style_places() -> dict[str, str]:
    dark = [f"    {name}: {value};" for name, value in _GROUND.items()]
    return {
        "LIGHT": "\n".join(_variables(LIGHT, "  ")),
        "DARK_RULES": "\n".join([*dark, *_variables(DARK, "    ")]),
        "KINDS": "\n".join(
            f".{kind} rect, .{kind} circle"
            f" {{ fill: var(--{kind}); stroke: var(--{kind}-line); }}"
            for kind in LIGHT
        ),
    }


def _variables(colors: Mapping[Kind, tuple[str, str]], indent: str) -> Iterator[str]:
    for kind, (fill, line) in colors.items():
        yield f"{indent}--{kind}: {fill};"
        yield f"{indent}--{kind}-line: {line};"
