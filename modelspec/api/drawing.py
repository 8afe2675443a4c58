"""From a spec to a `Drawing`: made without memory, observed, described.

In: a `Spec`, what a caller asked for, shapes of inputs. Out: a `Drawing`, or
`SpecError` with what is wrong. Nothing is allocated, no random numbers are drawn.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from modelspec.api.builder import BuildRequest, check_given_shapes
from modelspec.api.observing import Observed, observe_spec
from modelspec.diagnostics.diagnostic import Diagnostic, SpecError
from modelspec.report.graph.drawing import Drawing
from modelspec.report.graph.words import size_text
from modelspec.report.numbers import render_short_count
from modelspec.sizes import Observation

if TYPE_CHECKING:
    from modelspec.api.spec import Spec

Shapes = Mapping[str, tuple[int, ...]]


def draw_spec(
    spec: Spec,
    request: BuildRequest,
    shapes: Shapes | None = None,
    depth: int | None = None,
) -> Drawing:
    """The drawing of the root block.

    `shapes` are sizes of inputs, by name; what they leave open stays symbolic.
    """
    observed = observe_spec(spec, request, shapes)
    return draw_observed(observed, named_spec(spec, request.variant), shapes, depth)


def draw_observed(
    observed: Observed,
    name: str,
    shapes: Shapes | None = None,
    depth: int | None = None,
) -> Drawing:
    """The drawing of a module that was made and run; `name` is that of the spec."""
    from modelspec.backends.torch.contents import describe_contents
    from modelspec.backends.torch.layer_texts import layer_texts

    built, seen = observed.built, observed.observation
    if seen is None:
        raise SpecError([_nothing_run(observed.note)])
    if wrong := list(check_given_shapes(built.block, shapes or {}, _made(seen))):
        raise SpecError(wrong)
    is_block = built.classes.block_of
    held = describe_contents(built.module, lambda one: is_block(one) is not None)
    parameters = {
        one.first: one.elements for one in held.all_tensors() if one.kind == "parameter"
    }
    facts = [
        name,
        f"{render_short_count(sum(parameters.values()))} parameters",
    ]
    work = sum((step.macs for step in seen.steps), start=0)
    if work:
        text = size_text(work, seen.multiples, tuple(seen.sizes))
        facts.append(f"{text} multiply-adds")
    return Drawing(
        seen,
        held,
        layer_texts(built.module),
        type(built.module).__name__,
        " · ".join(filter(None, facts)),
        depth,
    )


def named_spec(spec: Spec, variant: str | None) -> str:
    """`resnet.yaml:resnet18`; what was no file has no name."""
    block = spec.program.root_block
    file = os.path.basename(block.source.name) if block is not None else ""
    name = "" if file.startswith("<") else file
    return f"{name}:{variant}" if name and variant is not None else name


def _made(seen: Observation) -> dict[str, tuple[int, ...]]:
    """The inputs whose sizes are all numbers."""
    made: dict[str, tuple[int, ...]] = {}
    for name, tensor in seen.inputs:
        sizes = tuple(size for size in tensor.shape if isinstance(size, int))
        if len(sizes) == len(tensor.shape):
            made[name] = sizes
    return made


def _nothing_run(note: str | None) -> Diagnostic:
    return Diagnostic(
        "no-run",
        f"there is no run to draw: {note}",
        None,
        help=("A graph shows what flows from the declared inputs to the output.",),
    )
