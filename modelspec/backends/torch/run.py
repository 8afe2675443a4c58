"""One trial run of a built module on its declared inputs, on fake tensors.

Comes in: a built module and its classes. Goes out: the shapes and dtypes of what it
returns, or one diagnostic at the line that failed, or a note that the run could not go
on because a fake tensor has no values. Takes no memory, draws no random numbers, and
works on a copy: neither the module's mode nor its state changes.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from modelspec.backends.torch.classes import ModuleClasses
from modelspec.backends.torch.failure import reason
from modelspec.backends.torch.inputs import InputPlan, plan_inputs
from modelspec.backends.torch.places import find_place
from modelspec.backends.torch.tracebacks import failed_module, spec_spans
from modelspec.backends.torch.tracing import EndlessError, bounded_run
from modelspec.diagnostics.diagnostic import Diagnostic, Label
from modelspec.diagnostics.span import Span
from modelspec.program.ir import Block

_MOST_LABELS = 16


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
) -> RunResult:
    """Run a built module's `forward` in eval mode on inputs as it declares them.

    `params` are those it was built with; sizes of inputs may depend on them.
    """
    block = classes.block_of(type(module))
    assert block is not None, "not a module of these classes"
    scope = classes.bind_params(block.name, params or {})
    plans, known = plan_inputs(
        block, lambda node: classes.evaluate(node, block, scope), sizes or {}
    )
    given = tuple((p.name, TensorShape(p.shape, _dtype_name(p.dtype))) for p in plans)
    if not plans:
        return RunResult(given, known, note="the inputs have no shapes to run on")
    return _Trial(classes, module, block).run(plans, given, known)


class _Trial:
    def __init__(self, classes: ModuleClasses, module: nn.Module, block: Block) -> None:
        self._classes = classes
        self._block = block
        self._module = module

    def run(
        self,
        plans: list[InputPlan],
        given: tuple[tuple[str, TensorShape], ...],
        sizes: dict[str, int],
    ) -> RunResult:
        # Heavy to import, and not needed to build.
        from torch._subclasses.fake_tensor import FakeTensorMode

        with FakeTensorMode(allow_non_fake_inputs=True) as mode, torch.no_grad():
            trial = _fake_copy(self._module, mode)
            device = _device_of(self._module)
            tensors = {
                plan.name: torch.empty(plan.shape, dtype=plan.dtype, device=device)
                for plan in plans
            }
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    output = self._call(trial, tensors)
            except Exception as error:
                if _is_beyond_fakes(error):
                    note = "the run stopped where it depends on the values of a tensor"
                    return RunResult(given, sizes, note=note)
                found = self._describe(error, trial, given)
                return RunResult(given, sizes, diagnostic=found)
        return RunResult(given, sizes, output=describe_output(output))

    def _call(self, trial: nn.Module, tensors: dict[str, torch.Tensor]) -> object:
        files = frozenset(self._classes.sources)
        args = [tensors.pop(name) for name in self._positional()]
        with bounded_run(files, self._classes.limits):
            return trial(*args, **tensors)

    def _positional(self) -> list[str]:
        """Inputs up to the first that is left out: a container's own `forward` knows
        no names."""
        names = [one.name for one in self._block.inputs]
        skipped = [one.optional for one in self._block.inputs]
        return names[: skipped.index(True)] if True in skipped else names

    def _describe(
        self,
        error: Exception,
        trial: nn.Module,
        given: tuple[tuple[str, TensorShape], ...],
    ) -> Diagnostic:
        shapes = ", ".join(f"{name}={shape}" for name, shape in given)
        spans = spec_spans(error, self._classes.sources)
        module = failed_module(error)
        path = _path_of(module, trial)
        what = reason(error)
        if path and module is not None:
            what = f"'{path}' ({type(module).__name__}): {what}"
        place = find_place(trial, path, self._classes.block_of) if path else None
        span, labels = self._innermost(spans, place)
        code = "limit-exceeded" if isinstance(error, EndlessError) else "forward-error"
        return Diagnostic(
            code,
            f"the run on {shapes} failed: {what}",
            span,
            help=_advice(error),
            labels=labels,
        )

    def _innermost(
        self, spans: list[Span], place: Span | None
    ) -> tuple[Span, tuple[Label, ...]]:
        if not spans:
            return place or self._block.span, ()
        labels = [Label(span, "called here") for span in reversed(spans[:-1])]
        if place is not None:
            labels.insert(0, Label(place, "this layer"))
        return spans[-1], tuple(labels[:_MOST_LABELS])


def describe_output(value: object) -> Structure:
    """A returned value with tensors as their shapes."""
    if isinstance(value, torch.Tensor):
        return TensorShape(tuple(map(int, value.shape)), _dtype_name(value.dtype))
    if isinstance(value, tuple):
        return tuple(describe_output(one) for one in value)
    if isinstance(value, list):
        return [describe_output(one) for one in value]
    if isinstance(value, dict):
        return {str(key): describe_output(one) for key, one in value.items()}
    return "None" if value is None else type(value).__name__


def _fake_copy(module: nn.Module, mode: Any) -> nn.Module:
    """A copy in eval mode whose parameters and buffers are fake."""
    fakes: dict[int, Any] = {}
    for tensor in (*module.parameters(), *module.buffers()):
        if not is_lazy(tensor):
            fakes[id(tensor)] = mode.from_tensor(tensor)
    return copy.deepcopy(module, fakes).eval()


def _device_of(module: nn.Module) -> torch.device:
    for tensor in (*module.parameters(), *module.buffers()):
        return tensor.device
    return torch.get_default_device()


def _is_beyond_fakes(error: BaseException) -> bool:
    from torch._subclasses import fake_tensor
    from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode

    kinds = (
        fake_tensor.DataDependentOutputException,
        fake_tensor.DynamicOutputShapeException,
        fake_tensor.UnsupportedFakeTensorException,
        fake_tensor.UnsupportedOperatorException,
        GuardOnDataDependentSymNode,
    )
    return isinstance(error, kinds) or isinstance(error.__cause__, kinds)


def _path_of(module: nn.Module | None, root: nn.Module) -> str:
    names = (name for name, one in root.named_modules() if one is module)
    return next(names, "")


def _advice(error: Exception) -> tuple[str, ...]:
    if "auto" in str(error):
        return ()
    if "shape" in str(error) or "size" in str(error):
        return ("sizes of symbols can be given: --input x=2x3x224x224",)
    return ()


def _dtype_name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
