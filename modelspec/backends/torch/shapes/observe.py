"""One run on fake tensors, observed.

Comes in: a built module, its classes, the params it was made with. Goes out: an
`ObservedRun`: the observation, or the failure, or a note why there is neither. The
module is not touched; random numbers are not drawn.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import torch
from torch import nn
from torch._dispatch.python import enable_python_dispatcher

from modelspec.backends.torch.classes import ModuleClasses
from modelspec.backends.torch.inputs import InputPlan, plan_inputs
from modelspec.backends.torch.instantiate import find_dtype
from modelspec.backends.torch.places import find_place
from modelspec.backends.torch.run_failure import depends_on_values
from modelspec.backends.torch.shapes.convert import Sizes
from modelspec.backends.torch.shapes.counting import CountingFakes
from modelspec.backends.torch.shapes.environment import Environment
from modelspec.backends.torch.shapes.recorder import Failure, Recorder
from modelspec.backends.torch.stand_ins import copy_with
from modelspec.backends.torch.tracebacks import running_span
from modelspec.backends.torch.without_dynamo import without_dynamo
from modelspec.diagnostics.span import Span
from modelspec.program.ir import Block
from modelspec.sizes.multiples import find_multiples
from modelspec.sizes.observation import Forced, Observation, Step, Tensor, tensors_of
from modelspec.sizes.size import Size
from modelspec.sizes.text import render_size

Prepare: TypeAlias = Callable[[nn.Module, Recorder, ExitStack], None]


@dataclass(frozen=True, slots=True)
class ObservedRun:
    """How a run went; `note` says why it stopped where the spec is not at fault."""

    observation: Observation | None = None
    failure: Failure | None = None
    note: str | None = None


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
    copy that is run; then there is one run, whose failure is the caller's to judge.
    """
    block = classes.block_of(type(module))
    assert block is not None, "not a module of these classes"
    given = dict(sizes or {})
    scope = classes.bind_params(block.name, params or {})
    floating = torch.get_default_dtype() if dtype is None else find_dtype(dtype)
    plans, known = plan_inputs(
        block, lambda node: classes.evaluate(node, block, scope), given, floating
    )
    if not plans:
        return ObservedRun(note="the inputs have no shapes to run on")
    open_sizes = {name: size for name, size in known.items() if name not in given}
    run = _Run(classes, module, block, plans, known, prepare)
    found = run.complete(open_sizes)
    if prepare is None and found.observation is None and open_sizes:
        # Some code is about numbers only; then sizes are what they are by default.
        plain = run.complete({})
        return found if plain.observation is None else plain
    return found


class _Run:
    def __init__(
        self,
        classes: ModuleClasses,
        module: nn.Module,
        block: Block,
        plans: list[InputPlan],
        sizes: Mapping[str, int],
        prepare: Prepare | None = None,
    ) -> None:
        self._prepare = prepare
        self._classes = classes
        self._module = module
        self._block = block
        self._plans = plans
        self._sizes = sizes

    def complete(self, symbols: Mapping[str, int]) -> ObservedRun:
        """Run with these symbols left open."""
        where = partial(running_span, self._classes.sources, self._classes.unwritten)
        environment = Environment(where)
        sizes = Sizes(environment)
        is_block = self._classes.block_of
        recorder = Recorder(sizes, where, lambda one: is_block(type(one)) is not None)
        try:
            with _quiet(), self._fakes(environment, recorder):
                made = {n: environment.new_symbol(n, v) for n, v in symbols.items()}
                output = self._call(recorder, made)
        except Exception as error:
            if depends_on_values(error):
                note = "the run stopped where it depends on the values of a tensor"
                return ObservedRun(note=note)
            return ObservedRun(failure=recorder.failed(error))
        return ObservedRun(self._observed(recorder, environment, sizes, output))

    @contextmanager
    def _fakes(self, environment: Environment, recorder: Recorder) -> Iterator[None]:
        with ExitStack() as stack:
            stack.enter_context(without_dynamo())
            stack.enter_context(torch.random.fork_rng(devices=[]))
            stack.enter_context(torch.no_grad())
            stack.enter_context(enable_python_dispatcher())
            stack.enter_context(CountingFakes(environment, recorder.count))
            yield

    def _call(self, recorder: Recorder, symbols: Mapping[str, torch.SymInt]) -> object:
        trial = copy_with(self._module, _fake)
        recorder.watch(trial)
        tensors = {}
        for plan in self._plans:
            shape = self._shape(plan, symbols)
            tensors[plan.name] = torch.empty(shape, dtype=plan.dtype, device="cpu")
            recorder.add_input(plan.name, tensors[plan.name])
        args = [tensors.pop(name) for name in positional_inputs(self._block)]
        with self._classes.bounded(), ExitStack() as stack:
            if self._prepare is not None:
                self._prepare(trial, recorder, stack)
            stack.enter_context(recorder)
            return trial(*args, **tensors)

    def _shape(
        self, plan: InputPlan, symbols: Mapping[str, torch.SymInt]
    ) -> list[int | torch.SymInt]:
        declared = next(one for one in self._block.inputs if one.name == plan.name)
        assert declared.shape is not None
        return [
            symbols.get(name, size) if isinstance(name, str) else size
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
        )

    def _written(self, path: str) -> Span | None:
        return find_place(self._module, path, self._classes.block_of)


def _fake(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor without memory: a fake mode is on."""
    made = torch.empty_strided(
        tensor.shape, tensor.stride(), dtype=tensor.dtype, device="cpu"
    )
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(made, requires_grad=tensor.requires_grad)
    return made


def positional_inputs(block: Block) -> list[str]:
    """Inputs up to the first that is left out: a container's own `forward` knows no
    names."""
    names = [one.name for one in block.inputs]
    skipped = [one.optional for one in block.inputs]
    return names[: skipped.index(True)] if True in skipped else names


def _all_sizes(steps: Iterable[Step]) -> Iterator[Size]:
    for step in steps:
        for tensor in tensors_of(step.output):
            yield from tensor.shape


def _forced(environment: Environment, sizes: Sizes) -> Iterator[Forced]:
    seen: set[str] = set()
    for asked, value, span in environment.forced():
        text = render_size(sizes.expression(asked))
        if text not in seen:
            seen.add(text)
            yield Forced(text, value, span)


@contextmanager
def _quiet() -> Iterator[None]:
    """What torch warns and logs about stand-ins is not about the spec."""
    logger = logging.getLogger("torch._subclasses.fake_tensor")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
