"""One run on fake tensors, observed.

Comes in: a built module, its classes, the params it was made with. Goes out: an
`ObservedRun`: the observation, or the failure, or a note why there is neither. The
module is not touched; random numbers are not drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils._mode_utils import no_dispatch

from modelspec.backends.torch.classes import ModuleClasses
from modelspec.backends.torch.inputs import IMAGE_RANKS, InputPlan
from modelspec.backends.torch.places import find_place
from modelspec.backends.torch.planned_run import PlannedRun, plan_run, quiet
from modelspec.backends.torch.run_failure import depends_on_values
from modelspec.backends.torch.shapes.convert import Sizes
from modelspec.backends.torch.shapes.counting import CountingFakes
from modelspec.backends.torch.shapes.environment import Environment
from modelspec.backends.torch.shapes.mismatch import Scene, describe_mismatch
from modelspec.backends.torch.shapes.nodes import remembered
from modelspec.backends.torch.shapes.recorder import Recorder
from modelspec.backends.torch.shapes.sentences import Shown
from modelspec.backends.torch.stand_ins import copy_with
from modelspec.backends.torch.tracebacks import running_span
from modelspec.backends.torch.without_dynamo import without_dynamo
from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.diagnostics.span import Span
from modelspec.program.ir import Block
from modelspec.sizes.multiples import find_multiples
from modelspec.sizes.observation import (
    Forced,
    Observation,
    Step,
    Tensor,
    Value,
    tensors_of,
)
from modelspec.sizes.size import Size
from modelspec.sizes.text import render_size

_MOST_PAIRS = 4
Prepare: TypeAlias = Callable[[nn.Module, Recorder, ExitStack], None]


@dataclass(frozen=True, slots=True)
class ObservedRun:
    """How a run went: what it showed, or what is wrong with the spec.

    `note` says why it stopped where the spec is not at fault.
    """

    observation: Observation | None = None
    diagnostic: Diagnostic | None = None
    note: str | None = None
    equal: tuple[tuple[str, str], ...] = ()
    """Symbols that have one value, and were compared."""


def observe(
    classes: ModuleClasses,
    module: nn.Module,
    params: Mapping[str, object] | None = None,
    sizes: Mapping[str, int] | None = None,
    dtype: str | torch.dtype | None = None,
    prepare: Prepare | None = None,
) -> ObservedRun:
    """Run a built module's `forward` in eval mode on the inputs that it declares.

    `params` are those it was built with; sizes of inputs may depend on them. Symbols
    without a value in `sizes` stay symbols. `dtype` is what it was built with; inputs
    that are float32 get it, None is torch's default. `prepare` may do something to the
    copy of each run, while its stack is open.
    """
    planned = plan_run(classes, module, params, sizes, dtype)
    if not planned.inputs:
        return ObservedRun(note="the inputs have no shapes to run on")
    known = planned.sizes
    open_sizes = [name for name in known if name not in (sizes or {})]
    run = _Run(classes, module, planned, prepare)
    distinct = {**known, **_distinct_sizes(planned.block, open_sizes, known)}
    found = run.complete(distinct, open_sizes)
    told = found.diagnostic
    if told is not None and told.code == "limit-exceeded":
        return found
    if found.observation is None and open_sizes:
        return run.complete_otherwise(known, open_sizes, found)
    return run.confirmed(found, distinct, open_sizes)


class _Run:
    def __init__(
        self,
        classes: ModuleClasses,
        module: nn.Module,
        planned: PlannedRun,
        prepare: Prepare | None = None,
    ) -> None:
        self._prepare = prepare
        self._classes = classes
        self._module = module
        self._planned = planned
        self._block = planned.block
        self._sizes: Mapping[str, int] = {}

    def complete_otherwise(
        self, sizes: Mapping[str, int], names: Collection[str], found: ObservedRun
    ) -> ObservedRun:
        """After a failure: with the usual sizes, with a batch of one, with numbers.

        Some models take no longer input or larger batch than they were made for, and
        some code is about numbers only. What failed first is told if that fails too.
        """
        single = dict.fromkeys(_batches(self._block) & set(names), 1)
        ways: tuple[tuple[dict[str, int], Collection[str]], ...] = (
            ({}, names),
            (single, names),
            ({}, ()),
            (single, ()),
        )
        for values, symbols in ways:
            run = {**sizes, **values}
            other = self.complete(run, symbols)
            if other.observation is not None:
                return self._forced_by(found.diagnostic, other, run, symbols)
        return found

    def _forced_by(
        self,
        failure: Diagnostic | None,
        found: ObservedRun,
        sizes: Mapping[str, int],
        names: Collection[str],
    ) -> ObservedRun:
        """Where other values failed before, there a symbol is forced, by that."""
        seen = found.observation
        if seen is None or failure is None or failure.code != "shape-mismatch":
            return found
        forced = tuple(
            replace(one, span=failure.span, failure=failure.message)
            for one in seen.forced
            if one.symbol in names and not one.is_number
        ) or tuple(
            Forced(left, right, failure.span, failure=failure.message)
            for left, right in found.equal[:_MOST_PAIRS]
            if self._fails_there(failure, {**sizes, right: 2 * sizes[right]}, names)
        )
        numbers = tuple(one for one in seen.forced if one.is_number)
        if not forced and not numbers:
            return found
        return replace(found, observation=replace(seen, forced=(*numbers, *forced)))

    def _fails_there(
        self, failure: Diagnostic, sizes: Mapping[str, int], names: Collection[str]
    ) -> bool:
        told = self.complete(sizes, names).diagnostic
        return told is not None and told.span == failure.span

    def confirmed(
        self, found: ObservedRun, sizes: Mapping[str, int], names: Collection[str]
    ) -> ObservedRun:
        """Leaves among the forced symbols those that other values force again.

        A comparison with a number may have come out true by chance; where a run with
        other values comes to its end, none was needed.
        """
        seen = found.observation
        if seen is None or not seen.forced:
            return found
        others = {n: v * 2 if n in names else v for n, v in sizes.items()}
        again = self.complete(others, names)
        if again.observation is None:
            return self._forced_by(again.diagnostic, found, sizes, ())
        still = {one.symbol for one in again.observation.forced if one.is_number}
        kept = tuple(one for one in seen.forced if one.symbol in still)
        return replace(found, observation=replace(seen, forced=kept))

    def complete(
        self, sizes: Mapping[str, int], symbols: Collection[str]
    ) -> ObservedRun:
        """Run with sizes for all symbols, and these of them left open."""
        self._sizes = sizes
        where = partial(running_span, self._classes.sources, self._classes.unwritten)
        with without_dynamo():
            environment = Environment(where)
            converted = Sizes(environment)
            fakes = CountingFakes(environment)
        recorder = Recorder(environment, fakes, converted, where, self._classes)
        try:
            with quiet(), self._on(fakes, recorder):
                made = {n: environment.new_symbol(n, sizes[n]) for n in symbols}
                output = self._call(fakes, recorder, made)
        except Exception as error:
            if depends_on_values(error):
                note = "the run stopped where it depends on the values of a tensor"
                return ObservedRun(note=note)
            return ObservedRun(diagnostic=self._describe(recorder, error))
        pairs = environment.equal_symbols()
        equal = tuple((str(left), str(right)) for left, right in pairs)
        seen = self._observed(recorder, environment, converted, output)
        return ObservedRun(seen, equal=equal)

    @contextmanager
    def _on(self, fakes: CountingFakes, recorder: Recorder) -> Iterator[None]:
        with ExitStack() as stack:
            stack.enter_context(without_dynamo())
            stack.enter_context(remembered())
            stack.enter_context(torch.random.fork_rng(devices=[]))
            stack.enter_context(torch.no_grad())
            fakes.tell(recorder.count, recorder.count_made)
            stack.enter_context(fakes)
            yield

    def _call(
        self,
        fakes: CountingFakes,
        recorder: Recorder,
        symbols: Mapping[str, torch.SymInt],
    ) -> object:
        trial = copy_with(self._module, partial(fake_tensor, fakes))
        recorder.watch(trial)
        tensors = {}
        for plan in self._planned.inputs:
            shape = self._shape(plan, symbols)
            tensors[plan.name] = torch.empty(shape, dtype=plan.dtype, device="cpu")
            recorder.add_input(plan.name, tensors[plan.name])
        with self._classes.bounded(), ExitStack() as stack:
            if self._prepare is not None:
                self._prepare(trial, recorder, stack)
            stack.enter_context(recorder)
            return self._planned.call(trial, tensors)

    def _shape(
        self, plan: InputPlan, symbols: Mapping[str, torch.SymInt]
    ) -> list[int | torch.SymInt]:
        declared = next(one for one in self._block.inputs if one.name == plan.name)
        assert declared.shape is not None
        return [
            symbols.get(name, self._sizes[name]) if isinstance(name, str) else size
            for name, size in zip(declared.shape, plan.shape, strict=True)
        ]

    def _observed(
        self,
        recorder: Recorder,
        environment: Environment,
        sizes: Sizes,
        output: object,
    ) -> Observation:
        steps = tuple(recorder.steps(self._written))
        inputs = [(s.path, s.output) for s in steps if s.kind == "input"]
        return Observation(
            steps,
            tuple((name, one) for name, one in inputs if isinstance(one, Tensor)),
            recorder.describe(output),
            self._sizes,
            find_multiples(_all_sizes(steps), self._sizes),
            tuple(_forced(environment, sizes)),
            tuple(recorder.edges_of(output)),
        )

    def _describe(self, recorder: Recorder, error: Exception) -> Diagnostic:
        made = (size for one in recorder.drafts for size in _sizes_in(one.output))
        multiples = find_multiples(made, self._sizes)
        shown = Shown(self._sizes, multiples)
        inputs = (
            f"{one.path}={shown.tensor(one.output)}"
            for one in recorder.drafts
            if one.kind == "input" and isinstance(one.output, Tensor)
        )
        return describe_mismatch(
            Scene(
                recorder.failed(error),
                recorder.drafts,
                self._module,
                self._classes,
                self._block,
                shown,
                ", ".join(inputs),
            )
        )

    def _written(self, path: str) -> Span | None:
        return find_place(self._module, path, self._classes.block_of)


def _distinct_sizes(
    block: Block, names: Iterable[str], usual: Mapping[str, int]
) -> dict[str, int]:
    """Values that few models have among their own numbers, and no two symbols share.

    What fits by chance would not be found wrong. Images keep their usual sizes, or
    multiples of these.
    """
    batches = _batches(block)
    images = {
        size
        for one in block.inputs
        if len(one.shape or ()) in IMAGE_RANKS
        for size in (one.shape or ())[1:]
    }
    values: dict[str, int] = {}
    for name in names:
        if name in batches:
            values[name] = 6 + 4 * len(values)
        elif name not in images:
            values[name] = 24 + 12 * len(values)
        elif usual[name] in values.values():
            values[name] = usual[name] * (1 + len(values))
        else:
            values[name] = usual[name]
    return values


def _batches(block: Block) -> set[str]:
    """The symbols that stand first in an input."""
    first = (one.shape[0] for one in block.inputs if one.shape)
    return {size for size in first if isinstance(size, str)}


def fake_tensor(fakes: FakeTensorMode, tensor: torch.Tensor) -> torch.Tensor:
    """A tensor without memory, made past the mode: there may be thousands."""
    with no_dispatch():
        meta = torch.empty_strided(
            tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta"
        )
        made = FakeTensor(fakes, meta, torch.device("cpu"))
        if isinstance(tensor, nn.Parameter):
            made.requires_grad_(tensor.requires_grad)
            made._is_param = True  # as nn.Parameter does with a tensor of any kind
    return made


def _all_sizes(steps: Iterable[Step]) -> Iterator[Size]:
    for step in steps:
        yield from _sizes_in(step.output)


def _sizes_in(value: Value) -> Iterator[Size]:
    for tensor in tensors_of(value):
        yield from tensor.shape


def _forced(environment: Environment, sizes: Sizes) -> Iterator[Forced]:
    seen: set[str] = set()
    for asked, value, span, is_number in environment.forced():
        text = render_size(sizes.expression(asked))
        if text not in seen:
            seen.add(text)
            yield Forced(text, value, span, is_number)
