"""Events to nodes, without recursion and within limits.

In: the events of one document, in order. Out: `root`, the tree, once all are fed.
Mistakes go to the report; `NoTreeError` ends the reading where no tree can follow.
Depth and size are counted with aliases expanded, so that whatever walks the tree is
bounded by the limits too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from modelspec.diagnostics.diagnostic import Label, Report
from modelspec.diagnostics.span import Source, Span
from modelspec.policy import Limits
from modelspec.syntax import events as ev
from modelspec.syntax import refusals
from modelspec.syntax.cuts import cut_call, is_cut
from modelspec.syntax.frames import Anchored, Frame
from modelspec.syntax.keys import is_control_key
from modelspec.syntax.marks import event_span, scalar_span
from modelspec.syntax.nodes import Entry, Node, ScalarNode, ScalarValue
from modelspec.syntax.scalars import ScalarProblem, resolve_plain

_STYLES = {"'": "single", '"': "double", "|": "literal", ">": "folded"}
_MOST_DIAGNOSTICS = 100


class NoTreeError(Exception):
    """No tree can follow; the report says why."""


class Composer:
    """Takes events with `feed`; `root` is the tree."""

    def __init__(
        self, source: Source, limits: Limits, report: Report, shift: int
    ) -> None:
        self.source = source
        self.limits = limits
        self.report = report
        self.shift = shift
        self.root: Node | None = None
        self.trusted = True
        self._last_start = self._last_end = -1
        self._frames: list[Frame] = []
        self._anchors: dict[str, Anchored] = {}
        self._count = 0
        self._documents = 0
        self._cut_until = 0
        self._most = limits.nodes
        self._deepest = limits.nesting
        self._bits = limits.integer_bits
        self._handlers: dict[type[ev.Event], Callable[[ev.Event], None]] = {
            ev.ScalarEvent: self._scalar,
            ev.MappingStartEvent: self._open,
            ev.SequenceStartEvent: self._open,
            ev.MappingEndEvent: self._close,
            ev.SequenceEndEvent: self._close,
            ev.AliasEvent: self._alias,
            ev.DocumentStartEvent: self._document,
        }

    def feed(self, events: Iterable[ev.Event]) -> None:
        """Takes events up to the last, or to what nothing can follow."""
        handlers, frames = self._handlers, self._frames
        shift, plain = self.shift, ev.ScalarEvent
        for event in events:
            kind = type(event)
            if kind is plain and not (event.style or event.anchor or event.tag):
                # Most of any spec: what it is is known without a look at the text.
                start, end = event.start_mark.index, event.end_mark.index
                frame = frames[-1] if frames else None
                self._take(event.value, "plain", start + shift, end + shift, frame)
                continue
            handler = handlers.get(kind)
            if handler is not None:
                handler(event)

    @property
    def last(self) -> Span | None:
        """What was read last."""
        if self._last_end < 0:
            return None
        return Span(self.source, self._last_start, self._last_end)

    @property
    def open_flow(self) -> int | None:
        """Where the innermost open `[` or `{` stands, if one is open."""
        starts = [frame.start for frame in self._frames if frame.flow]
        # The mapping of `[a: b]` has no bracket of its own.
        brackets = [at for at in starts if self.source.text[at] in "[{"]
        return brackets[-1] if brackets else None

    @property
    def cut_reported(self) -> bool:
        """Whether a cut call was reported, of which other faults may follow."""
        return self._cut_until > 0

    def _document(self, event: ev.Event) -> None:
        self._documents += 1
        span = event_span(self.source, event, self.shift)
        if self._documents > 1:
            refusals.several_documents(self.report, span)
            raise NoTreeError
        if event.tags or event.version not in (None, (1, 2)):
            refusals.directive(self.report, Span(self.source, span.start, span.end))

    def _scalar(self, event: ev.Event) -> None:
        style = _STYLES.get(event.style, "plain")
        span = scalar_span(self.source, event, style, self.shift)
        if event.tag is not None:
            self._refuse_tag(event, span)
        frame = self._frames[-1] if self._frames else None
        node = self._take(event.value, style, span.start, span.end, frame)
        if event.anchor is not None:
            self._anchors[event.anchor] = Anchored(node, 1)

    def _take(
        self, text: str, style: str, start: int, end: int, frame: Frame | None
    ) -> ScalarNode:
        """A scalar, put into the collection that is open."""
        source = self.source
        self._last_start, self._last_end = start, end
        self._count += 1
        if self._count > self._most:
            self._add_count(0, Span(source, start, end))
        if frame is not None and frame.mapping and frame.key is None:
            node = ScalarNode(text, text, style, source, start, end, False)
            # An identifier, as most keys are, has no brackets.
            if style == "plain" and not text.isidentifier():
                self._check_whole(text, node.span, frame)
            self._add_key(frame, node)
            return node
        value: ScalarValue = text
        refused = False
        if style == "plain":
            if frame is not None and frame.flow and not text.isidentifier():
                self._check_whole(text, Span(source, start, end), frame)
            value, refused = self._value(text, start, end)
        node = ScalarNode(text, value, style, source, start, end, refused)
        self._add(node, 0)
        return node

    def _check_whole(self, text: str, span: Span, frame: Frame | None) -> None:
        """A piece of a call that YAML cut has brackets without their other half."""
        in_flow = frame is not None and frame.flow
        # Of other brackets inside a flow collection the parser itself complains.
        if text.count("(") != text.count(")") or (not in_flow and is_cut(span)):
            self._cut(span, in_flow)

    def _value(self, text: str, start: int, end: int) -> tuple[ScalarValue, bool]:
        """What a plain scalar means, and whether it was refused."""
        value = resolve_plain(text, self._bits)
        if isinstance(value, ScalarProblem):
            span = Span(self.source, start, end)
            self.report.refuse(value.code, value.message, span, value.help)
            self._give_up_at_many()
            return text, True
        return value, False

    def _cut(self, span: Span, in_flow: bool) -> None:
        self.trusted = False
        if span.start < self._cut_until:
            return
        cut = cut_call(span, in_flow)
        self._cut_until = max(cut.end, span.end)
        refusals.cut_call(self.report, cut, in_flow)
        self._give_up_at_many()

    def _open(self, event: ev.Event) -> None:
        frames, flow = self._frames, bool(event.flow_style)
        end: int = event.end_mark.index
        start = end + self.shift
        if flow and end > event.start_mark.index:
            start -= 1
        self._count += 1
        if self._count > self._most:
            self._add_count(0, Span(self.source, start, start + 1))
        if len(frames) >= self._deepest:
            opener = Span(self.source, start, start + 1)
            refusals.too_deep(self.report, opener, self.limits.nesting)
            raise NoTreeError
        mapping = type(event) is ev.MappingStartEvent
        frame = Frame(mapping, flow, start, self._count, event.anchor)
        if event.tag is not None:
            self._refuse_tag(event, Span(self.source, start, start + 1))
            frame.tagged = bool(frames)
        if event.anchor is not None:
            self._anchors[event.anchor] = Anchored(None)
        frames.append(frame)

    def _close(self, event: ev.Event) -> None:
        frame = self._frames.pop()
        if frame.flow or self._last_end < 0:
            end = event.end_mark.index + self.shift
        else:
            # The parser lets a block collection end where the next token starts.
            end = max(self._last_end, frame.start)
        self._last_start, self._last_end = frame.start, end
        span = Span(self.source, frame.start, end)
        node = frame.close(span)
        height = frame.height + 1
        if frame.anchor is not None:
            size = self._count - frame.count + 1
            self._anchors[frame.anchor] = Anchored(node, size, height)
        self._add(node, height)

    def _alias(self, event: ev.Event) -> None:
        span = event_span(self.source, event, self.shift)
        self._last_start, self._last_end = span.start, span.end
        found = self._anchors.get(event.anchor)
        if found is None:
            refusals.unknown_alias(self.report, span, tuple(self._anchors))
            raise NoTreeError
        if found.node is None:
            refusals.recursive_alias(self.report, span)
            raise NoTreeError
        self._add_count(found.count, span)
        if len(self._frames) + found.height > self.limits.nesting:
            refusals.too_deep(self.report, span, self.limits.nesting)
            raise NoTreeError
        self._add(self._repeated(found.node), found.height)

    def _repeated(self, node: Node) -> Node:
        """A key repeated as a value means what it would mean there, and back."""
        if not isinstance(node, ScalarNode) or node.style != "plain":
            return node
        frame = self._frames[-1] if self._frames else None
        if frame is not None and frame.wants_key:
            return replace(node, value=node.text, refused=False)
        value, refused = self._value(node.text, node.start, node.end)
        return replace(node, value=value, refused=refused)

    def _add(self, node: Node, height: int) -> None:
        if not self._frames:
            self.root = node
            return
        frame = self._frames[-1]
        frame.height = max(frame.height, height)
        if not frame.mapping:
            frame.items.append(node)
        elif frame.key is not None:
            if frame.keep:
                frame.entries.append(Entry(frame.key, node))
            frame.key = None
        elif isinstance(node, ScalarNode):
            self._add_key(frame, node)
        else:
            refusals.collection_key(self.report, node.span)
            raise NoTreeError

    def _add_key(self, frame: Frame, node: ScalarNode) -> None:
        frame.key = node
        frame.keep = True
        text = node.text
        first = frame.seen.setdefault(text, node)
        if first.start != node.start and not is_control_key(text):
            labels = (Label(first.span, "first here"),)
            refusals.duplicate_key(self.report, node, labels)
            self._give_up_at_many()
            # Of a key written twice in a row the second has what was meant.
            frame.keep = frame.drop_empty(text)
        elif text == "<<" and node.style == "plain":
            refusals.merge_key(self.report, node.span)
            # What it stood for is missing wherever the mapping is read.
            self.trusted = frame.keep = False

    def _refuse_tag(self, event: ev.Event, at: Span) -> None:
        start = event.start_mark.index + self.shift
        refusals.tag(self.report, Span(self.source, start, max(at.start, start + 1)))
        self._give_up_at_many()

    def _give_up_at_many(self) -> None:
        if len(self.report.found) >= _MOST_DIAGNOSTICS:
            raise NoTreeError

    def _add_count(self, more: int, span: Span) -> None:
        self._count += more
        if self._count > self.limits.nodes:
            refusals.too_many_nodes(self.report, span, self.limits.nodes)
            raise NoTreeError
