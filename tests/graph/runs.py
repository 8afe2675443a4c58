"""Runs made up by hand, and drawings of specs, for tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from random import Random

import modelspec
from modelspec.report.graph.drawing import Drawing
from modelspec.report.graph.model import Graph
from modelspec.report.graph.tree import make_graph
from modelspec.sizes import Edge, Observation, Step, Tensor, symbol
from modelspec.sizes.contents import HeldModule

T = Tensor((symbol("N"), 8), "float32")


def operation(index: int, parent: int, label: str, sources: Iterable[int]) -> Step:
    """An operation that takes tensors of these steps."""
    edges = tuple(Edge(one, T) for one in sources)
    return Step(index, parent, "operation", "", label, edges, T)


def run_of(links: Sequence[Sequence[int]], labels: Sequence[str] = ()) -> Observation:
    """A module whose operation `k` takes tensors of operations `links[k]`; of the
    input where there are none."""
    given = Step(0, None, "input", "x", "input", (), T)
    root = Step(1, None, "module", "", "Net", (Edge(0, T),), T)
    steps = [given, root]
    for at, sources in enumerate(links):
        label = labels[at] if labels else f"op{at % 7}"
        taken = [one + 2 for one in sources] or [0]
        steps.append(operation(at + 2, 1, label, taken))
    last = Edge(len(steps) - 1, T)
    return Observation(tuple(steps), (("x", T),), T, {"N": 2}, {}, returned=(last,))


NOTHING = HeldModule("", "Net", "block", "")


def graph_of(run: Observation, most: int = 160) -> Graph:
    return make_graph(run, NOTHING, {}, title="Net", most=most)


def random_links(count: int, seed: int, reach: int) -> list[list[int]]:
    """Each takes what the one before gives, and often something from farther back."""
    random = Random(seed)
    links: list[list[int]] = [[]]
    for at in range(1, count):
        more = [max(0, at - random.randrange(1, reach)) for _ in range(2)]
        links.append(sorted({at - 1, *more[: random.randrange(3)]}))
    return links


@cache
def drawn(name: str) -> Drawing:
    """The drawing of an example, `zoo/resnet.yaml:resnet18`."""
    return modelspec.load(f"examples/{name}").graph()
