"""A failed run as a diagnostic: what did not fit, both shapes, and where each is from.

Comes in: what was running when a run on fake tensors failed, and the steps before it.
Goes out: one diagnostic at the call that failed, with a label for each tensor that it
took ("'fc1' gives [N, 128] here") and for each call on the way there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from torch import nn

from modelspec.backends.torch.classes import ModuleClasses
from modelspec.backends.torch.failure import reason
from modelspec.backends.torch.guard import EndlessError
from modelspec.backends.torch.places import find_owned, find_place
from modelspec.backends.torch.run_failure import describe_reason
from modelspec.backends.torch.shapes.recorder import Draft, Failure
from modelspec.backends.torch.shapes.sentences import Shown, sentence_of
from modelspec.backends.torch.tracebacks import spec_spans
from modelspec.diagnostics.diagnostic import Diagnostic, Label
from modelspec.diagnostics.span import Span
from modelspec.program.ir import Block
from modelspec.sizes.observation import Edge, tensors_of

_MOST_LABELS = 16
_MOST_WORDS = 40
_MOST_SHAPES = 8
_COUNTED = re.compile(r".* values to unpack \(expected (\d+).*")
_OF_THE_CODE = (AttributeError, TypeError)
"""What a call of torch raises that is not written as it should be."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The run that failed: all steps that had begun, and what they ran on."""

    failure: Failure
    drafts: Sequence[Draft]
    module: nn.Module
    classes: ModuleClasses
    block: Block
    shown: Shown
    inputs: str


def describe_mismatch(scene: Scene) -> Diagnostic:
    """One sentence in the user's own words, at the call that failed."""
    failure = scene.failure
    error = failure.error
    if isinstance(error, (EndlessError, MemoryError, RecursionError)):
        return _told("limit-exceeded", f": {describe_reason(error)}", scene)
    layer = _layer(scene)
    outer = () if layer is None else tuple(edge.tensor for edge in layer.edges)
    sentence = sentence_of(failure, outer, scene.shown)
    if sentence is None:
        return _told(_code(scene), f": {_reason(scene, layer)}", scene)
    return _told("shape-mismatch", f" {sentence}", scene)


def _reason(scene: Scene, layer: Draft | None) -> str:
    """Torch's own words, and what was given."""
    if _is_unpacking(scene.failure.error):
        return _COUNTED.sub(r"\1 names take another number of values", _words(scene))
    if isinstance(scene.failure.error, AssertionError) and _is_of_the_code(scene):
        return f"the assertion failed: {_words(scene)}".removesuffix(": AssertionError")
    taker = layer or scene.failure.draft
    shapes = ", ".join(scene.shown.tensor(edge.tensor) for edge in taker.edges)
    given = f" (given {shapes})" if shapes else ""
    if scene.failure.draft.kind == "module":
        return f"{reason(scene.failure.error)}{given}"
    return f"{describe_reason(scene.failure.error)}{given}"


def _words(scene: Scene) -> str:
    return reason(scene.failure.error)


def _code(scene: Scene) -> str:
    """Whether torch refused what it was given, or the code of the spec ended it."""
    failure = scene.failure
    if _is_unpacking(failure.error):
        return "shape-mismatch"
    is_of_the_code = isinstance(failure.error, _OF_THE_CODE) or _is_of_the_code(scene)
    return "forward-error" if is_of_the_code else "shape-mismatch"


def _is_of_the_code(scene: Scene) -> bool:
    """Whether the innermost line that was running stands in a spec."""
    if scene.failure.draft.kind == "operation":
        return False
    step = scene.failure.error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    code = None if step is None else step.tb_frame.f_code
    return code is not None and code.co_filename in scene.classes.sources


def _told(code: str, what: str, scene: Scene) -> Diagnostic:
    layer = _layer(scene)
    span, labels = _places(scene, layer, what)
    if layer is not None:
        what = f"'{layer.path}' ({layer.label}){what}"
    elif scene.failure.draft.kind == "operation":
        what = f"{_expression(scene.failure.draft, span)}{what}"
    else:
        what = f"{scene.block.name}{what}"
    return Diagnostic(
        code,
        what,
        span or scene.block.span,
        help=(f"the inputs are {scene.inputs}",) if scene.inputs else (),
        labels=labels,
    )


def _expression(draft: Draft, span: Span | None) -> str:
    """The user's own words for an operation, if they are few."""
    text = "" if span is None else span.source.text[span.start : span.end]
    if 0 < len(text) <= _MOST_WORDS and "\n" not in text and "`" not in text:
        return f"`{text}`"
    return f"`{draft.label}`"


def _layer(scene: Scene) -> Draft | None:
    """The module that failed, where it is none whose code stands in a spec."""
    around = list(_up(scene.failure.draft, scene.drafts))
    inside = next((one for one in around if one.kind == "module"), None)
    return None if inside is None or inside.is_block or not inside.path else inside


def _site(scene: Scene, layer: Draft) -> Draft:
    """The call of a layer, from which torch's own code went to the one that failed."""
    written = find_place(scene.module, layer.path, scene.classes.block_of)
    site = layer
    for one in _up(layer, scene.drafts, strictly=True):
        if one.kind != "module" or one.is_block or not one.path:
            break
        if find_place(scene.module, one.path, scene.classes.block_of) != written:
            break
        site = one
    return site


