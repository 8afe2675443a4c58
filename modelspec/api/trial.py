"""A built module looked at: one run on its declared inputs, and what it holds.

In: a `Built` and shapes of inputs. Out: a `BuildReport` and diagnostics. The run is on
fake tensors: it takes no memory and draws no random numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING

from modelspec.api.budget import require_budget
from modelspec.api.builder import (
    BuildRequest,
    Built,
    build_module,
    check_given_shapes,
    given_device,
    symbol_sizes,
)
from modelspec.api.observing import build_on_meta
from modelspec.api.sizes import Known
from modelspec.diagnostics.diagnostic import Diagnostic, SpecError
from modelspec.records import dataclass
from modelspec.report.built import BuildReport

if TYPE_CHECKING:
    from modelspec.api.spec import Spec
    from modelspec.backends.torch import RunResult


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What was built, what is known of it, and what the making and the run found."""

    built: Built
    report: BuildReport
    diagnostics: tuple[Diagnostic, ...]
    known: Known = field(default_factory=Known)


def build_and_run(
    spec: Spec,
    request: BuildRequest,
    shapes: Mapping[str, tuple[int, ...]],
    *,
    eval: bool = False,
) -> Trial:
    """Make a module and run it once; a run that fails is among the diagnostics."""
    block = spec.program.root_block
    sizes = symbol_sizes(block, shapes) if block is not None else {}
    request = replace(request, sizes=sizes)
    result = _run_without_memory(spec, request, sizes)
    warnings = require_budget(spec, request)
    built = build_module(spec.program, spec.policy.limits, request)
    if eval:
        built.module.eval()
    result = result or built.run_once(sizes)
    made = {name: tensor.shape for name, tensor in result.inputs}
    if wrong := list(check_given_shapes(built.block, shapes, made)):
        raise SpecError(wrong)
    found = (*built.warnings, *warnings)
    if result.diagnostic is not None:
        found = (*found, explained(built, sizes, result.diagnostic))
    report = _report(built, request, result)
    return Trial(built, report, found, Known(built.traces, sizes))


def _run_without_memory(
    spec: Spec, request: BuildRequest, sizes: Mapping[str, int]
) -> RunResult | None:
    """The run of a module on the device meta: what fails does so before memory is
    taken. None where it cannot be made there, or goes on with values only."""
    try:
        bare = build_on_meta(spec, request)
    except SpecError:
        return None
    _require_room(bare, request)
    result = bare.run_once(sizes)
    if result.diagnostic is not None:
        raise SpecError([*bare.warnings, explained(bare, sizes, result.diagnostic)])
    return None if result.output is None else result


def _require_room(bare: Built, request: BuildRequest) -> None:
    from modelspec.backends.torch import require_room

    device = given_device(request.device)
    if request.weights is not None and (device is None or device.type == "cpu"):
        return  # they are mapped, not made
    require_room(bare.module, device)


def explained(
    built: Built, sizes: Mapping[str, int], failure: Diagnostic
) -> Diagnostic:
    """A failed run, told by a run that records where each shape came from."""
    if failure.code == "limit-exceeded":
        return failure
    return built.observe(sizes).diagnostic or failure


def _report(built: Built, request: BuildRequest, result: RunResult) -> BuildReport:
    from modelspec.backends.torch import count_parameters

    counts = count_parameters(built.module)
    tensors = [*built.module.parameters(), *built.module.buffers()]
    places = dict.fromkeys(str(one.device) for one in tensors)
    kinds = dict.fromkeys(
        str(one.dtype).removeprefix("torch.") for one in built.module.parameters()
    )
    return BuildReport(
        name=type(built.module).__name__,
        variant=request.variant,
        params=built.params,
        parameters=counts.total,
        trainable=counts.trainable,
        buffers=counts.buffers,
        bytes=counts.bytes,
        inputs=[(name, str(shape)) for name, shape in result.inputs],
        output=list(_outputs(result.output, "")),
        note=result.note,
        device=", ".join(places) or "no device",
        dtype=", ".join(kinds) or "no parameters",
        seconds=built.seconds,
        weights=_weights(built, request),
    )


def _weights(built: Built, request: BuildRequest) -> str | None:
    if request.weights is None:
        return None
    return f"{built.loaded:,} tensors of {request.weights}"


def _outputs(value: object, path: str) -> Iterator[tuple[str, str]]:
    """The tensors of a structure, each with its place in it."""
    if isinstance(value, tuple | list):
        for index, one in enumerate(value):
            yield from _outputs(one, f"{path}[{index}]")
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _outputs(one, f"{path}[{key!r}]")
    elif value is not None:
        yield path, str(value)
