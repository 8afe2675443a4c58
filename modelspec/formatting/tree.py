"""A spec as it is written: what stands where, which the reader's tree does not tell.

In: a text that the reader took. Out: its parts in order, with anchors, aliases and the
style of each scalar. The tree is filled in step by step: `comments` hangs the comments
on it, `roles` says which scalars hold Python.
"""

from __future__ import annotations

from dataclasses import field
from enum import Enum, auto
from typing import TypeAlias

from modelspec.diagnostics.span import Source
from modelspec.records import dataclass
from modelspec.syntax import events as ev
from modelspec.syntax.marks import scalar_span

_STYLES = {"'": "single", '"': "double", "|": "literal", ">": "folded"}


class Role(Enum):
    """What a scalar's text is to the language."""

    TEXT = auto()
    DOC = auto()
    VALUE = auto()
    """A string, with `${...}` as expressions."""
    EXPRESSION = auto()
    PARAM = auto()
    """`TYPE`, `TYPE = DEFAULT`, or a string."""
    CONTROL = auto()
    FORWARD = auto()
    INIT = auto()
    FUNCTION = auto()


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment with its `#`; `own_line` where nothing stands before it."""

    text: str
    start: int
    column: int
    own_line: bool
    blank_before: bool = False


@dataclass(slots=True, eq=False)
class Scalar:
    """`style` is one of `plain single double literal folded`."""

    text: str
    style: str
    start: int
    end: int
    anchor: str | None = None
    role: Role = Role.TEXT


@dataclass(slots=True, eq=False)
class Alias:
    name: str
    start: int
    end: int


@dataclass(slots=True, eq=False)
class Part:
    """An entry of a mapping, or an item of a list, which has no key.

    `before` are the comments on lines above it, `beside` the one at the end of its
    first line, or of its last where its value is one scalar.
    """

    key: Scalar | Alias | None
    value: Node
    before: list[Comment] = field(default_factory=list)
    beside: Comment | None = None
    blank_before: bool = False

    @property
    def start(self) -> int:
        return self.value.start if self.key is None else self.key.start

    @property
    def end(self) -> int:
        return self.value.end


@dataclass(slots=True, eq=False)
class Collection:
    """A mapping or a list. `column` is where its parts begin, `after` the comments
    below the last of them that belong to it."""

    mapping: bool
    flow: bool
    start: int
    column: int
    end: int = 0
    anchor: str | None = None
    parts: list[Part] = field(default_factory=list)
    after: list[Comment] = field(default_factory=list)

    @property
    def has_comments(self) -> bool:
        """Whether there is one anywhere inside."""
        if self.after:
            return True
        return any(
            part.before
            or part.beside
            or (isinstance(part.value, Collection) and part.value.has_comments)
            for part in self.parts
        )


Node: TypeAlias = Scalar | Alias | Collection


def read_tree(source: Source) -> Collection:
    """The tree of a spec that the reader found nothing wrong with."""
    builder = _Builder(source)
    for event in ev.parse_events(source.text):
        builder.feed(event)
    assert isinstance(builder.root, Collection)
    return builder.root


class _Builder:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.root: Node | None = None
        self._open: list[Collection] = []
        self._keys: list[Scalar | Alias | None] = []

    def feed(self, event: ev.Event) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        match event:
            case ev.ScalarEvent():
                self._add(self._scalar(event))
            case ev.AliasEvent():
                self._add(Alias(str(event.anchor), start, end))
            case ev.MappingStartEvent() | ev.SequenceStartEvent():
                self._open.append(self._collection(event))
                self._keys.append(None)
            case ev.MappingEndEvent() | ev.SequenceEndEvent():
                node = self._open.pop()
                self._keys.pop()
                node.end = end if node.flow else _end_of_block(node)
                self._add(node)

    def _scalar(self, event: ev.Event) -> Scalar:
        style = _STYLES.get(event.style, "plain")
        span = scalar_span(self.source, event, style, 0)
        return Scalar(event.value, style, span.start, span.end, event.anchor)

    def _collection(self, event: ev.Event) -> Collection:
        text, at = self.source.text, event.end_mark.index
        mapping = isinstance(event, ev.MappingStartEvent)
        flow = bool(event.flow_style)
        # A list that is not indented below its key is told after its first dash.
        if not mapping and not flow and text[at : at + 1] != "-":
            at -= 1
        column = at - (text.rfind("\n", 0, at) + 1)
        start = event.start_mark.index
        return Collection(mapping, flow, start, column, anchor=event.anchor)

    def _add(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if not parent.mapping:
            parent.parts.append(Part(None, node))
        elif self._keys[-1] is None:
            assert not isinstance(node, Collection)
            self._keys[-1] = node
        else:
            parent.parts.append(Part(self._keys[-1], node))
            self._keys[-1] = None


def _end_of_block(node: Collection) -> int:
    return node.parts[-1].end if node.parts else node.start
