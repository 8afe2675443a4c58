"""What is written: small pictures in full, and rules that hold for all of them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from modelspec.report.graph.drawing import FORMATS, SUFFIXES, Drawing
from modelspec.report.graph.mermaid import MOST_CHARACTERS, MOST_EDGES, render_mermaid
from modelspec.report.graph.model import Graph, Link, Node
from modelspec.report.graph.view import choose_view
from tests.graph.pictures import pictures
from tests.graph.runs import NOTHING, drawn, run_of

ZOO = (
    "zoo/resnet.yaml:resnet18",
    "zoo/unet.yaml",
    "zoo/hf_gpt2.yaml",
    "zoo/hf_clip.yaml",
    "standard_transformer.yaml",
    "lstm_lm.yaml",
    "vae.yaml",
)
HOSTILE = "\"]--> x<script>alert('1')</script>&amp;`]|{#}%%;\\\u202e\n--></title>]]>$$"


def test_kept_pictures() -> None:
    """Those of tests and documents are what is drawn; `make golden` writes them."""
    wrong = [
        path.name
        for path, text in pictures()
        if path.read_text(encoding="utf-8") != text
    ]
    assert wrong == []


@pytest.mark.parametrize("depth", [None, 0, 9])
@pytest.mark.parametrize("name", ZOO)
def test_links_are_between_what_is_seen_and_go_on(name: str, depth: int | None) -> None:
    """Every end is there, no link goes back, all but inputs are reached."""
    graph = drawn(name).graph()
    view = choose_view(graph, depth)
    seen = {node.index for node in view.boxes()} - view.opened
    links = view.links()
    assert {end for one in links for end in (one.source, one.target)} <= seen
    assert all(one.text for one in links)
    after: dict[int, list[int]] = {}
    for one in links:
        after.setdefault(one.source, []).append(one.target)
    state: dict[int, int] = {}

    def walk(index: int) -> None:
        assert state.get(index) != 1, "a circle"
        if index not in state:
            state[index] = 1
            for one in after.get(index, ()):
                walk(one)
            state[index] = 2

    for index in seen:
        walk(index)
    (output,) = (node.index for node in graph.nodes if node.kind == "output")
    assert output in state
    assert any(one.target == output for one in links)


@pytest.mark.parametrize("name", ZOO)
@pytest.mark.parametrize("depth", [None, 9])
def test_github_draws_it(name: str, depth: int | None) -> None:
    from dataclasses import replace

    text = replace(drawn(name), depth=depth).mermaid()
    check_mermaid(text)


def check_mermaid(text: str) -> None:
    """Within the limits of GitHub's, and each line is one that is known."""
    assert len(text) <= MOST_CHARACTERS == 50_000
    lines = text.splitlines()
    quoted = r'"[^"`]*"'
    edge = re.compile(rf"n\d+ -->\|{quoted}\| n\d+")
    known = re.compile(
        rf"flowchart TD|subgraph n\d+\[{quoted}\]|end|classDef \w+ [\w#:,]+"
        rf"|class n\d+(,n\d+)* \w+|{edge.pattern}"
        rf"|n\d+(\[{quoted}\]|\[\[{quoted}\]\]|\(\[{quoted}\]\)|\(\({quoted}\)\)"
        rf"|\{{\{{{quoted}\}}\}})"
    )
    assert [one for one in lines if not known.fullmatch(one.strip())] == []
    edges = [one.strip() for one in lines if edge.fullmatch(one.strip())]
    assert 0 < len(edges) <= MOST_EDGES == 500
    starts = [one for one in lines if one.strip().startswith("subgraph ")]
    assert len(starts) == sum(one.strip() == "end" for one in lines)


