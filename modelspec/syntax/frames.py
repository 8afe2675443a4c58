"""What the composer remembers of the collections that are still open."""

from __future__ import annotations

from modelspec.diagnostics.span import Span
from modelspec.records import dataclass
from modelspec.syntax.nodes import Entry, MappingNode, Node, ScalarNode, SequenceNode


@dataclass(frozen=True, slots=True)
class Anchored:
    """What an alias repeats; `node` is None while it is still being read.

    `count` is the number of nodes in it, `height` how deeply they are nested.
    """

    node: Node | None
    count: int = 0
    height: int = 0


class Frame:
    """A list or mapping whose end was not read yet.

    `count` is the number of nodes before it, `height` how deeply its children are
    nested, `keep` whether the entry of the current `key` is one to keep. One is made
    for each collection: written out, it takes a third of the time of a dataclass.
    """

    __slots__ = (
        "anchor",
        "count",
        "entries",
        "flow",
        "height",
        "items",
        "keep",
        "key",
        "mapping",
        "seen",
        "start",
        "tagged",
    )

    def __init__(
        self, mapping: bool, flow: bool, start: int, count: int, anchor: str | None
    ) -> None:
        self.mapping = mapping
        self.flow = flow
        self.start = start
        self.count = count
        self.anchor = anchor
        self.tagged = False
        self.height = 0
        self.items: list[Node] = []
        self.entries: list[Entry] = []
        self.seen: dict[str, ScalarNode] = {}
        self.key: ScalarNode | None = None
        self.keep = True

    @property
    def wants_key(self) -> bool:
        return self.mapping and self.key is None

    def drop_empty(self, name: str) -> bool:
        """Takes out the entry of a key under which nothing stands, if it is one."""
        for at, one in enumerate(self.entries):
            value = one.value
            if one.key.text == name and isinstance(value, ScalarNode):
                if value.value is None and not value.span.text:
                    del self.entries[at]
                    return True
                if value.style in ("literal", "folded") and not value.text.strip():
                    del self.entries[at]
                    return True
        return False

    def close(self, span: Span) -> Node:
        """What was read; nothing in place of what has a tag, which was reported."""
        if self.tagged:
            return ScalarNode(
                "", None, "plain", span.source, span.start, span.end, refused=True
            )
        if self.mapping:
            return MappingNode(tuple(self.entries), span, self.flow)
        return SequenceNode(tuple(self.items), span, self.flow)
