"""What a user is told of a wrong spec, as text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import modelspec
from modelspec.api.builder import BuildRequest
from modelspec.api.trial import explained
from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.diagnostics.render import render_full


def render_told(spec: Path) -> str:
    """What `modelspec check` prints; where that is nothing, `modelspec build`."""
    found = modelspec.check(spec) or list(told_by_build(modelspec.load(spec)))
    return render_full(found, color=False) + "\n"


def told_by_build(spec: modelspec.Spec) -> Iterator[Diagnostic]:
    """What a build tells of a spec that `check` finds right, and one run after it."""
    try:
        built = spec.make(BuildRequest())
        yield from built.warnings
        result = built.run_once({})
    except modelspec.SpecError as error:
        yield from error.diagnostics
        return
    if result.diagnostic is not None:
        yield explained(built, {}, result.diagnostic)
