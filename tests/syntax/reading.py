"""Reading texts in tests."""

from __future__ import annotations

from modelspec.diagnostics import Diagnostic, Report, Source
from modelspec.policy import Limits
from modelspec.syntax.nodes import MappingNode, Node, ScalarNode, SequenceNode
from modelspec.syntax.reader import read_nodes


def read(
    text: str, limits: Limits | None = None
) -> tuple[Node | None, list[Diagnostic]]:
    """The tree of a text and what was found wrong with it."""
    report = Report()
    root = read_nodes(Source("t.yaml", text), limits or Limits(), report)
    return root, report.found


def read_good(text: str) -> Node:
    root, found = read(text)
    assert not found
    assert root is not None
    return root


def plain(node: Node) -> object:
    """A tree as Python values, mappings as lists of pairs."""
    if isinstance(node, MappingNode):
        return [(entry.key.text, plain(entry.value)) for entry in node.entries]
    if isinstance(node, SequenceNode):
        return [plain(item) for item in node.items]
    return node.value


def scalars(node: Node) -> list[ScalarNode]:
    """Every scalar of a tree, keys included."""
    if isinstance(node, ScalarNode):
        return [node]
    if isinstance(node, SequenceNode):
        return [one for item in node.items for one in scalars(item)]
    pairs = ((entry.key, entry.value) for entry in node.entries)
    return [one for pair in pairs for part in pair for one in scalars(part)]
