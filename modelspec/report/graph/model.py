"""The graph of a network as it is drawn: a tree of boxes, and links between leaves.

Plain values, made by `modelspec.report.graph.tree` and read by all writers. A node with
children is a group, which a picture shows open, with its children, or closed, as one
box. Links join leaves only; what joins the boxes of a picture follows from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from modelspec.records import dataclass

Kind: TypeAlias = Literal[
    "input",
    "output",
    "block",
    "conv",
    "linear",
    "attention",
    "recurrent",
    "embedding",
    "norm",
    "activation",
    "pool",
    "dropout",
    "layout",
    "operation",
    "parameter",
]
"""What colours a node. `layout` moves elements around (`view`, `transpose`)."""


@dataclass(frozen=True, slots=True)
class Node:
    """One box; `index` is its place in `Graph.nodes`, before those of its children.

    `label` is the type or operation (`Conv2d`, `cat`), `name` what its parent calls it,
    `arguments` the layer's own, shortened. `count` of more than one tells that as many
    equal ones stand here, one after another or side by side; `paths` names them.
    `inputs` and `output` are shapes as text. `parameters` and `multiply_adds` are of
    all of them together. `where` is `resnet.yaml:40`, `line` the text there.
    """

    index: int
    parent: int | None
    kind: Kind
    label: str
    name: str = ""
    arguments: str = ""
    count: int = 1
    paths: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    output: str = ""
    parameters: int = 0
    multiply_adds: str = ""
    where: str = ""
    line: str = ""
    details: str = ""
    pattern: int = 0
    children: tuple[int, ...] = ()

    @property
    def is_group(self) -> bool:
        return bool(self.children)


@dataclass(frozen=True, slots=True)
class Link:
    """Tensors that go from one leaf to another, and their shapes as text."""

    source: int
    target: int
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """`nodes[0]` is the group around everything; it is not drawn as a box."""

    title: str
    subtitle: str
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]

    @property
    def root(self) -> Node:
        return self.nodes[0]

    def ancestors(self, index: int) -> Iterator[int]:
        """The groups around a node, innermost first, the root last."""
        parent = self.nodes[index].parent
        while parent is not None:
            yield parent
            parent = self.nodes[parent].parent

    def groups(self) -> Iterator[Node]:
        """All groups below the root, outer ones before those inside."""
        return (one for one in self.nodes[1:] if one.is_group)
