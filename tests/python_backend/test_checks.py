"""What a spec declares about values of params is held by both back ends alike."""

from __future__ import annotations

import pytest

import modelspec

SPEC = """\
modelspec: 1
name: Net
params:
  n: {{type: "{kind}", min: 1, max: 8}}
inputs: [x]
attributes: {{n: "${{n}}"}}
forward: x
"""


@pytest.mark.parametrize(
    ("kind", "inside", "outside"),
    [
        ("int", [1, 8], [0, 9]),
        ("float | None", [None, 1.5], [0.5, float("nan")]),
        ("list[int]", [[], [1, 8]], [[0], [1, 9]]),
        ("tuple[int, ...]", [(), (1, 8)], [(0,)]),
        ("list[int] | None", [None, [1]], [[0]]),
        ("int | list[int]", [1, [1]], [0, [0]]),
        ("int | str", [1, "x"], [0]),
        ("list[int | str]", [[1, "x"]], [["x", 0]]),
        ("list[list[int]]", [[[0]]], []),
        ("tuple", [(1, "x")], [(1, "x", 0)]),
        ("dict[str, int]", [{"a": 0}], []),
        ("str", ["x"], []),
        ("int | bool", [1, False], [0]),
        ("any", [1, "x", False, [1, "x"], {"a": 0}], [0, ["x", 0]]),
    ],
)
def test_bounds(kind: str, inside: list[object], outside: list[object]) -> None:
    """Of a number, and of the numbers that a sequence has; nothing else has any."""
    spec = modelspec.loads(SPEC.format(kind=kind))
    namespace: dict[str, type] = {}
    exec(spec.source(), namespace)
    for made in (spec.module_class(), namespace["Net"]):
        for value in inside:
            made(n=value)
        for value in outside:
            with pytest.raises(ValueError, match="must be"):
                made(n=value)
