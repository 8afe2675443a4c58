"""What the reader returns: a tree of nodes, each with its span.

Scalars keep their text and their style; what they mean as YAML 1.2 core values is
`ScalarNode.value`. Keys are scalars and mean their text. Aliases are expanded: the
same node object may be reached twice.
"""

from __future__ import annotations

from typing import TypeAlias, TypeGuard

from modelspec.diagnostics.span import Fragment, Source, Span
from modelspec.records import unguarded

ScalarValue: TypeAlias = "bool | int | float | str | None"


@unguarded(frozen=True, slots=True, eq=False)
class ScalarNode:
    """`style` is one of `plain single double literal folded`.

    It stands from `start` to `end` of its source as written, quotes and block header
    included. A scalar is `refused` where its value was reported: nobody knows what was
    meant.
    """

    text: str
    value: ScalarValue
    style: str
    source: Source
    start: int
    end: int
    refused: bool = False

    @property
    def span(self) -> Span:
        """Made when asked for: few scalars of a large spec are."""
        return Span(self.source, self.start, self.end)

    @property
    def fragment(self) -> Fragment:
        """The text with the place of each character (worked out when asked for)."""
        from modelspec.syntax.origins import scalar_fragment

        return scalar_fragment(self)

    @property
    def is_null(self) -> bool:
        return self.value is None


@unguarded(frozen=True, slots=True, eq=False)
class Entry:
    """A key and its value in a mapping."""

    key: ScalarNode
    value: Node


@unguarded(frozen=True, slots=True, eq=False)
class MappingNode:
    entries: tuple[Entry, ...]
    span: Span
    flow: bool = False

    def get(self, name: str) -> Node | None:
        return next((e.value for e in self.entries if e.key.text == name), None)


@unguarded(frozen=True, slots=True, eq=False)
class SequenceNode:
    items: tuple[Node, ...]
    span: Span
    flow: bool = False


Node: TypeAlias = "ScalarNode | MappingNode | SequenceNode"


def describe_node(node: Node) -> str:
    """What a node is, for messages: `a list`, `a mapping`, `the number 3`."""
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, SequenceNode):
        return "a list"
    if node.value is None:
        return "nothing"
    if isinstance(node.value, bool):
        return f"the truth value {node.text}"
    if isinstance(node.value, int | float):
        return f"the number {node.text}"
    return "a text" if "\n" in node.text or len(node.text) > 40 else f"'{node.text}'"


def is_text(node: Node) -> TypeGuard[ScalarNode]:
    """Whether a node is a string."""
    return isinstance(node, ScalarNode) and isinstance(node.value, str)
