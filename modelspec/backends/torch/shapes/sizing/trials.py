"""Runs of a model in which its layers read their sizes.

On the device meta with numbers for the symbols, which is quick; on fake tensors with
symbols, which is exact. Neither touches the model, takes memory or draws.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import nn

from modelspec.backends.torch.classes import ModuleClasses
from modelspec.backends.torch.meta_mode import on_meta
from modelspec.backends.torch.planned_run import PlannedRun, plan_run, quiet
from modelspec.backends.torch.run_failure import depends_on_values, is_beyond_meta
from modelspec.backends.torch.shapes.observe import observe
from modelspec.backends.torch.shapes.recorder import Recorder
from modelspec.backends.torch.shapes.sizing.reading import Reading, Refused
from modelspec.backends.torch.stand_ins import copy_on_meta
from modelspec.diagnostics.diagnostic import Diagnostic

Change: TypeAlias = Callable[[int], int]
SMALL = 4
"""Sizes below are those of batches, or of something else of which one is enough."""


def as_it_is(size: int) -> int:
    return size


def one_at_a_time(size: int) -> int:
    """For what keeps tensors from call to call."""
    return 1 if size < SMALL else size


def shorter(size: int) -> int:
    """For what has places for so many only."""
    return max(1, size // SMALL)


def larger(size: int) -> int:
    return size + (1 if size < SMALL else 96)


def a_bit_larger(size: int) -> int:
    return size + 1


@dataclass(frozen=True, slots=True)
class Run:
    """What a run has read, and how it ended: with an error, if it was on numbers, with
    a diagnostic, if it was on symbols. `inputs` are those it was given."""

    reading: Reading
    is_complete: bool
    error: Exception | None = None
    inputs: str = ""
    diagnostic: Diagnostic | None = None

    @property
    def is_refused(self) -> bool:
        return self.reading.problem is not None

    @property
    def is_beyond(self) -> bool:
        """Whether another way of running may come further."""
        error = self.error
        return error is not None and (is_beyond_meta(error) or depends_on_values(error))


class Trials:
    """Runs of one model; `reading` makes what each run is read by."""

    def __init__(
        self,
        classes: ModuleClasses,
        module: nn.Module,
        params: Mapping[str, object],
        reading: Callable[[], Reading],
        given: Mapping[str, int],
    ) -> None:
        """`given` are sizes of symbols that a caller fixes."""
        self._given = given
        self._classes = classes
        self._module = module
        self._params = params
        self._reading = reading
        self._sizes = {
            name: size
            for name, size in self._plan({}).sizes.items()
            if name not in given
        }

    @property
    def has_symbols(self) -> bool:
        return bool(self._sizes)

    def on_numbers(self, change: Change) -> Run:
        """With the default size of each symbol, changed so."""
        sizes = {name: change(size) for name, size in self._sizes.items()}
        planned = self._plan(sizes)
        reading = self._reading()
        inputs = ", ".join(f"{one.name}={list(one.shape)}" for one in planned.inputs)
        try:
            with quiet(), ExitStack() as stack:
                stack.enter_context(torch.random.fork_rng(devices=[]))
                stack.enter_context(torch.no_grad())
                stack.enter_context(on_meta())
                trial = copy_on_meta(self._module)
                reading.watch(trial, stack)
                stack.enter_context(self._classes.bounded())
                stack.enter_context(torch.device("meta"))
                planned.call(trial, planned.tensors("meta"))
        except Exception as error:
            return Run(reading, False, error, inputs)
        return Run(reading, True, None, inputs)

    def on_symbols(self) -> Run:
        """What counts is read in the last run: there may be several, with other
        defaults, until one comes to its end."""
        reading = self._reading()

        def prepare(trial: nn.Module, recorder: Recorder, stack: ExitStack) -> None:
            nonlocal reading
            if reading.problem is not None:
                raise Refused
            reading = self._reading()
            reading.measure, reading.symbols = recorder.size, self._sizes
            reading.watch(trial, stack)

        run = observe(
            self._classes, self._module, self._params, self._given, prepare=prepare
        )
        is_complete = run.observation is not None
        return Run(reading, is_complete, diagnostic=run.diagnostic)

    def _plan(self, sizes: Mapping[str, int]) -> PlannedRun:
        given = {**self._given, **sizes}
        return plan_run(self._classes, self._module, self._params, given)
