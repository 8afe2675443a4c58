"""The shapes in a spec: made without memory, run once on fake tensors.

In: a `Spec` and what a caller asked for. Out: what the run showed, or `SpecError` with
what is wrong. Nothing is allocated and no random numbers are drawn, whatever device
the caller means to build on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from modelspec.api.budget import observed_problems
from modelspec.api.builder import BuildRequest, Built, build_module, symbol_sizes
from modelspec.diagnostics.diagnostic import Diagnostic, Severity, SpecError
from modelspec.program.ir import Block
from modelspec.records import dataclass
from modelspec.sizes.observation import Observation

if TYPE_CHECKING:
    from modelspec.api.spec import Spec


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """A module without memory and what its run showed.

    `observation` is None where there was nothing to run on; `note` says why.
    """

    built: Built
    observation: Observation | None
    note: str | None


def observe_spec(
    spec: Spec,
    request: BuildRequest,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
) -> Observed:
    """Make the root block on the device meta and run it on its declared inputs.

    `shapes` give sizes to symbols, as `x=1x3x224x224` does; the others stay symbols.
    """
    block = spec.program.root_block
    sizes = symbol_sizes(block, shapes or {}) if block is not None else {}
    return observe_built(build_without_memory(spec, request), sizes)


def observe_built(built: Built, sizes: Mapping[str, int] | None = None) -> Observed:
    """Run what was made on its declared inputs; `sizes` are those of symbols."""
    run = built.observe(sizes or {})
    if run.diagnostic is not None:
        raise SpecError([run.diagnostic])
    return Observed(built, run.observation, run.note)


def check_shapes(spec: Spec) -> Iterator[Diagnostic]:
    """What is wrong with the shapes in a spec, with its defaults and each variant.

    One mistake is told once, however many variants have it.
    """
    block = spec.program.root_block
    if block is None:
        return
    told: set[tuple[object, ...]] = set()
    for variant in _ways(spec, block):
        request = BuildRequest(variant=variant)
        for one in _found(spec, request):
            place = (one.code, one.span, one.message if one.span is None else "")
            if place not in told:
                told.add(place)
                yield one
        if request.clock.spent > spec.policy.limits.seconds:
            return  # the others would take as long


def _ways(spec: Spec, block: Block) -> Iterator[str | None]:
    if spec.variant is not None:
        yield spec.variant
        return
    if all(param.default is not None for param in block.params):
        yield None
    for one in spec.program.variants:
        given = {name for name, _ in one.values}
        if all(p.default is not None or p.name in given for p in block.params):
            yield one.name


def _found(spec: Spec, request: BuildRequest) -> Iterator[Diagnostic]:
    try:
        observed = observe_spec(spec, request)
    except SpecError as error:
        yield from error.diagnostics
        return
    yield from observed.built.warnings
    yield from observed_problems(spec, observed, request.variant)
    if observed.observation is not None:
        yield from forced_sizes(observed.observation)


def forced_sizes(observation: Observation) -> Iterator[Diagnostic]:
    """Warnings where a size that the inputs leave open had to be one number."""
    for one in observation.forced:
        is_pair = isinstance(one.value, str)
        what = (
            f"the symbolic sizes {one.symbol} and {one.value} can only be equal here"
            if is_pair
            else f"the symbolic size {one.symbol} can only be {one.value} here"
        )
        wanted = "one name for both" if is_pair else "the number"
        yield Diagnostic(
            "forced-size",
            what,
            one.span,
            help=(
                *((f"else {one.failure}",) if one.failure else ()),
                "other sizes fail or run differently;"
                f" where that is meant, write {wanted} in `inputs`",
            ),
            severity=Severity.WARNING,
        )


def build_without_memory(spec: Spec, request: BuildRequest) -> Built:
    """What is asked for, without memory where its construction goes without."""
    try:
        return build_on_meta(spec, request)
    except SpecError:
        # Some constructions read numbers out of tensors, which have none there.
        return _build_trial(spec, request, "cpu")


def build_on_meta(spec: Spec, request: BuildRequest) -> Built:
    """What is asked for, on the device meta; torch's random numbers are kept."""
    return _build_trial(spec, request, "meta")


def _build_trial(spec: Spec, request: BuildRequest, device: str) -> Built:
    bare = replace(request, device=device, seed=None, weights=None, trial=True)
    return build_module(spec.program, spec.policy.limits, bare)
