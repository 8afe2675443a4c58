"""Where things stand: rows, order, columns, boxes and lines."""

from __future__ import annotations

import time
from itertools import combinations, pairwise

import pytest

from modelspec.report.graph.layers import Plans, count_crossings, order_rows
from modelspec.report.graph.measures import faces_of
from modelspec.report.graph.model import Graph
from modelspec.report.graph.placing import Box, Picture, place
from modelspec.report.graph.svg import render_svg
from modelspec.report.graph.view import choose_view, open_to
from tests.graph.runs import drawn, graph_of, random_links, run_of

NAMES = (
    "zoo/resnet.yaml:resnet18",
    "zoo/unet.yaml",
    "zoo/hf_gpt2.yaml",
    "zoo/hf_clip.yaml",
    "lstm_lm.yaml",
    "standard_convnet.yaml",
)


def pictured(graph: Graph, depth: int | None) -> Picture:
    plans = Plans(graph)
    opened = choose_view(graph, depth, plans).opened
    return place(graph, plans, faces_of(graph), opened)


def is_inside(inner: Box, outer: Box) -> bool:
    return (
        outer.x < inner.x
        and outer.y < inner.y
        and inner.x + inner.width < outer.x + outer.width
        and inner.y + inner.height < outer.y + outer.height
    )


def overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


@pytest.mark.parametrize("depth", [None, 0, 9])
@pytest.mark.parametrize("name", NAMES)
def test_boxes_do_not_overlap(name: str, depth: int | None) -> None:
    """Siblings stand apart, children in their group, everything on the page."""
    graph = drawn(name).graph()
    picture = pictured(graph, depth)
    boxes = {box.node: box for box in picture.boxes}
    page = Box(0, 0, 0, picture.width, picture.height, True)
    for node in graph.nodes:
        inside = [boxes[one] for one in node.children if one in boxes]
        around = boxes.get(node.index, page)
        assert all(is_inside(one, around) for one in inside)
        assert not any(overlap(one, other) for one, other in combinations(inside, 2))


@pytest.mark.parametrize("name", NAMES)
def test_lines_run_down_and_on_through_groups(name: str) -> None:
    """Every line begins at its leaf's box or where another line of it ends."""
    graph = drawn(name).graph()
    picture = pictured(graph, 9)
    boxes = {box.node: box for box in picture.boxes}
    ends = {(w.leaf, *map(round, w.points[-1])) for w in picture.wires}
    for wire in picture.wires:
        ys = [y for _, y in wire.points]
        assert all(upper <= lower + 0.01 for upper, lower in pairwise(ys))
        box, (x, y) = boxes[wire.leaf], wire.points[0]
        starts = abs(y - box.y - box.height) < 0.01 and box.x < x < box.x + box.width
        near = {
            (wire.leaf, round(x) + dx, round(y) + dy)
            for dx in (-1, 0, 1)
            for dy in (-1, 0, 1)
        }
        assert starts or near & ends


def test_a_residual_leaves_the_main_line_straight() -> None:
    """A, b and c stand in one line; what goes around them ends in the sign's side."""
    graph = graph_of(run_of([[], [0], [1], [0, 2]], ["a", "b", "c", "add"]))
    picture = pictured(graph, None)
    middles = {round(box.x + box.width / 2, 3) for box in picture.boxes}
    assert len(middles) == 1
    assert [wire.is_side for wire in picture.wires].count(True) == 1


def test_equal_branches_stand_evenly() -> None:
    """Where three branches meet again, the middle one is below what they are from."""
    graph = graph_of(run_of([[], [0], [0], [0], [1, 2, 3]], ["a", "b", "c", "d", "e"]))
    boxes = pictured(graph, None).boxes
    middle = [round(box.x + box.width / 2) for box in boxes]
    _, a, b, c, d, e, _ = middle
    assert a == c == e
    assert b - c == c - d or abs(abs(c - b) - abs(d - c)) <= 40


def test_order_takes_crossings_away() -> None:
    rows, lines = [[0, 1, 2], [3, 4, 5]], [(0, 5), (1, 4), (2, 3)]
    below = {upper: [lower] for upper, lower in lines}
    assert count_crossings(rows, below) == 3
    assert count_crossings(order_rows(rows, lines), below) == 0


@pytest.mark.parametrize("seed", range(12))
def test_any_run_can_be_placed(seed: int) -> None:
    """Random links make no circle, no crossing columns and no overlap."""
    run = run_of(random_links(60, seed, 2 + 5 * seed), [f"f{at}" for at in range(60)])
    graph = graph_of(run, most=17)
    picture = pictured(graph, 9)
    boxes = {box.node: box for box in picture.boxes}
    assert len(boxes) == len(graph.nodes) - 1
    for node in graph.nodes:
        inside = [boxes[one] for one in node.children]
        assert not any(overlap(one, other) for one, other in combinations(inside, 2))


def test_ten_thousand_operations_do_not_hang() -> None:
    links = random_links(10_000, 1, 50)
    run = run_of(links, [f"f{at}" for at in range(len(links))])
    start = time.process_time()
    graph = graph_of(run)
    render_svg(graph)
    assert time.process_time() - start < 20
    assert len(graph.nodes) > 10_000


def test_depth_opens_levels() -> None:
    graph = drawn("zoo/resnet.yaml:resnet18").graph()
    shown = [len(list(open_to(graph, depth).boxes())) for depth in range(4)]
    assert all(fewer < more for fewer, more in pairwise(shown))
    assert shown[0] == len(graph.root.children)
