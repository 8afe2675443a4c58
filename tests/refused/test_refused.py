"""What `check` cannot know: specs that are refused when they are built or run once.

`check` finds nothing in any of them. Then comes what the comments on their lines say,
as in `tests/invalid`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import modelspec
from modelspec.diagnostics.codes import all_codes
from tests.docs.told import told_by_build
from tests.invalid.test_invalid import ELSEWHERE, expected_in, place_of

SPECS = sorted(Path(__file__).parent.glob("*/*.yaml"))
SHOWN = [name for name in sorted(ELSEWHERE) if "\nname: " in all_codes()[name].example]


@pytest.mark.parametrize("path", SPECS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_refused_spec(path: Path) -> None:
    """Exactly the expected diagnostics, each at its place."""
    wanted = expected_in(path)
    assert path.parent.name in {code for *_, code in wanted}
    spec = modelspec.load(path)
    assert spec.diagnostics == ()
    found = list(told_by_build(spec))
    assert sorted(map(place_of, found)) == wanted


@pytest.mark.parametrize("name", SHOWN)
def test_examples_of_the_table(name: str) -> None:
    """An example has the mistake that it shows, its correction has none."""
    code = all_codes()[name]
    spec = modelspec.loads(code.example)
    assert spec.diagnostics == ()
    assert [one.code for one in told_by_build(spec)] == [name]
    if code.fixed:
        spec = modelspec.loads(code.fixed)
        assert [*spec.diagnostics, *told_by_build(spec)] == []
