"""From a spec to a `Summary`: made without memory, observed, counted.

In: a `Spec`, what a caller asked for, shapes of inputs. Out: a `Summary`, or
`SpecError` with what is wrong. Nothing is allocated, no random numbers are drawn.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from modelspec.api.builder import BuildRequest, Built, check_given_shapes, symbol_sizes
from modelspec.api.observing import Observed, observe_spec
from modelspec.diagnostics.diagnostic import SpecError
from modelspec.report.built import render_value
from modelspec.report.summary.collapse import collapse
from modelspec.report.summary.facts import at_sizes
from modelspec.report.summary.optimizers import OPTIMIZERS, estimate_training
from modelspec.report.summary.rows import build_rows
from modelspec.report.summary.summary import Summary
from modelspec.sizes import Observation, Size, Step
from modelspec.sizes.size import Opaque, atoms_of, symbols_of

if TYPE_CHECKING:
    from modelspec.api.spec import Spec
    from modelspec.sizes.contents import HeldModule

Shapes = Mapping[str, tuple[int, ...]]
Sizes = Mapping[str, int]

_WORD = re.compile(r"[A-Za-z_]\w*")
_BATCHES = ("n", "b", "bs", "bsz", "batch", "batch_size")
"""What a symbol is called that counts samples."""


def summarise(
    spec: Spec,
    request: BuildRequest,
    shapes: Shapes | None = None,
    *,
    optimizer: str | None = None,
) -> Summary:
    """The summary of the root block.

    `shapes` are sizes of inputs, by name; what they leave open stays symbolic, and
    figures are for one sample of the usual size. `optimizer` asks for the memory of
    training with it.

    Raises:
        SpecError: the spec is wrong, or what it is given.
        ValueError: no such optimizer is known.
    """
    if optimizer is not None and optimizer not in OPTIMIZERS:
        known = ", ".join(OPTIMIZERS)
        raise ValueError(f"no optimizer '{optimizer}' is known: {known}")
    observed = observe_spec(spec, request, shapes)
    return summarise_observed(observed, request.variant, shapes, optimizer)


def summarise_observed(
    observed: Observed,
    variant: str | None,
    shapes: Shapes | None,
    optimizer: str | None = None,
) -> Summary:
    """The summary of a module that was made and run."""
    from modelspec.backends.torch.contents import describe_contents

    built, seen = observed.built, observed.observation
    _check_inputs(built, seen, shapes or {})
    is_block = built.classes.block_of
    held = describe_contents(built.module, lambda one: is_block(one) is not None)
    sizes, batch = figure_sizes(built, seen)
    summary = Summary(
        type(built.module).__name__,
        variant,
        {name: render_value(value) for name, value in built.params.items()},
        collapse(build_rows(held, seen)),
        seen,
        sizes,
        batch,
        observed.note,
    )
    if optimizer is None:
        return summary
    given = symbol_sizes(built.block, shapes or {})
    return _with_training(summary, built, held, optimizer, given)


def figure_sizes(
    built: Built, seen: Observation | None
) -> tuple[dict[str, int], tuple[str, ...]]:
    """For which sizes figures are: those of the usual inputs, and one sample.

    Also the symbols that count samples; none where the inputs name none, or where a
    caller gave their sizes. What the run would be for other sizes than it had is not
    known where it forced a symbol to be a number; there figures are of the run.
    """
    if seen is None:
        return {}, ()
    shown = [size for _, tensor in seen.inputs for size in tensor.shape]
    names = list(dict.fromkeys(name for size in shown for name in symbols_of(size)))
    if any(map(_is_bound, seen.steps)):
        return {name: seen.sizes[name] for name in names}, ()
    forced = {word for one in seen.forced for word in _WORD.findall(one.symbol)}
    usual = built.usual_sizes()
    batch = tuple(_batch_of(seen, [name for name in names if name not in forced]))
    sizes = {n: seen.sizes[n] if n in forced else usual[n] for n in names}
    return {**sizes, **dict.fromkeys(batch, 1)}, batch


def _is_bound(step: Step) -> bool:
    """Whether something in a step's figures is known for the sizes of the run only."""
    atoms = (*atoms_of(step.macs), *atoms_of(step.made))
    return any(isinstance(one, Opaque) for one in atoms)


def _batch_of(seen: Observation, names: Iterable[str]) -> Iterator[str]:
    """Symbols that are called so and stand first in an input, else the first that is
    called so."""
    first = [tensor.shape[0] for _, tensor in seen.inputs if tensor.shape]
    leading = {name for size in first for name in symbols_of(size)}
    called = [one for one in names if one.lower() in _BATCHES]
    yield from [one for one in called if one in leading] or called[:1]


def _check_inputs(built: Built, seen: Observation | None, shapes: Shapes) -> None:
    """Shapes that a caller gave where the inputs have other, computed, sizes."""
    made = {}
    for name, tensor in seen.inputs if seen is not None else ():
        made[name] = tuple(
            _number(size, shapes.get(name), at) for at, size in enumerate(tensor.shape)
        )
    if wrong := list(check_given_shapes(built.block, shapes, made)):
        raise SpecError(wrong)


def _number(size: Size, given: tuple[int, ...] | None, index: int) -> int:
    """A size that is still open is what was given."""
    if isinstance(size, int):
        return size
    return given[index] if given is not None and index < len(given) else 0


def _with_training(
    summary: Summary, built: Built, held: HeldModule, optimizer: str, given: Sizes
) -> Summary:
    seen = summary.observation
    run = seen.sizes if seen is not None else {}
    activations = _saved(built, {**run, **given, **summary.sizes}, summary.batch)
    sizes = "for one sample" if summary.batch else at_sizes(summary)
    memory = estimate_training(held, optimizer, activations, sizes)
    return replace(summary, training=memory)


def _saved(built: Built, sizes: Sizes, batch: Sequence[str]) -> int | None:
    """What autograd keeps; of one sample it is told by two and three, where a single
    one cannot be trained on: it grows evenly."""
    found = built.count_saved(sizes)
    if found is not None or not batch:
        return found
    two, three = (
        built.count_saved({**sizes, **dict.fromkeys(batch, count)}) for count in (2, 3)
    )
    return None if two is None or three is None else 2 * two - three
