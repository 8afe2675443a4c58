"""What `check` cannot know: specs that are refused when they are built or run once.

`check` finds nothing in any of them. Then comes what the comments on their lines say,
as in `tests/invalid`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import modelspec
from modelspec.api.builder import BuildRequest
from modelspec.diagnostics.codes import all_codes
from modelspec.diagnostics.diagnostic import Diagnostic
from tests.invalid.test_invalid import ELSEWHERE, expected_in, place_of

SPECS = sorted(Path(__file__).parent.glob("*/*.yaml"))
SHOWN = [name for name in sorted(ELSEWHERE) if "\nname: " in all_codes()[name].example]


def found_in(spec: modelspec.Spec) -> Iterator[Diagnostic]:
    """What a build and one run of a spec tell."""
    assert spec.diagnostics == ()
    try:
        built = spec.make(BuildRequest())
    except modelspec.SpecError as error:
        yield from error.diagnostics
        return
    yield from built.warnings
    try:
        result = built.run_once({})
    except modelspec.SpecError as error:
        yield from error.diagnostics
        return
    if result.diagnostic is not None:
        yield result.diagnostic


@pytest.mark.parametrize("path", SPECS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_refused_spec(path: Path) -> None:
    """Exactly the expected diagnostics, each at its place."""
    wanted = expected_in(path)
    assert path.parent.name in {code for *_, code in wanted}
    found = list(found_in(modelspec.load(path)))
    assert sorted(map(place_of, found)) == wanted


@pytest.mark.parametrize("name", SHOWN)
def test_examples_of_the_table(name: str) -> None:
    """An example has the mistake that it shows, its correction has none."""
    code = all_codes()[name]
    found = found_in(modelspec.loads(code.example))
    assert [one.code for one in found] == [name]
    if code.fixed:
        assert list(found_in(modelspec.loads(code.fixed))) == []
