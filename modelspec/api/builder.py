"""A Program to a module: what a caller asked for, checked, then made.

In: a Program and a `BuildRequest`. Out: a `Built`, or `SpecError` with everything that
is wrong with the request, or with what went wrong in the making. The one way to the
torch back end; imports torch only when something is built.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import field
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from modelspec.api.weights import WeightsRequest
from modelspec.diagnostics.diagnostic import Diagnostic, Report, SpecError
from modelspec.diagnostics.span import Source
from modelspec.policy import Limits
from modelspec.program.given import (
    check_complete,
    check_names,
    find_root,
    find_variant,
)
from modelspec.program.ir import Block, Input, Program, Variant
from modelspec.pysubset.clock import Clock
from modelspec.records import dataclass

if TYPE_CHECKING:
    from pathlib import Path

    import torch
    from torch import nn

    from modelspec.api.sizes import Traces
    from modelspec.backends.torch import ModuleClasses, RunResult
    from modelspec.backends.torch.shapes import ObservedRun

_T = TypeVar("_T")
_SEEDS = range(-(2**63), 2**64)
"""What `torch.manual_seed` takes."""


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What a caller asked for; None leaves it to torch.

    `texts` are values as they are written in a spec, `params` are values. `sizes` are
    those of symbols in `inputs`, from which sizes left to `auto` may follow. What is
    made for a `trial` is only looked at: torch's random numbers are as before
    afterwards. All that is made and run for one request spends from its `clock`.
    """

    variant: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    device: str | torch.device | None = None
    dtype: str | torch.dtype | None = None
    seed: int | None = None
    weights: WeightsRequest | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)
    trial: bool = False
    clock: Clock = field(default_factory=Clock, compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class Built:
    """A module, its classes, and the values of params that it was given.

    `seconds` is what making it took, its weights too, without reading the spec and
    importing torch.
    `dtype` is what it was made with; None is torch's default. `loaded` is how many
    tensors the files of weights had for it; None where there are none. `traces` tell
    the sizes that the spec left to `auto`.
    """

    module: nn.Module
    block: Block
    classes: ModuleClasses
    params: Mapping[str, object]
    warnings: tuple[Diagnostic, ...]
    seconds: float
    dtype: str | torch.dtype | None = None
    loaded: int | None = None
    traces: Traces = ()
    clock: Clock = field(default_factory=Clock)

    def run_once(self, sizes: Mapping[str, int]) -> RunResult:
        """Run it once on its declared inputs, without memory or random numbers."""
        from modelspec.backends.torch import run_once

        with self.clock.shared():
            return run_once(self.classes, self.module, self.params, sizes, self.dtype)

    def count_saved(self, sizes: Mapping[str, int]) -> int | None:
        """Bytes that autograd keeps of one forward; None where it cannot be run."""
        from modelspec.backends.torch.shapes import count_saved

        with self.clock.shared():
            return count_saved(
                self.classes, self.module, self.params, sizes, self.dtype
            )

    def export(self, path: Path, sizes: Mapping[str, int]) -> tuple[str, ...]:
        """Write the module in the format that the suffix names, from a run with these
        sizes; returned are the symbols whose size is fixed in it."""
        from modelspec.backends.torch import export_module, plan_run

        run = plan_run(self.classes, self.module, self.params, sizes, self.dtype)
        return export_module(self.module, run, path)

    def usual_sizes(self) -> dict[str, int]:
        """The sizes that symbols of the inputs have where nobody gives any."""
        from modelspec.backends.torch import usual_sizes

        return usual_sizes(self.classes, self.module, self.params)

    def observe(self, sizes: Mapping[str, int]) -> ObservedRun:
        """What a run on fake tensors shows; symbols without a size stay symbols."""
        from modelspec.backends.torch.shapes import observe

        with self.clock.shared():
            return observe(self.classes, self.module, self.params, sizes, self.dtype)


def build_module(program: Program, limits: Limits, request: BuildRequest) -> Built:
    """Make the root block of a Program."""
    with request.clock.shared():
        return _build(program, limits, request)


def _build(program: Program, limits: Limits, request: BuildRequest) -> Built:
    block = _found(find_root(program))
    _require(_check_seed(request.seed))
    given = _given_variants(program, block, limits, request)
    # All that can be told without torch is told before it is imported.
    from modelspec.api.pickles import classes_of
    from modelspec.backends.torch import keep_random_state

    start = perf_counter()

    def values(classes: ModuleClasses) -> dict[str, object]:
        found = _values(classes, given) | dict(request.params)
        _require(_check_values(block, found))
        return found

    from modelspec.api.sizes import fill_for_build

    filled = fill_for_build(program, limits, values, request.sizes)
    classes = classes_of(filled.program, limits, filled.traces)
    params = values(classes)
    with keep_random_state() if request.trial else nullcontext():
        module, loaded = _make(classes, params, request)
    if program.parallel is not None:
        from modelspec.backends.torch.divisions import division_problems

        _require(division_problems(program.parallel, module))
    seconds = perf_counter() - start
    warnings = tuple(classes.warnings)
    return Built(
        module,
        block,
        classes,
        params,
        warnings,
        seconds,
        request.dtype,
        loaded,
        filled.traces,
        request.clock,
    )


def _make(
    classes: ModuleClasses, params: Mapping[str, object], request: BuildRequest
) -> tuple[nn.Module, int | None]:
    """The module, and how many tensors the files of weights had for it."""
    from modelspec.backends.torch import build_with_weights, instantiate

    device, weights = given_device(request.device), request.weights

    def make() -> nn.Module:
        return instantiate(
            classes, params, device=device, dtype=request.dtype, seed=request.seed
        )

    if weights is None:
        return make(), None
    return build_with_weights(
        make, device, *weights.paths, rules=weights.rules, key=weights.key
    )


def find_class(program: Program, limits: Limits) -> type[nn.Module]:
    """The class of the root block."""
    from modelspec.api.pickles import classes_of

    root = _found(find_root(program)).name
    from modelspec.api.sizes import fill_for_source

    filled = fill_for_source(program, limits)
    return classes_of(filled.program, limits, filled.traces)[root]


def symbol_sizes(block: Block, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
    """The sizes of symbols that shapes of inputs stand for: `x=1x3x224x224`."""
    sizes: dict[str, int] = {}
    for name, shape in shapes.items():
        _require(_check_shape(block, name, shape, sizes))
    return sizes


def check_given_shapes(
    block: Block,
    shapes: Mapping[str, tuple[int, ...]],
    made: Mapping[str, tuple[int, ...]],
) -> Iterator[Diagnostic]:
    """What the caller's shapes are not, where a size is computed from params."""
    for declared in block.inputs:
        given = shapes.get(declared.name)
        if given is not None and made.get(declared.name, given) != given:
            yield _wrong_shape(declared, given, made[declared.name])


def _given_variants(
    program: Program, block: Block, limits: Limits, request: BuildRequest
) -> list[Variant]:
    """The variant and the texts, as what gives values to params; names checked."""
    found: list[Variant] = []
    if request.variant is not None:
        found.append(_found(find_variant(program, request.variant)))
    known = (*request.params, *request.texts)
    _require(check_names(block, known))
    names = {name for one in found for name, _ in one.values}
    names.update(known)
    _require(check_complete(block, names, (one.name for one in program.variants)))
    found.extend(_read_texts(program, block, limits, request.texts))
    return found


def _check_seed(seed: object) -> Iterator[Diagnostic]:
    if seed is not None and (not isinstance(seed, int) or seed not in _SEEDS):
        message = f"the seed is a whole number of 64 bits, got {seed!r}"
        yield Diagnostic("wrong-seed", message[:200], None)


def _read_texts(
    program: Program, block: Block, limits: Limits, texts: Mapping[str, str]
) -> Iterator[Variant]:
    from modelspec.diagnostics.span import Span
    from modelspec.program.lowering.given import lower_given

    report = Report()
    params = {param.name: param for param in block.params}
    for name, text in texts.items():
        source = Source(f"--set {name}", text)
        value = lower_given(program, params[name], source, limits, report)
        _require(report.found)
        if value is not None:
            yield Variant(name, ((name, value),), Span(source, 0, len(text)))


def _values(classes: ModuleClasses, given: Iterable[Variant]) -> dict[str, object]:
    from modelspec.pysubset.faults import EvaluationError

    values: dict[str, object] = {}
    for one in given:
        try:
            values |= classes.evaluate_variant(one)
        except EvaluationError as error:
            raise SpecError([error.diagnostic]) from error.__cause__
    return values


def _check_values(block: Block, values: Mapping[str, object]) -> Iterator[Diagnostic]:
    from modelspec.backends.torch.arguments import (
        build_test,
        describe_value,
        find_bound,
    )

    for param in block.params:
        if param.name not in values:
            continue
        value = values[param.name]
        fits = build_test(param.type)
        problem = find_bound(param, value)
        if fits is not None and not fits(value):
            problem = f"takes {param.type}, got {describe_value(value)}"
        if problem is not None:
            message = f"the param '{param.name}' {problem}"
            yield Diagnostic("wrong-param", message, param.span, note="declared here")


def _check_shape(
    block: Block, name: str, shape: tuple[int, ...], sizes: dict[str, int]
) -> Iterator[Diagnostic]:
    declared = next((one for one in block.inputs if one.name == name), None)
    if declared is None or declared.shape is None:
        known = ", ".join(one.name for one in block.inputs if one.shape is not None)
        what = "no input" if declared is None else "no shape for the input"
        help = (f"inputs with shapes: {known}",) if known else ()
        message = f"{block.name} has {what} '{name}'"
        yield Diagnostic("wrong-input", message, None, help=help)
        return
    fits = len(shape) == len(declared.shape)
    for size, dimension in zip(shape, declared.shape, strict=False):
        if isinstance(dimension, str):
            fits = fits and sizes.setdefault(dimension, size) == size
        elif isinstance(dimension, int):
            fits = fits and size == dimension
    if not fits:
        yield _wrong_shape(declared, shape)


def _wrong_shape(
    declared: Input, given: tuple[int, ...], made: tuple[int, ...] | None = None
) -> Diagnostic:
    sizes = (
        ast.unparse(size) if isinstance(size, ast.expr) else str(size)
        for size in declared.shape or ()
    )
    here = "" if made is None else f", here {list(made)}"
    shown = "x".join(map(str, given))
    message = f"the input '{declared.name}' is [{', '.join(sizes)}]{here}, not {shown}"
    return Diagnostic("wrong-input", message, declared.span, note="declared here")


def given_device(device: str | torch.device | None) -> torch.device | None:
    """The device that a caller names, which is there; None is torch's default."""
    from modelspec.backends.torch import find_device

    return None if device is None else find_device(device)


def _found(value: _T | Diagnostic) -> _T:
    if isinstance(value, Diagnostic):
        raise SpecError([value])
    return value


def _require(diagnostics: Iterable[Diagnostic]) -> None:
    errors = [one for one in diagnostics if one.is_error]
    if errors:
        raise SpecError(errors)
