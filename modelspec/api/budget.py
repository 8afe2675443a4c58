"""The budget of a spec, held against what is built from it.

In: a `Spec` and what a caller asked for. Out: diagnostics; nothing is done, and torch
is not imported, for a spec that sets no budget. Sizes that a caller gives for a run
have no part in it: figures are for one sample of the usual size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelspec.api.builder import BuildRequest
from modelspec.diagnostics.diagnostic import Diagnostic, SpecError
from modelspec.report.summary.budget import check_budget, needs_run

if TYPE_CHECKING:
    from modelspec.api.observing import Observed
    from modelspec.api.spec import Spec


def budget_problems(spec: Spec, request: BuildRequest) -> list[Diagnostic]:
    """What is over the budget, or cannot be told, where this is built."""
    from modelspec.api.observing import (
        Observed,
        build_without_memory,
        observe_built,
    )

    if not spec.program.budget:
        return []
    built = build_without_memory(spec, request)
    if needs_run(spec.program.budget):
        return observed_problems(spec, observe_built(built), request.variant)
    return observed_problems(spec, Observed(built, None, None), request.variant)


def observed_problems(
    spec: Spec, observed: Observed, variant: str | None
) -> list[Diagnostic]:
    """The same of what was made and run already, on inputs without given sizes."""
    from modelspec.api.summary import summarise_observed

    if not spec.program.budget:
        return []
    summary = summarise_observed(observed, variant, None)
    return list(check_budget(spec.program.budget, summary))


def require_budget(spec: Spec, request: BuildRequest) -> tuple[Diagnostic, ...]:
    """Warnings about the budget, or `SpecError` where something is over it."""
    found = budget_problems(spec, request)
    if any(one.is_error for one in found):
        raise SpecError(found)
    return tuple(found)