def test_a_network_of_any_size_fits() -> None:
    """Blocks are closed, and where that is not enough, steps are taken together."""
    links = [list(range(max(0, at - 6), at)) for at in range(150)]
    run = run_of(links, [f"an_operation_of_some_name_{at}" for at in range(150)])
    drawing = Drawing(run, NOTHING, {}, "Net", "")
    assert render_mermaid(drawing.graph()) is None
    check_mermaid(drawing.mermaid())


def hostile() -> Graph:
    """A graph whose every text is an attack, before any of them is shortened."""
    nodes = (
        Node(0, None, "block", HOSTILE, children=(1, 2, 4)),
        Node(1, 0, "input", HOSTILE, output=HOSTILE),
        Node(2, 0, "block", HOSTILE, HOSTILE, HOSTILE, 3, (HOSTILE,), children=(3,)),
        Node(
            3, 2, "conv", HOSTILE, HOSTILE, HOSTILE, where=HOSTILE, line=HOSTILE,
            details=HOSTILE, inputs=(HOSTILE,), output=HOSTILE,
        ),
        Node(4, 0, "output", HOSTILE, output=HOSTILE, inputs=(HOSTILE,)),
    )  # fmt: skip
    return Graph(HOSTILE, HOSTILE, nodes, (Link(1, 3, HOSTILE), Link(3, 4, HOSTILE)))


def render(graph: Graph, format: str) -> str:
    class Fixed(Drawing):
        def graph(self) -> Graph:
            return graph

    return FORMATS[format](Fixed(run_of([[]]), NOTHING, {}, "", "", 9))


def test_hostile_texts_are_no_markup() -> None:
    """Whatever a spec is called: no element, no script, no statement comes of it."""
    graph = hostile()
    svg = ElementTree.fromstring(render(graph, "svg"))
    names = {one.tag.rpartition("}")[2] for one in svg.iter()}
    assert names <= {"svg", "title", "style", "rect", "text", "g", "path", "tspan"}
    assert any(
        HOSTILE.split("\n", maxsplit=1)[0][:20] in (one.text or "")
        for one in svg.iter()
    )
    check_mermaid(render(graph, "mermaid"))
    page = render(graph, "html")
    assert page.count("<script") == page.count("</script>") == 2
    assert "<script>alert" not in page
    data = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)
    assert data is not None
    assert json.loads(data[1])["nodes"][1]["title"] == HOSTILE
    dot = render(graph, "dot")
    assert dot.count("digraph") == 1
    strings = re.sub(r'"(\\.|[^"\\])*"', "S", dot)
    assert "script" not in strings
    assert "`" not in strings


def test_the_page_loads_nothing() -> None:
    page = drawn("lstm_lm.yaml").html()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy.startswith("default-src 'none';")
    assert re.search(r"unsafe|\*|https?:", policy) is None
    addresses = set(re.findall(r"https?://[^\s\"'<]+", page))
    assert addresses == {"http://www.w3.org/2000/svg"}
    script = (Path("templates/graph") / "page.js").read_text(encoding="utf-8")
    for name in ("eval(", "innerHTML", "Function(", "document.write", "fetch("):
        assert name not in script


def test_the_same_under_any_hash_seed() -> None:
    code = (
        "import hashlib, modelspec;"
        "d = modelspec.load('tests/graph/expected/residual.yaml').graph();"
        "print([hashlib.sha256(d.text(f).encode()).hexdigest()"
        " for f in ('mermaid', 'dot', 'svg', 'html', 'md')])"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ".", "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


def test_files_and_notebooks(tmp_path: Path) -> None:
    drawing = drawn("mlp.yaml")
    for suffix, name in SUFFIXES.items():
        drawing.save(tmp_path / f"net{suffix}")
        written = (tmp_path / f"net{suffix}").read_text(encoding="utf-8")
        assert written == drawing.text(name)
    with pytest.raises(ValueError, match=r"expected \.mmd"):
        drawing.save(tmp_path / "net.png")
    assert drawing._repr_svg_() == drawing.svg()
    assert "MLP" in repr(drawing)
