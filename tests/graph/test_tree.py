"""From runs to graphs: what is folded, what is joined, what links what."""

from __future__ import annotations

import pytest

import modelspec
from modelspec.report.graph.model import Graph, Node
from tests.graph.runs import drawn, graph_of, random_links, run_of

HEAD = "modelspec: 1\nname: Net\ninputs: {x: [N, 8]}\n"


def graph(text: str) -> Graph:
    return modelspec.loads(HEAD + text).graph().graph()


def children(graph: Graph, node: Node) -> list[Node]:
    return [graph.nodes[one] for one in node.children]


def find(graph: Graph, label: str) -> Node:
    return next(node for node in graph.nodes if node.label == label)


def labels(graph: Graph) -> list[str]:
    return [node.label for node in children(graph, graph.root)]


def links(graph: Graph) -> set[tuple[str, str]]:
    ends = ((graph.nodes[one.source], graph.nodes[one.target]) for one in graph.links)
    return {(a.name or a.label, b.name or b.label) for a, b in ends}


def test_a_residual_is_linked_as_it_flows() -> None:
    found = graph(
        "modules:\n  a: Linear(8, 8)\n  b: Linear(8, 8)\n"
        "forward: |\n  y = self.b(self.a(x))\n  return x + y\n"
    )
    assert links(found) == {
        ("x", "a"),
        ("a", "b"),
        ("b", "add"),
        ("x", "add"),
        ("add", "output"),
    }
    assert {one.text for one in found.links} == {"[N, 8]"}


def test_layers_in_a_row_are_one_node() -> None:
    found = graph(
        "Sequential:\n  - for i in range(12):\n      - Linear(8, 8)\n  - Linear(8, 4)\n"
    )
    first = children(found, found.root)[1]
    assert (first.label, first.count) == ("Linear", 12)
    assert first.paths == ("0", "1", "…", "11")
    assert first.parameters == 12 * (8 * 8 + 8)
    assert first.multiply_adds == "768·N"
    assert labels(found) == ["x", "Linear", "Linear", "output"]


def test_several_that_come_again_are_one_group() -> None:
    found = graph(
        "Sequential:\n"
        "  - for i in range(5):\n"
        "      - Linear(8, 8)\n      - ReLU\n      - Dropout(0.1 * i)\n"
    )
    run = children(found, found.root)[1]
    assert run.count == 5
    assert [one.label for one in children(found, run)] == ["Linear", "ReLU", "Dropout"]
    assert run.parameters == 5 * 72


def test_what_differs_is_not_joined() -> None:
    """By a size, by a whole number among the arguments, or by its links."""
    text = "Sequential:\n  - Linear(8, 8)\n  - Linear(8, 8, bias=False)\n"
    assert labels(graph(text)) == ["x", "Linear", "Linear", "output"]
    skip = (
        "modules:\n  f1: Linear(8, 8)\n  f2: Linear(8, 8)\n  f3: Linear(8, 8)\n"
        "forward: |\n  y = self.f1(x)\n  z = self.f3(self.f2(y))\n  return z + y\n"
    )
    found = graph(skip)
    assert [one.count for one in children(found, found.root)][1:3] == [1, 2]


@pytest.mark.parametrize(("count", "nodes"), [(3, 3), (4, 1)])
def test_equal_branches(count: int, nodes: int) -> None:
    """A few side by side are told apart, as q, k and v are; many are one node."""
    found = graph(
        f"modules:\n  heads:\n    ModuleList:\n"
        f"      - for i in range({count}):\n          - Linear(8, 8)\n"
        "forward: torch.cat([h(x) for h in self.heads], 1)\n"
    )
    heads = [one for one in found.nodes if one.label == "Linear"]
    assert len(heads) == nodes
    assert sum(one.count for one in heads) == count


def test_views_in_a_row_are_one_node_and_copies_none() -> None:
    found = graph(
        "modules:\n  a: Linear(8, 8)\n"
        "forward: |\n"
        "  y = self.a(x).view(-1, 2, 4).transpose(1, 2).contiguous().float()\n"
        "  unused = y * 2\n"
        "  return y.flatten(1)\n"
    )
    assert labels(found) == ["x", "Linear", "view · transpose · flatten", "output"]


def test_parameters_stand_where_they_are_read() -> None:
    found = graph(
        "parameters: {scale: torch.ones(8)}\n"
        "buffers: {shift: torch.zeros(8)}\n"
        "modules:\n  a: Linear(8, 8)\n"
        "forward: self.a(x) * self.scale + self.shift\n"
    )
    scale, shift = find(found, "scale"), find(found, "shift")
    assert (scale.kind, scale.output, scale.parameters) == ("parameter", "[8]", 8)
    assert (shift.kind, shift.parameters) == ("parameter", 0)
    assert ("scale", "mul") in links(found)
    assert ("shift", "add") in links(found)


def test_a_block_around_one_layer_is_that_layer() -> None:
    found = graph(
        "blocks:\n  Wrapped:\n    modules:\n      inner: Linear(8, 8)\n"
        "    forward: self.inner(x)\n"
        "Sequential:\n  - Wrapped\n  - Identity\n  - Sequential: [ReLU]\n"
    )
    found_labels = labels(found)
    assert found_labels == ["x", "Wrapped", "ReLU", "output"]
    assert find(found, "Wrapped").kind == "linear"


def test_what_a_node_knows() -> None:
    conv = next(
        one
        for one in drawn("zoo/resnet.yaml:resnet18").graph().nodes
        if one.paths == ("conv1",)
    )
    assert (conv.label, conv.name, conv.kind) == ("Conv2d", "conv1", "conv")
    assert conv.arguments == "3 → 64, 7×7, stride 2"
    assert conv.inputs == ("[N, 3, H, W]",)
    assert conv.output == "[N, 64, H//2, W//2]"
    assert conv.parameters == 9408
    assert conv.multiply_adds == "2.35k·N·H·W"
    assert conv.where.startswith("resnet.yaml:")
    assert conv.line.startswith("conv1: Conv2d(3,")


def test_a_large_group_is_divided() -> None:
    """No group has more children than it may, whatever the network."""
    run = run_of(random_links(500, 3, 40), [f"f{at}" for at in range(500)])
    found = graph_of(run, most=20)
    assert max(len(node.children) for node in found.nodes) <= 20
    leaves = [node for node in found.nodes if not node.is_group]
    assert len(leaves) == 500 + 2


def test_no_run_is_told() -> None:
    spec = modelspec.loads("modelspec: 1\nname: Net\nSequential:\n  - Linear(2, 2)\n")
    with pytest.raises(modelspec.SpecError) as told:
        spec.graph()
    assert [one.code for one in told.value.diagnostics] == ["no-run"]


def test_sizes_of_inputs() -> None:
    spec = modelspec.loads(HEAD + "Sequential:\n  - Linear(8, 2)\n")
    found = spec.graph(input={"x": (3, 8)}).graph()
    assert {one.text for one in found.links} == {"[3, 8]", "[3, 2]"}
    with pytest.raises(modelspec.SpecError):
        spec.graph(input={"x": (3, 9)})
