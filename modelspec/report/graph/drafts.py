"""The steps of a run as a tree of drafts, which later stages fold and join.

In: an observation and what its module holds. Out: the draft of everything, whose
children are inputs, what the root module does, and the output; and for each draft that
is a leaf, where its tensors come from. A torch layer is a leaf whatever it does inside;
so is each operation of a method that is written in a spec.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from modelspec.report.graph.kinds import FOLDED, kind_of, operation_name
from modelspec.report.graph.model import Kind
from modelspec.report.graph.words import short_arguments
from modelspec.sizes import Edge, Many, Observation, Size, Step
from modelspec.sizes.contents import HeldModule

_MOST_ENTRIES = 8


@dataclass(slots=True, eq=False)
class Draft:
    """A node to be; `order` is when it begins. Links are kept at their target."""

    order: int
    kind: Kind
    label: str
    path: str = ""
    arguments: str = ""
    step: Step | None = None
    paths: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    output: str = ""
    multiply_adds: Size = 0
    name: str = ""
    count: int = 1
    details: str = ""
    parent: Draft | None = None
    children: list[Draft] = field(default_factory=list)
    sources: list[tuple[Draft, str]] = field(default_factory=list)
    signature: int = -1
    pattern: int = -1

    def leaves(self) -> Iterator[Draft]:
        """The leaves at or below it, in order."""
        stack = [self]
        while stack:
            one = stack.pop()
            if one.children:
                stack.extend(reversed(one.children))
            else:
                yield one

    def walk(self) -> Iterator[Draft]:
        """It and all below it, each before its children."""
        stack = [self]
        while stack:
            one = stack.pop()
            yield one
            stack.extend(reversed(one.children))

    def adopt(self, children: list[Draft]) -> None:
        """Has these children, in the order in which they begin."""
        self.children = sorted(children, key=lambda one: one.order)
        for one in children:
            one.parent = self


class Drafting:
    """`texts` are what layers say of their arguments, by path."""

    def __init__(
        self,
        observation: Observation,
        held: HeldModule,
        texts: Mapping[str, str],
    ) -> None:
        self._run = observation
        self._texts = texts
        self._held = {one.path: one for one in held.walk()}
        self._inside: dict[int | None, list[Step]] = {}
        for step in observation.steps:
            self._inside.setdefault(step.parent, []).append(step)
        self._draft_of: dict[int, Draft] = {}
        """For each step the draft that shows it; those around it for a leaf."""
        self._passes: dict[int, int] = {}
        """For each step that changes nothing the step whose tensor it passes on."""

    def drafted(self) -> Draft:
        """The draft of everything."""
        run = self._run
        top = Draft(-1, "block", run.root.label)
        inputs = [self._leaf(one) for one in run.steps if one.kind == "input"]
        root = self._module(run.root)
        inner = root.children if root and root.children else [root] if root else []
        output = Draft(len(run.steps), "output", "output")
        output.output = run.value_text(run.output)
        output.inputs = tuple(_entries(run))
        top.adopt([*inputs, *inner, output])
        top.multiply_adds = sum((one.multiply_adds for one in inner), start=0)
        self._place_owned(top)
        self._link(output, run.returned)
        for step in run.steps:
            draft = self._draft_of.get(step.index)
            if draft is not None and draft.step is step and not draft.children:
                self._link(draft, step.edges)
        return top

    # --- the tree ---------------------------------------------------------------

    def _module(self, step: Step) -> Draft | None:
        """A module's call: a leaf, a group, or None if it passes its input on."""
        inside = self._inside.get(step.index, [])
        if not inside and step.edges:
            self._passes[step.index] = step.edges[0].source
            return None
        draft = self._leaf(step)
        if self._is_leaf(step, inside):
            self._claim(step, draft)
            return draft
        children = [one for one in map(self._inner, inside) if one is not None]
        if not children and step.edges:
            del self._draft_of[step.index]
            self._passes[step.index] = step.edges[0].source
            return None
        draft.adopt(children)
        draft.multiply_adds = sum((one.multiply_adds for one in children), start=0)
        return draft

    def _inner(self, step: Step) -> Draft | None:
        if step.kind == "module":
            return self._module(step)
        if operation_name(step.label) in FOLDED and step.edges:
            self._passes[step.index] = step.edges[0].source
            return None
        return self._leaf(step)

    def _is_leaf(self, step: Step, inside: list[Step]) -> bool:
        if not inside:
            return True
        held = self._held.get(step.path)
        is_layer = held is None or held.holder == "layer"
        return is_layer and not any(one.kind == "module" for one in inside)

    def _leaf(self, step: Step) -> Draft:
        is_module = step.kind == "module"
        label = step.label if is_module else operation_name(step.label)
        kind: Kind = kind_of(label)
        if step.kind == "input":
            kind, label = "input", step.path
        elif step.kind in ("parameter", "buffer"):
            kind, label = "parameter", step.path.rpartition(".")[2]
        elif is_module and self._holder(step) != "layer":
            kind = "block"
        draft = Draft(step.index, kind, label, step.path, step=step)
        if is_module:
            draft.name = step.path.rpartition(".")[2]
            draft.arguments = short_arguments(self._texts.get(step.path, ""))
            draft.details = self._texts.get(step.path, "")
            draft.paths = (step.path,)
        elif step.kind in ("parameter", "buffer"):
            draft.paths = (step.path,)
        draft.output = self._run.value_text(step.output)
        draft.inputs = tuple(self._run.shape_text(one.tensor) for one in step.edges)
        draft.multiply_adds = step.macs
        self._draft_of[step.index] = draft
        return draft

    def _holder(self, step: Step) -> str:
        held = self._held.get(step.path)
        return "layer" if held is None else held.holder

    def _claim(self, step: Step, draft: Draft) -> None:
        """All that a leaf does inside is its own."""
        stack = list(self._inside.get(step.index, ()))
        while stack:
            one = stack.pop()
            self._draft_of[one.index] = draft
            draft.multiply_adds = draft.multiply_adds + one.macs
            stack.extend(self._inside.get(one.index, ()))

    def _place_owned(self, top: Draft) -> None:
        """Parameters and buffers stand where they are read: in the innermost group
        around all who do."""
        readers: dict[int, list[Draft]] = {}
        for step in self._run.steps:
            draft = self._draft_of.get(step.index)
            for edge in step.edges if draft is not None else ():
                readers.setdefault(edge.source, []).append(draft or top)
        added: dict[int, tuple[Draft, list[Draft]]] = {}
        for step in self._run.steps:
            if step.kind in ("parameter", "buffer"):
                places = [one.parent for one in readers.get(step.index, ())]
                known = [one for one in places if one is not None]
                group = _innermost_around(known) if known else top
                added.setdefault(id(group), (group, []))[1].append(self._leaf(step))
        for group, drafts in added.values():
            group.adopt([*group.children, *drafts])

    # --- links ------------------------------------------------------------------

    def _link(self, draft: Draft, edges: tuple[Edge, ...]) -> None:
        for edge in edges:
            source = self._source(edge.source)
            if source is not None and source is not draft:
                text = self._run.shape_text(edge.tensor)
                draft.sources.append((source, text))

    def _source(self, index: int) -> Draft | None:
        while index in self._passes:
            index = self._passes[index]
        found = self._draft_of.get(index)
        return None if found is None or found.children else found


def _entries(run: Observation) -> Iterator[str]:
    """What a run returns, a line for each entry of a tuple or a dict."""
    value = run.output
    if not isinstance(value, Many) or not 1 < len(value.items) <= _MOST_ENTRIES:
        yield run.value_text(value)
        return
    keys = value.keys or ("",) * len(value.items)
    for key, one in zip(keys, value.items, strict=True):
        yield f"{key}: {run.value_text(one)}" if key else run.value_text(one)


def _innermost_around(groups: list[Draft]) -> Draft:
    common = _around(groups[0])
    for one in groups[1:]:
        known = set(map(id, _around(one)))
        common = [group for group in common if id(group) in known]
    return common[0]


def _around(draft: Draft) -> list[Draft]:
    """It and the groups around it, innermost first."""
    found = [draft]
    while (parent := found[-1].parent) is not None:
        found.append(parent)
    return found
