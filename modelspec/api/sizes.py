"""Programs without `auto`: for one build, and for source that serves all variants.

In: a Program. Out: the same where nothing is left to `auto`, at no cost; else one with
sizes in place, and the traces that it was filled with. Imports torch only then.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import field
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from modelspec.diagnostics.diagnostic import Diagnostic, SpecError
from modelspec.inference.fill import fill
from modelspec.inference.rewriting import has_auto
from modelspec.inference.trace import Trace
from modelspec.policy import Limits
from modelspec.program.ir import Program
from modelspec.pysubset.clock import Clock
from modelspec.records import dataclass

if TYPE_CHECKING:
    from modelspec.backends.torch import ModuleClasses
    from modelspec.backends.torch.shapes.sizing import Sizing

Traces: TypeAlias = "tuple[Trace, ...]"
Values: TypeAlias = "Callable[[ModuleClasses], Mapping[str, object]]"
"""Values of params, whose layer types are those of the given classes."""

_lock = threading.RLock()


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What a caller's build tells of sizes: its trace, if there was something to find,
    and the numbers that symbols of the inputs were given."""

    traces: Traces = ()
    sizes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Filled:
    """A Program without `auto`, as far as the traces came by it."""

    program: Program
    traces: Traces = ()


def fill_for_build(
    program: Program,
    limits: Limits,
    values: Values,
    sizes: Mapping[str, int] | None = None,
) -> Filled:
    """The sizes of one model, made with these values, for inputs of these sizes.

    Raises:
        SpecError: a size cannot be found.
    """
    if not has_auto(program):
        return Filled(program)
    with _lock:
        sizing = _sizing(program, limits)
        traces = (sizing.trace(values(sizing.classes), None, sizes),)
    return Filled(fill(program, traces), traces)


def fill_for_source(
    program: Program, limits: Limits, known: Known | None = None
) -> Filled:
    """The sizes with the defaults and with every variant, and what a build has told.

    Raises:
        SpecError: a size cannot be found, or no variant makes what it stands in.
    """
    if program.root is None or not has_auto(program):
        return Filled(program)
    with _lock:
        known = known or Known()
        found = _traces(program, _sizing(program, limits), known.sizes)
        traces = (*found, *known.traces)
    if not traces:
        raise SpecError([_no_values(program)])
    filled = fill(program, traces)
    if problems := list(_left(filled)):
        raise SpecError(problems)
    return Filled(filled, traces)


@lru_cache(maxsize=4)
def _sizing(program: Program, limits: Limits) -> Sizing:
    from modelspec.backends.torch.shapes.sizing import Sizing

    return Sizing(program, limits)


def _traces(program: Program, sizing: Sizing, sizes: Mapping[str, int]) -> list[Trace]:
    root = program.root_block
    assert root is not None
    needed = {param.name for param in root.params if param.default is None}
    found = []
    if not needed:
        with Clock().shared():
            found.append(sizing.trace({}, None, sizes))
    for variant in program.variants:
        if needed <= {name for name, _ in variant.values}:
            with Clock().shared():
                values = sizing.classes.evaluate_variant(variant)
                found.append(sizing.trace(values, variant.name, sizes))
    return found


def _left(program: Program) -> list[Diagnostic]:
    """What nothing that was made has come by."""
    from modelspec.backends.python import reachable
    from modelspec.inference.sites import find_sites

    return [
        Diagnostic(
            "auto-not-inferred",
            f"{site.words} is not known: neither the defaults nor a variant make it",
            site.span,
            help=("write the size, or add a variant that makes it",),
        )
        for site in find_sites(reachable(program)).values()
    ]


def _no_values(program: Program) -> Diagnostic:
    root = program.root_block
    assert root is not None
    missing = next(param for param in root.params if param.default is None)
    return Diagnostic(
        "auto-not-inferred",
        f"sizes are not known without a value for '{missing.name}'",
        missing.span,
        help=("give it a default, or add a variant",),
    )