def _places(
    scene: Scene, layer: Draft | None, what: str
) -> tuple[Span | None, tuple[Label, ...]]:
    calls = spec_spans(
        scene.failure.error, scene.classes.sources, scene.classes.unwritten
    )
    span = calls[-1] if calls else None
    notes: list[Label] = []
    if layer is not None:
        layer = _site(scene, layer)
        span = _place(layer, scene) or span
        written = find_place(scene.module, layer.path, scene.classes.block_of)
        if written is not None and written != span:
            notes.append(Label(written, "made here"))
    inside = layer or scene.failure.draft
    notes += _givers(scene, _joins(scene) or inside, what)
    for one in _up(inside, scene.drafts, strictly=True):
        place = _place(one, scene) if one.path else None
        if place is not None and one.kind == "module":
            notes.append(Label(place, f"while calling '{one.path}' ({one.label})"))
    notes += [Label(one, "called here") for one in reversed(calls[:-1])]
    return span, tuple(_distinct(notes, span))


def _place(step: Draft, scene: Scene) -> Span | None:
    """Where a step is called; where a module stands, if a container calls it."""
    if step.kind == "module":
        caller = next(_up(step, scene.drafts, strictly=True), None)
        if caller is None or not caller.is_written:
            return find_place(scene.module, step.path, scene.classes.block_of)
    return step.span


def _distinct(labels: list[Label], span: Span | None) -> Iterator[Label]:
    seen: set[tuple[Span, str]] = set()
    places: set[Span] = set() if span is None else {span}
    for one in labels[:_MOST_LABELS]:
        key = (one.span, one.text)
        if key in seen or one.span == span:
            continue
        if one.text == "called here" and one.span in places:
            continue
        seen.add(key)
        places.add(one.span)
        yield one


def _givers(scene: Scene, taker: Draft, what: str) -> Iterator[Label]:
    """For each tensor that was taken, who gave it its shape; where dtypes are what is
    wrong, these too."""
    around = {one.index for one in _up(taker, scene.drafts)}
    is_typed = any(f"{edge.tensor.dtype}[" in what for edge in taker.edges)
    if _is_unpacking(scene.failure.error):
        yield from _unpacked(scene)
        return
    for edge in taker.edges:
        giver = _shaper(edge, scene, around)
        shape = scene.shown.tensor(edge.tensor)
        if is_typed:
            shape = f"{edge.tensor.dtype}{shape}"
        if giver.kind in ("module", "operation"):
            place = _place(giver, scene)
        else:
            place = _declared(scene, giver)
        if place is not None:
            yield Label(place, f"{_name(giver)} {_verb(giver)} {shape} here")


def _joins(scene: Scene) -> Draft | None:
    """The operation of a standard block on what its own children gave: these stand in
    the spec, and tell more than what the block was given."""
    failed = scene.failure.draft
    if failed.kind != "operation" or failed.parent is None:
        return None
    around = scene.drafts[failed.parent]
    if around.is_block or not around.path:
        return None
    module = scene.module.get_submodule(around.path)
    return None if scene.classes.block_of(type(module)) is None else failed


def _unpacked(scene: Scene) -> Iterator[Label]:
    """What gave the values that are as many as no names take them."""
    for one in _up(scene.drafts[-1], scene.drafts):
        if one.parent == scene.failure.draft.index:
            shapes = list(map(scene.shown.tensor, tensors_of(one.output)))
            more = ", ..." if len(shapes) > _MOST_SHAPES else ""
            given = ", ".join(shapes[:_MOST_SHAPES]) + more
            place = _place(one, scene)
            if place is not None:
                yield Label(place, f"{_name(one)} gives {given} here")


def _is_unpacking(error: Exception) -> bool:
    return isinstance(error, ValueError) and "to unpack" in str(error)


def _shaper(edge: Edge, scene: Scene, around: set[int]) -> Draft:
    """The step that made the shape: what leaves it as it is is passed over."""
    while True:
        giver = scene.drafts[edge.source]
        for one in _up(giver, scene.drafts):
            if one.index in around:
                break
            giver = one
        if len(giver.edges) != 1 or giver.edges[0].tensor != edge.tensor:
            return giver
        if giver.kind == "module" and _has_parameters(giver, scene):
            return giver
        edge = giver.edges[0]


def _has_parameters(step: Draft, scene: Scene) -> bool:
    return any(True for _ in scene.module.get_submodule(step.path).parameters())


def _declared(scene: Scene, giver: Draft) -> Span | None:
    if giver.kind == "input":
        return next((i.span for i in scene.block.inputs if i.name == giver.path), None)
    return find_owned(scene.module, giver.path, scene.classes.block_of)


def _name(giver: Draft) -> str:
    if giver.label == "__getitem__":
        return "indexing"
    return f"`{giver.label}`" if giver.kind == "operation" else f"'{giver.path}'"


def _verb(giver: Draft) -> str:
    several = len(list(tensors_of(giver.output))) > 1
    return (
        "is"
        if giver.kind not in ("module", "operation")
        else ("gives, among others," if several else "gives")
    )


def _up(
    draft: Draft, drafts: Sequence[Draft], *, strictly: bool = False
) -> Iterator[Draft]:
    """A step and those around it, from the inside."""
    one: Draft | None = draft
    while one is not None:
        if not strictly or one is not draft:
            yield one
        one = None if one.parent is None else drafts[one.parent]
