"""One trial run of a built module on its declared inputs, without memory.

Comes in: a built module and its classes. Goes out: the shapes and dtypes of what it
returns, or one diagnostic at the line that failed, or a note that the run could not go
on because its tensors have no values. Draws no random numbers and works on a copy:
neither the module's mode nor its state changes.

The copy is on the device meta. Only what cannot be told there, such as tensors of two
devices meeting, is run again on torch's fake tensors, whose import takes long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count, islice
from typing import Any, TypeAlias

import torch
from torch import nn

from modelspec.backends.torch.classes import ModuleClasses
from modelspec.backends.torch.meta_mode import on_meta
from modelspec.backends.torch.planned_run import PlannedRun, plan_run, quiet
from modelspec.backends.torch.run_failure import (
    depends_on_values,
    describe_failure,
    is_beyond_meta,
)
from modelspec.backends.torch.stand_ins import copy_on_meta, copy_with, device_of
from modelspec.diagnostics.diagnostic import Diagnostic

MOST_VALUES = 1000
_Run: TypeAlias = "Callable[[nn.Module, torch.device], object]"


@dataclass(frozen=True, slots=True)
class TensorShape:
    """What is known of one tensor."""

    shape: tuple[int, ...]
    dtype: str

    def __str__(self) -> str:
        return f"{self.dtype}[{', '.join(map(str, self.shape))}]"


Structure: TypeAlias = (
    "TensorShape | tuple[Any, ...] | list[Any] | dict[str, Any] | str"
)


@dataclass(frozen=True, slots=True)
class RunResult:
    """How the trial run went.

    `output` is None where there was no run to the end; then `diagnostic` tells of a
    failure or `note` why the run stopped. `sizes` are those that symbols had.
    """

    inputs: tuple[tuple[str, TensorShape], ...]
    sizes: Mapping[str, int]
    output: Structure | None = None
    diagnostic: Diagnostic | None = None
    note: str | None = None


def run_once(
    classes: ModuleClasses,
    module: nn.Module,
    params: Mapping[str, object] | None = None,
    sizes: Mapping[str, int] | None = None,
    dtype: str | torch.dtype | None = None,
) -> RunResult:
    """Run a built module's `forward` in eval mode on inputs as it declares them.

    `params` are those it was built with; sizes of inputs may depend on them. `dtype`
    is what it was built with; inputs that are float32 get it, None is torch's default.
    """
    planned = plan_run(classes, module, params, sizes, dtype)
    given = tuple(
        (one.name, TensorShape(one.shape, _dtype_name(one.dtype)))
        for one in planned.inputs
    )
    result = RunResult(given, planned.sizes)
    if not planned.inputs:
        return replace(result, note="the inputs have no shapes to run on")
    return _Trial(classes, module, planned).complete(result)


def usual_sizes(
    classes: ModuleClasses,
    module: nn.Module,
    params: Mapping[str, object] | None = None,
) -> dict[str, int]:
    """The sizes that symbols of a module's inputs have where nobody gives any."""
    return dict(plan_run(classes, module, params).sizes)


class _Trial:
    def __init__(
        self,
        classes: ModuleClasses,
        module: nn.Module,
        planned: PlannedRun,
    ) -> None:
        self._classes = classes
        self._module = module
        self._planned = planned

    def complete(self, result: RunResult) -> RunResult:
        """The result with what the run returned, or why it did not."""
        with quiet():
            try:
                return replace(result, output=describe_output(self._run()))
            except Exception as error:
                if depends_on_values(error):
                    note = "the run stopped where it depends on the values of a tensor"
                    return replace(result, note=note)
                return replace(result, diagnostic=self._describe(error, result))

    def _run(self) -> object:
        device = device_of(self._module)
        try:
            with on_meta() as mode:
                output = self._call(copy_on_meta(self._module), torch.device("meta"))
        except Exception as error:
            if not is_beyond_meta(error):
                raise
            return self._run_on_fakes(device)
        if mode.has_chosen and device.type not in ("cpu", "meta"):
            return self._run_on_fakes(device)  # it may have chosen the wrong one
        return output

    def _run_on_fakes(self, device: torch.device) -> object:
        from torch._subclasses.fake_tensor import FakeTensorMode

        keep = torch.random.fork_rng(devices=[])
        with FakeTensorMode(allow_non_fake_inputs=True) as fakes, keep, torch.no_grad():
            return self._call(copy_with(self._module, fakes.from_tensor), device)

    def _call(self, trial: nn.Module, device: torch.device) -> object:
        tensors = self._planned.tensors(device)
        with self._classes.bounded():
            return self._planned.call(trial, tensors)

    def _describe(self, error: Exception, result: RunResult) -> Diagnostic:
        shapes = ", ".join(f"{name}={shape}" for name, shape in result.inputs)
        return describe_failure(error, shapes, self._planned.block, self._classes)


def describe_output(value: object) -> Structure:
    """A returned value with tensors as their shapes; of very many only the first.

    Values that hold one another twice, time after time, are few and look endless.
    """
    return _described(value, count(1))


def _described(value: object, seen: Iterator[int]) -> Structure:
    if next(seen) > MOST_VALUES:
        return "..."
    if isinstance(value, torch.Tensor):
        return TensorShape(tuple(map(int, value.shape)), _dtype_name(value.dtype))
    if isinstance(value, tuple):
        return tuple(_described(one, seen) for one in islice(value, MOST_VALUES))
    if isinstance(value, list):
        return [_described(one, seen) for one in islice(value, MOST_VALUES)]
    if isinstance(value, dict):
        pairs = islice(value.items(), MOST_VALUES)
        return {str(key): _described(one, seen) for key, one in pairs}
    return "None" if value is None else type(value).__name__


def _dtype_name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
