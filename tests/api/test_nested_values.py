"""Values that hold one another twice, line after line: few, but without end."""

from __future__ import annotations

import pytest

import modelspec
from modelspec.api.builder import BuildRequest
from modelspec.api.observing import observe_spec

LINES = "".join(f"  x{i} = (x{i - 1}, x{i - 1})\n" for i in range(1, 60))
NET = f"""\
modelspec: 1
name: Net
inputs: {{x: [N, 4], flag: {{shape: [N], optional: true}}}}
forward: |
  x0, y0 = (x, x), (x, x)
{LINES}{LINES.replace("x", "y")}\
  z = x59
  if flag is not None:
      z = y59
  return z
"""


@pytest.fixture(scope="module")
def spec() -> modelspec.Spec:
    return modelspec.loads(NET)


def test_they_are_checked_and_written(spec: modelspec.Spec) -> None:
    """Their types are not written out."""
    assert modelspec.check(NET) == []
    assert "-> tuple[Any, ...]" in spec.source()


def test_a_run_tells_of_the_first(spec: modelspec.Spec) -> None:
    """Of what it returns."""
    found = observe_spec(spec, BuildRequest()).observation
    assert found is not None
    assert len(found.value_text(found.output)) < 100_000
    assert spec.make(BuildRequest()).run_once({}).output is not None
